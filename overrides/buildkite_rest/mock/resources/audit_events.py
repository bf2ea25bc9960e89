"""Audit events: the log, and which operations record an event in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import attrs
import msgspec

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from .. import lookup
from ..backend import DAY, Backend
from ..http.call import Call, Reply
from ..http.errors import ApiError, ForbiddenError
from ..http.query import Query
from ..http.routing import Route, Routes
from ..ids import Kind
from ..undo import stored
from .resource import Resource, field

if TYPE_CHECKING:
    from .organizations import Organization


#: Number of events that a log keeps.
MOST_EVENTS = 10_000


@attrs.frozen(kw_only=True)
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


def record(
    backend: Backend,
    organization: Organization,
    event_type: str,
    subject: Party,
    *,
    actor: Party | None,
    now: float,
    context: Mapping[str, str | None] | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append an event to the log of an organization."""
    event = AuditEvent(
        uuid=backend.new_id(Kind.AUDIT_EVENT),
        type=event_type,
        occurred_at=now,
        actor=actor,
        subject=subject,
        context=context,
        data=data or {},
    )
    events = organization.audit_log.events
    events.append(event)
    del events[:-MOST_EVENTS]


def _audited(call: Call) -> Organization:
    organization = lookup.administered_organization(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization does not include the audit log")
    return organization


routes = Routes()
audit_events = Resource(
    routes=routes,
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
#: Subjects that link two objects. In other responses they have the id of the linked one.
_LINKS = frozenset({"OrganizationMember", "TeamMember", "TeamPipeline", "TeamSuite"})
_NOTHING: Mapping[str, Any] = {}


def respond_and_record(route: Route, routes: Mapping[str, Route], call: Call) -> Reply:
    """Handle a request, and record an event if the operation has one and succeeded."""
    event = route.event
    if event is None:
        return route.handler(call)
    before = _NOTHING if event[0].endswith("CreatedEvent") else _current(routes.get("GET"), call)
    reply = route.handler(call)
    if reply.status < 300:
        for subject in _objects(reply) or [_NOTHING]:
            _record_change(call, *event, before, subject)
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
    if is_mapping(body):
        return [body]
    return [item for item in body if is_mapping(item)] if is_array(body) else []


def _record_change(
    call: Call, event_type: str, subject_type: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    organization = call.find_organization()
    if organization is None:
        return
    if subject_type == "Organization":
        subject = Party(type=subject_type, uuid=organization.id, name=organization.slug)
    else:
        # The last path parameter serves as id if neither the response nor the object has one.
        named = {} if event_type.endswith("CreatedEvent") else {"id": [*call.params.values()][-1]}
        known = {**named, **before, **after}
        identifier = _first_text(known, _IDS)
        if subject_type in _LINKS and identifier is not None:
            identifier = _link_id(subject_type, call.params.get("team_uuid", organization.id), identifier)
        subject = Party(type=subject_type, uuid=identifier, name=_first_text(known, _NAMES))
    user = call.token.user
    record(
        call.backend,
        organization,
        event_type,
        subject,
        actor=Party(type="User", uuid=user.id, name=user.name),
        now=call.now,
        context={
            "type": "APIContext",
            "request_ip": call.client,
            "request_user_agent": call.headers.get("user-agent", "")[:_LONGEST_TEXT] or None,
            "request_api_access_token_uuid": call.token.uuid,
        },
        data=_changed_values(call.body, before, after),
    )


def _link_id(subject_type: str, owner: str, linked: str) -> str:
    """Return the id of a member, or of the access of a team, which is not that of the user, pipeline or suite."""
    return str(uuid5(NAMESPACE_URL, f"{subject_type}/{owner}/{linked}".lower()))


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


_AGENT_EVERY, _SYSTEM_EVERY = 11, 17
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
_SEEDED_EVENTS = 70


def add_audit_events(backend: Backend) -> None:
    """Add changes of pipelines, and now and then what an agent and Buildkite itself have done."""
    for organization in backend.organizations.values():
        pipelines, members = list(organization.pipelines.values()), organization.members
        agent, service = next(iter(organization.agents.values())), [*organization.notification_services.values()][-1]
        cluster = next(iter(organization.clusters.values()))
        for number in range(_SEEDED_EVENTS):
            pipeline, user = pipelines[number % len(pipelines)], members[number % len(members)]
            event, subject = "PipelineUpdatedEvent", Party(type="Pipeline", uuid=pipeline.id, name=pipeline.name)
            actor: Party | None = Party(type="User", uuid=user.id, name=user.name)
            context = {"type": "WebContext", "request_ip": "203.0.113.17", "request_user_agent": _BROWSER}
            if is_broken := number % _SYSTEM_EVERY == _SYSTEM_EVERY - 1:
                event, actor = "NotificationServiceBrokenEvent", None
                subject = Party(type="NotificationService", uuid=service.id, name=service.description)
            elif number % _AGENT_EVERY == _AGENT_EVERY - 1:
                event, actor = "SecretReadEvent", Party(type="Agent", uuid=agent.id, name=agent.name)
                subject = Party(type="Secret", uuid=next(iter(cluster.secrets), None), name=None)
                context = {
                    "type": "AgentAPIContext",
                    "agent_uuid": agent.id,
                    "authentication_type": "session",
                    "connection_state": "connected",
                    "organization_uuid": organization.id,
                    "request_ip": agent.ip_address,
                }
            record(
                backend,
                organization,
                event,
                subject,
                actor=actor,
                now=backend.epoch - (_SEEDED_EVENTS - number) * DAY / 4,
                context=None if is_broken else context,
                data={"default_timeout_in_minutes": number} if event == "PipelineUpdatedEvent" else None,
            )
