"""Audit events: the log, and which operations record an event in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import msgspec

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from .. import lookup
from ..backend import DAY, Backend
from ..http.call import Call, Reply
from ..http.errors import ApiError, ForbiddenError
from ..http.query import Query
from ..http.routing import Route
from ..ids import Kind
from ..undo import stored
from .resource import Resource, field

if TYPE_CHECKING:
    from .organizations import Organization
    from .users import User


#: Number of events that a log keeps.
MOST_EVENTS = 10_000


@attrs.frozen
class Party:
    """Actor or subject of an event."""

    type: str
    uuid: str | None
    name: str | None


@stored
class AuditEvent:
    """An event in an organization. Events caused by Buildkite itself have no actor."""

    uuid: str
    type: str
    occurred_at: float
    actor: Party | None = field(render=attrs.asdict)
    subject: Party = field(render=attrs.asdict)
    context: Mapping[str, str | None] | None
    data: Mapping[str, Any]


@stored
class AuditLog:
    """The latest events of an organization, the oldest first."""

    events: list[AuditEvent] = attrs.field(factory=list[AuditEvent])


def _audited(call: Call) -> Organization:
    organization = lookup.administered_organization(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization does not include the audit log")
    return organization


audit_events = Resource(
    type=AuditEvent,
    noun="audit event",
    path="/v2/organizations/{org}/audit_events",
    key="event_uuid",
    key_name="uuid",
    graphql_type="AuditEvent",
    objects=lambda call: {event.uuid: event for event in reversed(_audited(call).audit_log.events)},
    read="read_audit_events",
    operations=("list", "get"),
    paging="bounded cursor",
)
#: Keys of an object's id and of its name, the best first.
_IDS = ("uuid", "id", "user_id", "pipeline_id", "suite_id")
_NAMES = ("name", "key", "label", "slug", "email", "user_name", "description", "type")
#: Longer texts are truncated.
_LONGEST_TEXT = 255
_NOTHING: Mapping[str, Any] = {}


def respond_and_record(route: Route, routes: Mapping[str, Route], call: Call) -> Reply:
    """Handle a request, and record an event if the operation has one and succeeded."""
    organization = call.find_organization() if route.event else None
    if route.event is None or organization is None:
        return route.handler(call)
    is_new = route.event[0].endswith("CreatedEvent")
    before = _NOTHING if is_new else _current(routes.get("GET"), call)
    reply = route.handler(call)
    for after in (_objects(reply) or [_NOTHING]) if reply.status < 300 else []:
        # The last path parameter is the id if neither the response nor the object has one.
        known = {"id": None if is_new else [*call.params.values()][-1], **before, **after}
        if route.event[1] == "Organization":
            known = {"id": organization.id, "name": organization.slug}
        event = AuditEvent(
            uuid=call.backend.new_id(Kind.AUDIT_EVENT),
            type=route.event[0],
            occurred_at=call.now,
            actor=_user(call.token.user),
            subject=Party(route.event[1], _first_text(known, _IDS), _first_text(known, _NAMES)),
            context={
                "type": "APIContext",
                "request_ip": call.client,
                "request_user_agent": call.headers.get("user-agent", "")[:_LONGEST_TEXT] or None,
                "request_api_access_token_uuid": call.token.uuid,
            },
            data=_changed_values(call.body, before, after),
        )
        _record(organization, event)
    return reply


def _current(reader: Route | None, call: Call) -> Mapping[str, Any]:
    """Return the object before it is updated or deleted, if it can be read."""
    if reader is None:
        return _NOTHING
    try:
        objects = _objects(reader.handler(attrs.evolve(call, query=Query.parse(b""), body=_NOTHING)))
    except ApiError:
        return _NOTHING
    return objects[0] if len(objects) == 1 else _NOTHING


def _objects(reply: Reply) -> list[Mapping[str, Any]]:
    body: object = msgspec.json.decode(reply.body) if reply.body else None
    return [item for item in (body if is_array(body) else [body]) if is_mapping(item)]


def _first_text(item: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    texts = (item.get(key) for key in keys)
    return next((text[:_LONGEST_TEXT] for text in texts if isinstance(text, str) and text), None)


def _changed_values(body: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new scalar values of fields that the body has changed and the response contains."""
    return {
        key: after[key][:_LONGEST_TEXT] if isinstance(after[key], str) else after[key]
        for key in body
        if key in after and key in before and before[key] != after[key] and not isinstance(after[key], list | dict)
    }


def _record(organization: Organization, event: AuditEvent) -> None:
    organization.audit_log.events.append(event)
    del organization.audit_log.events[:-MOST_EVENTS]


def _user(user: User) -> Party:
    return Party("User", user.id, user.name)


#: One in so many seeded events is caused by Buildkite itself.
_SYSTEM_EVERY = 17
_WEB_CONTEXT = {
    "type": "WebContext",
    "request_ip": "203.0.113.17",
    "request_user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0",
}
_SEEDED_EVENTS = 70


def add_audit_events(backend: Backend) -> None:
    """Add changes of pipelines by members, and now and then by Buildkite itself."""
    for organization in backend.organizations.values():
        pipelines, members = list(organization.pipelines.values()), organization.members
        for number in range(_SEEDED_EVENTS):
            pipeline = pipelines[number % len(pipelines)]
            is_own = number % _SYSTEM_EVERY == _SYSTEM_EVERY - 1
            event = AuditEvent(
                uuid=backend.new_id(Kind.AUDIT_EVENT),
                type="PipelineUpdatedEvent",
                occurred_at=backend.epoch - (_SEEDED_EVENTS - number) * DAY / 4,
                actor=None if is_own else _user(members[number % len(members)]),
                subject=Party("Pipeline", pipeline.id, pipeline.name),
                context=None if is_own else _WEB_CONTEXT,
                data={"default_timeout_in_minutes": number},
            )
            _record(organization, event)
