"""Audit events: the log, and which operations record an event in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import attrs
import msgspec

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.errors import ApiError, ForbiddenError, require
from ..http.pagination import cursor_page
from ..http.query import Query
from ..http.routing import Route, Routes
from ..ids import Kind, graphql_id
from ..rendering import organization_url
from ..undo import stored
from ..values import Json

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


@attrs.frozen(kw_only=True, eq=False)
class AuditEvent:
    """An event in an organization. Events caused by Buildkite itself have no actor."""

    uuid: str
    type: str
    occurred_at: float
    actor: Party | None
    subject: Party
    context: Mapping[str, str | None] | None
    data: Mapping[str, Any]


@stored
class AuditLog:
    """The latest events of an organization, the oldest first."""

    events: list[AuditEvent] = attrs.field(factory=list[AuditEvent])

    def find(self, uuid: str) -> AuditEvent | None:
        """Find an event."""
        return next((event for event in self.events if event.uuid == uuid), None)


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


def audit_event_json(call: Call, organization: Organization, event: AuditEvent) -> Json:
    return {
        "uuid": event.uuid,
        "graphql_id": graphql_id("AuditEvent", event.uuid),
        "type": event.type,
        "occurred_at": iso(event.occurred_at),
        "actor": None if event.actor is None else attrs.asdict(event.actor),
        "subject": attrs.asdict(event.subject),
        "context": event.context,
        "data": event.data,
        "url": f"{organization_url(call, organization)}/audit_events/{event.uuid}",
    }


routes = Routes()
_AUDIT_EVENTS_PATH = "/v2/organizations/{org}/audit_events"


@routes.route("GET", _AUDIT_EVENTS_PATH, scope="read_audit_events")
def list_audit_events(call: Call) -> Reply:
    """List audit events, the newest first."""
    organization = _audited(call)
    events = list(reversed(organization.audit_log.events))
    return cursor_page(
        call,
        events,
        lambda event: event.uuid,
        lambda event: audit_event_json(call, organization, event),
        link_header=True,
        bounded=True,
    )


@routes.route("GET", f"{_AUDIT_EVENTS_PATH}/{{event_uuid}}", scope="read_audit_events")
def get_audit_event(call: Call) -> Reply:
    organization = _audited(call)
    event = require(organization.audit_log.find(call.params["event_uuid"].lower()), "audit event")
    return json(audit_event_json(call, organization, event))


def _audited(call: Call) -> Organization:
    organization = lookup.administered_organization(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization does not include the audit log")
    return organization


_ORGANIZATION_PATH = "/v2/organizations/{}"
_PIPELINE_PATH = f"{_ORGANIZATION_PATH}/pipelines/{{}}"
_SERVICE_PATH = f"{_ORGANIZATION_PATH}/services/{{}}"
_CLUSTER_PATH = f"{_ORGANIZATION_PATH}/clusters/{{}}"
_QUEUE_PATH = f"{_CLUSTER_PATH}/queues/{{}}"
_TEAM_PATH = f"{_ORGANIZATION_PATH}/teams/{{}}"
_SETTINGS_PATH = f"{_ORGANIZATION_PATH}/pipeline-settings"
_REGISTRIES_PATH = "/v2/packages/organizations/{}/registries"
#: Subject types of collections.
_COLLECTIONS = {
    f"{_ORGANIZATION_PATH}/pipelines": "Pipeline",
    f"{_PIPELINE_PATH}/schedules": "PipelineSchedule",
    f"{_ORGANIZATION_PATH}/pipeline-templates": "PipelineTemplate",
    f"{_ORGANIZATION_PATH}/services": "NotificationService",
    f"{_ORGANIZATION_PATH}/members": "OrganizationMember",
    f"{_ORGANIZATION_PATH}/invitations": "OrganizationInvitation",
    f"{_ORGANIZATION_PATH}/teams": "Team",
    f"{_TEAM_PATH}/members": "TeamMember",
    f"{_TEAM_PATH}/pipelines": "TeamPipeline",
    f"{_TEAM_PATH}/suites": "TeamSuite",
    f"{_ORGANIZATION_PATH}/clusters": "Cluster",
    f"{_CLUSTER_PATH}/queues": "ClusterQueue",
    f"{_CLUSTER_PATH}/tokens": "ClusterToken",
    f"{_CLUSTER_PATH}/secrets": "Secret",
    f"{_CLUSTER_PATH}/maintainers": "ClusterPermission",
    f"{_ORGANIZATION_PATH}/rules": "Rule",
    f"{_ORGANIZATION_PATH}/portals": "Portal",
    "/v2/analytics/organizations/{}/suites": "Suite",
    _REGISTRIES_PATH: "Registry",
    f"{_REGISTRIES_PATH}/{{}}/tokens": "RegistryToken",
}
#: Event and subject types of all other operations.
_ACTION_EVENTS = {
    ("DELETE", f"{_ORGANIZATION_PATH}/invitations/{{}}"): (
        "OrganizationInvitationRevokedEvent",
        "OrganizationInvitation",
    ),
    ("POST", f"{_PIPELINE_PATH}/archive"): ("PipelineUpdatedEvent", "Pipeline"),
    ("POST", f"{_PIPELINE_PATH}/unarchive"): ("PipelineUpdatedEvent", "Pipeline"),
    ("PUT", f"{_SERVICE_PATH}/enable"): ("NotificationServiceEnabledEvent", "NotificationService"),
    ("PUT", f"{_SERVICE_PATH}/disable"): ("NotificationServiceDisabledEvent", "NotificationService"),
    ("POST", f"{_ORGANIZATION_PATH}/teams/enable"): ("OrganizationTeamsEnabledEvent", "Organization"),
    ("POST", f"{_QUEUE_PATH}/pause_dispatch"): ("ClusterQueueUpdatedEvent", "ClusterQueue"),
    ("POST", f"{_QUEUE_PATH}/resume_dispatch"): ("ClusterQueueUpdatedEvent", "ClusterQueue"),
    ("PUT", f"{_CLUSTER_PATH}/secrets/{{}}/value"): ("SecretValueUpdatedEvent", "Secret"),
    ("POST", f"{_ORGANIZATION_PATH}/jobs/{{}}/vnc-session"): ("JobTerminalSessionStartedEvent", "Job"),
    ("POST", f"{_ORGANIZATION_PATH}/jobs/{{}}/ssh-session"): ("JobTerminalSessionStartedEvent", "Job"),
    ("PATCH", f"{_ORGANIZATION_PATH}/api-settings"): ("OrganizationSecuritySettingsUpdatedEvent", "Organization"),
    ("PUT", f"{_SETTINGS_PATH}/build-export"): ("OrganizationBuildExportUpdatedEvent", "Organization"),
    ("DELETE", f"{_SETTINGS_PATH}/build-export"): ("OrganizationBuildExportUpdatedEvent", "Organization"),
    ("PATCH", _SETTINGS_PATH): ("OrganizationUpdatedEvent", "Organization"),
    **{
        (method, f"{_SETTINGS_PATH}/{switch}"): ("OrganizationUpdatedEvent", "Organization")
        for switch in ("hosted-agents-ssh", "public-pipelines", "advanced-queue-metrics")
        for method in ("PUT", "DELETE")
        if (method, switch) != ("DELETE", "advanced-queue-metrics")
    },
}


def _collection_events() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for path, subject in _COLLECTIONS.items():
        yield ("POST", path), (f"{subject}CreatedEvent", subject)
        for method in ("PUT", "PATCH", "POST"):
            yield (method, f"{path}/{{}}"), (f"{subject}UpdatedEvent", subject)
        yield ("DELETE", f"{path}/{{}}"), (f"{subject}DeletedEvent", subject)


#: Event type and subject type, by method and path.
EVENTS = {**dict(_collection_events()), **_ACTION_EVENTS}
_PARAMETER = re.compile(r"\{[^{}]*\}")
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
    event = EVENTS.get((route.method, _PARAMETER.sub("{}", route.operation)))
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
    for organization in backend.organizations.values():
        for number in range(_SEEDED_EVENTS):
            now = backend.epoch - (_SEEDED_EVENTS - number) * DAY / 4
            if number % _SYSTEM_EVERY == _SYSTEM_EVERY - 1:
                _add_service_broken(backend, organization, now)
            elif number % _AGENT_EVERY == _AGENT_EVERY - 1:
                _add_secret_read(backend, organization, now)
            else:
                _add_pipeline_updated(backend, organization, number, now)


def _add_pipeline_updated(backend: Backend, organization: Organization, number: int, now: float) -> None:
    pipelines = list(organization.pipelines.values())
    pipeline = pipelines[number % len(pipelines)]
    user = organization.members[number % len(organization.members)]
    record(
        backend,
        organization,
        "PipelineUpdatedEvent",
        Party(type="Pipeline", uuid=pipeline.id, name=pipeline.name),
        actor=Party(type="User", uuid=user.id, name=user.name),
        now=now,
        context={"type": "WebContext", "request_ip": "203.0.113.17", "request_user_agent": _BROWSER},
        data={"default_timeout_in_minutes": number},
    )


def _add_secret_read(backend: Backend, organization: Organization, now: float) -> None:
    agent = next(iter(organization.agents.values()))
    cluster = next(iter(organization.clusters.values()))
    record(
        backend,
        organization,
        "SecretReadEvent",
        Party(type="Secret", uuid=next(iter(cluster.secrets), None), name=None),
        actor=Party(type="Agent", uuid=agent.id, name=agent.name),
        now=now,
        context={
            "type": "AgentAPIContext",
            "agent_uuid": agent.id,
            "authentication_type": "session",
            "connection_state": "connected",
            "organization_uuid": organization.id,
            "request_ip": agent.ip_address,
        },
    )


def _add_service_broken(backend: Backend, organization: Organization, now: float) -> None:
    service = list(organization.notification_services.values())[-1]
    subject = Party(type="NotificationService", uuid=service.id, name=service.description)
    record(backend, organization, "NotificationServiceBrokenEvent", subject, actor=None, now=now)
