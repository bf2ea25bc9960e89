"""Notification services."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs

from .. import lookup
from ..http.call import Call, Reply
from ..http.errors import UnprocessableError
from ..http.routing import routes
from ..ids import Kind, digest, graphql_id
from ..undo import stored
from ..values import Json
from .organizations import Organization
from .resource import Resource, Values, field, shown
from .users import User

#: Latest version of webhook payloads.
LATEST_VERSION = 3
#: Prefix of a masked secret.
_MASK = "X" * 12
_SHOWN = 4
_URL = r"https?://[^\s/?#]\S*"


@attrs.frozen(kw_only=True)
class Setting:
    """A setting of a provider: whether it can be changed, and how it is shown."""

    #: Pattern of a required setting.
    pattern: str = ""
    fixed: bool = False
    masked: bool = False
    hidden: bool = False
    #: Makes the value for a new service.
    generate: Callable[[Organization, str], str] | None = None
    #: Value for a new service. Without one the setting is left out.
    default: Any = None

    def public_value(self, value: Any) -> Any:
        """Return the value that responses contain, masked except for its last characters if it is a secret."""
        return _MASK + (value[-_SHOWN:] if len(value) > 2 * _SHOWN else "") if self.masked else value


@attrs.frozen(kw_only=True)
class Provider:
    """A kind of service. `graphql_type` is its type in the GraphQL API, if there is one."""

    name: str
    graphql_type: str | None = None
    settings: Mapping[str, Setting] = attrs.field(factory=dict[str, Setting])


def _webhook_token(_: Organization, service_id: str) -> str:
    return digest("token", service_id, length=20)


def _event_source_name(organization: Organization, service_id: str) -> str:
    return f"aws.partner/buildkite.com/{organization.slug}/{digest('event source', service_id, length=16)}"


PROVIDERS: Mapping[str, Provider] = {
    "webhook": Provider(
        name="Webhook",
        graphql_type="NotificationServiceWebhook",
        settings={
            "url": Setting(pattern=_URL),
            "token": Setting(generate=_webhook_token),
            "token_mode": Setting(default="token"),
            "version": Setting(default=LATEST_VERSION),
            "events": Setting(default=()),
            "tls_verify": Setting(default=True),
        },
    ),
    "slack": Provider(
        name="Slack",
        graphql_type="NotificationServiceSlack",
        settings={"url": Setting(pattern=_URL, hidden=True), "theme": Setting(default="text")},
    ),
    "aws_event_bridge": Provider(
        name="Amazon EventBridge",
        settings={
            "aws_region": Setting(pattern=r"[a-z]{2}(-[a-z]+)+-\d{1,2}", fixed=True),
            "aws_account_id": Setting(pattern=r"[0-9]{12}", fixed=True, masked=True),
            "event_source_name": Setting(generate=_event_source_name, fixed=True),
            "include_build_meta_data": Setting(),
        },
    ),
    "datadog_pipeline_visibility": Provider(
        name="Datadog Pipeline Visibility",
        settings={
            "api_key": Setting(pattern=r"\s*\S.*", masked=True),
            "datadog_site": Setting(default="datadoghq.com"),
            "datadog_tags": Setting(),
        },
    ),
    "open_telemetry_tracing": Provider(
        name="OpenTelemetry Tracing",
        graphql_type="NotificationServiceOpenTelemetryTracing",
        settings={
            "endpoint": Setting(pattern=_URL),
            "service_name": Setting(default="buildkite"),
            "headers": Setting(hidden=True),
            "resource_attributes": Setting(default={}),
            "tracestate": Setting(),
        },
    ),
    "event_log_api": Provider(name="Event Log API", settings={"events": Setting(default=())}),
    "slack_workspace": Provider(name="Slack Workspace"),
    "linear": Provider(name="Linear"),
}
#: States of builds and jobs that a service may notify about, with the defaults.
BUILD_STATES = {
    "build_passed": True,
    "build_fixed": True,
    "build_failed": True,
    "build_blocked": False,
    "build_canceled": False,
    "build_failing": False,
    "job_activated": False,
}


@stored
class NotificationService:
    """A notification service."""

    id: str
    provider_id: str = field(hidden=True)
    description: str | None = field(default=None, settable=True)
    created_at: float
    created_by: User | None = None
    scope: str = "all"
    scoped: tuple[str, ...] = field(default=(), hidden=True)
    branch_configuration: str = field(default="", settable=True)
    build_states: dict[str, bool] = field(factory=lambda: dict(BUILD_STATES))
    #: All settings as they were sent, including secrets.
    values: dict[str, Any] = field(factory=dict[str, Any], hidden=True)
    enabled: bool = True

    @property
    def provider(self) -> Provider:
        """Its kind."""
        return PROVIDERS[self.provider_id]

    @shown
    def graphql_id(self, _: Call) -> str | None:
        """Id in the GraphQL API, which does not have all kinds of services."""
        kind = self.provider.graphql_type
        return None if kind is None else graphql_id(kind, self.id)

    @shown
    def scope_uuids(self, call: Call) -> list[str]:
        """Ids of the objects in the scope, without deleted ones."""
        present = _scope_ids(lookup.organization(call), self.scope)
        return [uuid for uuid in self.scoped if uuid in present]

    @shown
    def settings(self, _: Call) -> Json:
        """Settings without hidden ones, and with secrets masked."""
        return {
            name: setting.public_value(self.values[name])
            for name, setting in self.provider.settings.items()
            if name in self.values and not setting.hidden
        }


def _scope_ids(organization: Organization, scope: str) -> Collection[str]:
    """Return the ids that a scope may name."""
    projects = {pipeline.id for pipeline in organization.pipelines.values()}
    ids = {"some_projects": projects, "some_teams": organization.teams, "some_clusters": organization.clusters}
    return ids.get(scope, ())


_WRITABLE = frozenset(
    {"provider", "description", "branch_configuration", "scope", "scope_uuids", "build_states", "settings"}
)


def _prepare(call: Call, values: Values, service: NotificationService | None) -> None:
    """Check fields. Read-only fields may be sent with their current value."""
    organization, body = lookup.organization(call), call.body
    current = {} if service is None else services.json(call, service)
    for name, value in body.items():
        if name not in _WRITABLE and (name not in current or current[name] != value):
            raise UnprocessableError(f"{name} cannot be set")
    states: dict[str, bool] = body.get("build_states") or {}
    if unknown := states.keys() - BUILD_STATES.keys():
        raise UnprocessableError(f"build_states.{min(unknown)} is unknown")
    if service is None:
        service = NotificationService(id="", provider_id=body["provider"], created_at=call.now)
        values["provider_id"] = body["provider"]
        if states:
            service.build_states = dict.fromkeys(BUILD_STATES, False)
    if body.get("provider", service.provider_id) != service.provider_id:
        raise UnprocessableError("provider cannot be changed")
    values |= _checked_scope(organization, service, body)
    values["build_states"] = {**service.build_states, **states}
    values["values"] = {**service.values, **_checked_settings(service, body.get("settings", {}))}
    for name, setting in service.provider.settings.items():
        if setting.pattern and name not in values["values"]:
            raise UnprocessableError(f"settings.{name} is missing")
    if "branch_configuration" in values:
        values["branch_configuration"] = values["branch_configuration"] or ""


def _checked_scope(organization: Organization, service: NotificationService, body: Mapping[str, Any]) -> Values:
    scope: str = body.get("scope", service.scope)
    current = service.scoped if scope == service.scope else ()
    uuids = tuple(dict.fromkeys(uuid.lower() for uuid in body.get("scope_uuids", current)))
    if (scope == "all") != (not uuids):
        raise UnprocessableError("scope_uuids is required unless scope is all, and not allowed if it is")
    if "scope_uuids" in body and not set(uuids) <= {*_scope_ids(organization, scope)}:
        raise UnprocessableError(f"scope_uuids has ids that {scope} does not include")
    return {"scope": scope, "scoped": uuids}


def _checked_settings(service: NotificationService, sent: Mapping[str, Any]) -> Values:
    """Return the settings that a request changes, or raise 422 for an invalid one."""
    changed: Values = {}
    present = service.values
    for name, value in sent.items():
        setting = service.provider.settings.get(name)
        if setting is None:
            raise UnprocessableError(f"settings.{name} is unknown for {service.provider_id}")
        if name in present and value in (present[name], setting.public_value(present[name])):
            continue
        if name in present and setting.fixed:
            raise UnprocessableError(f"settings.{name} cannot be changed")
        if name == "version" and not present.get(name, 1) <= value <= LATEST_VERSION:
            raise UnprocessableError(f"settings.version can only be raised to {LATEST_VERSION}")
        if setting.pattern and not re.fullmatch(setting.pattern, value):
            raise UnprocessableError(f"settings.{name} is invalid")
        changed[name] = value
    return changed


def _add_defaults(call: Call, service: NotificationService) -> None:
    """Add the default values of settings that the service does not have."""
    for name, setting in service.provider.settings.items():
        if setting.generate is not None:
            service.values.setdefault(name, setting.generate(lookup.organization(call), service.id))
        elif setting.default is not None:
            service.values.setdefault(name, setting.default)


services = Resource(
    type=NotificationService,
    computed={"provider": lambda _, item: {"id": item.provider_id, "name": item.provider.name}},
    noun="notification service",
    subject="NotificationService",
    path="/v2/organizations/{org}/services",
    key="service_uuid",
    id_kind=Kind.NOTIFICATION_SERVICE,
    objects=lambda call: lookup.administered_organization(call).notification_services,
    read="read_notification_services",
    write="write_notification_services",
    update_methods=("PATCH",),
    paging="cursor",
    prepare=_prepare,
    changed=_add_defaults,
)


def _add_state_route(action: str, *, enabled: bool) -> None:
    event = (f"NotificationService{action.title()}dEvent", "NotificationService")

    @routes.route("PUT", f"{services.item_path}/{action}", scope="write_notification_services", event=event)
    def handle(call: Call) -> Reply:
        service = services.find(call)
        service.enabled = enabled
        return services.respond(call, service)


_add_state_route("enable", enabled=True)
_add_state_route("disable", enabled=False)
