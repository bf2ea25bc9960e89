"""Audit events: the log, and which operations record an event in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..._base.json_values import is_array
from .. import lookup
from ..http.call import Call, Reply
from ..http.errors import ForbiddenError
from ..http.routing import Route
from ..undo import stored
from ..values import Json
from .resource import Resource

if TYPE_CHECKING:
    from .organizations import Organization


#: Number of events that a log keeps.
MOST_EVENTS = 10_000


@stored
class AuditEvent:
    """An event in an organization. Events caused by Buildkite itself have no actor."""

    uuid: str
    type: str
    occurred_at: float
    #: Kind, id and name of a user.
    actor: Json | None
    subject: Json
    context: Mapping[str, str | None] | None
    data: Mapping[str, Any]


def _audited(call: Call) -> Organization:
    organization = lookup.administered_organization(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization does not include the audit log")
    return organization


audit_events = Resource(
    type=AuditEvent,
    path="/v2/organizations/{org}/audit_events",
    key="event_uuid",
    objects=lambda call: dict(reversed(_audited(call).audit_events.items())),
    scope="audit_events",
    operations=("list", "get"),
    paging="bounded cursor",
)
#: Keys of an object's id and of its name in responses, the best first.
_IDS = ("uuid", "id", "user_id", "pipeline_id", "suite_id")
_NAMES = ("name", "key", "label", "slug", "email", "user_name", "description")


def respond_and_record(route: Route, call: Call) -> Reply:
    """Handle a request, and record an event for each object that it has changed, if the operation has events."""
    reply, organization = route.handler(call), call.find_organization() if route.event else None
    if route.event is None or organization is None:
        return reply
    kind, subject = route.event
    items: list[Json] = reply.value if is_array(reply.value) else [reply.value or {}]
    for item in items:
        # The last path parameter is the id if the response has none.
        ids, names = [item.get(key) for key in _IDS], [item.get(key) for key in _NAMES]
        party = _party(subject, _first([*ids, *list(call.params.values())[::-1]]), _first(names))
        if subject == "Organization":
            party = _party(subject, organization.id, organization.slug)
        event = AuditEvent(
            uuid=call.backend.new_id(),
            type=kind,
            occurred_at=call.now,
            actor=_party("User", call.token.user.id, call.token.user.name),
            subject=party,
            context={
                "type": "APIContext",
                "request_ip": call.client,
                "request_user_agent": call.headers.get("user-agent"),
                "request_api_access_token_uuid": call.token.uuid,
            },
            data={key: item[key] for key in call.body if isinstance(item.get(key, []), str | int | float | None)},
        )
        organization.audit_events[event.uuid] = event
        if len(organization.audit_events) > MOST_EVENTS:
            del organization.audit_events[next(iter(organization.audit_events))]
    return reply


def _first(texts: Iterable[str | None]) -> str | None:
    return next(filter(None, texts), None)


def _party(kind: str, uuid: str | None, name: str | None) -> Json:
    """Return an actor or a subject."""
    return {"type": kind, "uuid": uuid, "name": name}
