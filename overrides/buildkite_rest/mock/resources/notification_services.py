"""Notification services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final, Literal

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call, Reply
from ..http.collection import Collection
from ..http.errors import UnprocessableError
from ..http.routing import Routes
from ..ids import Kind, digest, graphql_id
from ..rendering import RenderContext
from ..undo import stored
from ..values import Json
from .organizations import Organization
from .users import User, user_json_or_none

#: Sentinel for no value, where null is a value.
MISSING: Final = object()
#: Latest version of webhook payloads.
LATEST_VERSION = 3
#: Prefix of a masked secret.
_MASK = "X" * 12
_SHOWN = 4
_URL = re.compile(r"https?://[^\s/?#]\S*")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}", re.ASCII)


def _is_url(value: Any) -> bool:
    return _URL.fullmatch(value) is not None


@attrs.frozen(kw_only=True)
class Setting:
    """A setting of a provider: whether it is required, can be changed, and how it is shown."""

    required: bool = False
    fixed: bool = False
    masked: bool = False
    hidden: bool = False
    #: Whether it needs an enterprise plan.
    enterprise: bool = False
    #: Makes the value of a new service, unless the request has one.
    generate: Callable[[Organization, str], str] | None = None
    #: Whether only the server sets it.
    computed: bool = False
    #: Default value. Without one the setting is left out.
    default: Any = MISSING
    valid: Callable[[Any], bool] = lambda _: True

    def public_value(self, value: Any) -> Any:
        """Return the value that responses contain, masked if it is a secret."""
        return mask(value) if self.masked else value


@attrs.frozen(kw_only=True)
class Provider:
    """A kind of service. `graphql_type` is its type in the GraphQL API, if there is one."""

    name: str
    graphql_type: str | None = None
    settings: Mapping[str, Setting] = attrs.field(factory=dict[str, Setting])
    enterprise: bool = False


def _webhook_token(_: Organization, service_id: str) -> str:
    return digest("token", service_id, length=20)


def _event_source_name(organization: Organization, service_id: str) -> str:
    return f"aws.partner/buildkite.com/{organization.slug}/{digest('event source', service_id, length=16)}"


def mask(secret: str) -> str:
    """Mask a secret except for its last characters, or completely if it is short."""
    return _MASK + (secret[-_SHOWN:] if len(secret) > 2 * _SHOWN else "")


PROVIDERS: Mapping[str, Provider] = {
    "webhook": Provider(
        name="Webhook",
        graphql_type="NotificationServiceWebhook",
        settings={
            "url": Setting(required=True, valid=_is_url),
            "token": Setting(generate=_webhook_token),
            "token_mode": Setting(default="token"),
            "version": Setting(default=LATEST_VERSION, valid=lambda value: 1 <= value <= LATEST_VERSION),
            "events": Setting(default=()),
            "tls_verify": Setting(default=True),
        },
    ),
    "slack": Provider(
        name="Slack",
        graphql_type="NotificationServiceSlack",
        settings={"url": Setting(required=True, hidden=True, valid=_is_url), "theme": Setting(default="text")},
    ),
    "aws_event_bridge": Provider(
        name="Amazon EventBridge",
        settings={
            "aws_region": Setting(required=True, fixed=True, valid=lambda value: bool(_REGION.fullmatch(value))),
            "aws_account_id": Setting(
                required=True, fixed=True, masked=True, valid=lambda value: bool(_ACCOUNT.fullmatch(value))
            ),
            "event_source_name": Setting(generate=_event_source_name, computed=True),
            "include_build_meta_data": Setting(default=None, enterprise=True),
        },
    ),
    "datadog_pipeline_visibility": Provider(
        name="Datadog Pipeline Visibility",
        settings={
            "api_key": Setting(required=True, masked=True, valid=lambda value: bool(value.strip())),
            "datadog_site": Setting(default="datadoghq.com"),
            "datadog_tags": Setting(default=None),
        },
    ),
    "open_telemetry_tracing": Provider(
        name="OpenTelemetry Tracing",
        graphql_type="NotificationServiceOpenTelemetryTracing",
        settings={
            "endpoint": Setting(required=True, valid=_is_url),
            "service_name": Setting(default="buildkite"),
            "headers": Setting(hidden=True),
            "resource_attributes": Setting(default={}),
            "tracestate": Setting(enterprise=True),
        },
    ),
    "event_log_api": Provider(name="Event Log API", settings={"events": Setting(default=())}, enterprise=True),
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
    """A notification service. A broken one sends nothing until it is enabled again."""

    id: str
    provider: str
    description: str | None
    created_at: float
    created_by: User | None
    state: Literal["enabled", "disabled", "broken"] = "enabled"
    scope: str = "all"
    scope_uuids: tuple[str, ...] = ()
    branch_configuration: str = ""
    build_states: dict[str, bool] = attrs.field(factory=lambda: dict(BUILD_STATES))
    #: All settings as they were sent, including secrets.
    settings: dict[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    #: Whether it was connected in a browser, so that its URL cannot be changed.
    connected_in_browser: bool = False


def scope_ids(organization: Organization, scope: str) -> frozenset[str]:
    """Return the ids that a scope may name."""
    match scope:
        case "some_projects":
            return frozenset(pipeline.id for pipeline in organization.pipelines.values())
        case "some_teams":
            return frozenset(organization.teams)
        case "some_clusters":
            return frozenset(organization.clusters)
        case _:
            return frozenset()


_WRITABLE = frozenset(
    {"provider", "description", "branch_configuration", "scope", "scope_uuids", "build_states", "settings"}
)


def create_service(
    backend: Backend, organization: Organization, body: Mapping[str, Any], user: User, now: float
) -> NotificationService:
    service = NotificationService(
        id=backend.new_id(Kind.NOTIFICATION_SERVICE),
        provider=body["provider"],
        description=None,
        created_at=now,
        created_by=user,
    )
    provider = PROVIDERS[service.provider]
    if provider.enterprise and not organization.enterprise:
        raise UnprocessableError(f"provider {service.provider} is not available")
    if body.get("build_states"):
        service.build_states = dict.fromkeys(BUILD_STATES, False)
    edit_service(organization, service, body, {})
    for name, setting in provider.settings.items():
        if setting.required and name not in service.settings:
            raise UnprocessableError(f"settings.{name} is missing")
        if setting.generate is not None:
            service.settings.setdefault(name, setting.generate(organization, service.id))
        elif setting.default is not MISSING and (organization.enterprise or not setting.enterprise):
            service.settings.setdefault(name, deepcopy(setting.default))
    return service


def edit_service(
    organization: Organization, service: NotificationService, body: Mapping[str, Any], current: Mapping[str, Any]
) -> None:
    """Update the fields that the body names. Read-only fields may be sent with their current value, as in `current`."""
    for name, value in body.items():
        if name not in _WRITABLE and (name not in current or current[name] != value):
            raise UnprocessableError(f"{name} cannot be set")
    if body.get("provider", service.provider) != service.provider:
        raise UnprocessableError("provider cannot be changed")
    scope, uuids = _checked_scope(organization, service, body)
    states = _checked_states(body.get("build_states", {}))
    settings = _checked_settings(organization, service, body.get("settings", {}))
    service.scope, service.scope_uuids = scope, uuids
    service.build_states |= states
    service.settings |= settings
    if "description" in body:
        service.description = body["description"]
    if "branch_configuration" in body:
        service.branch_configuration = body["branch_configuration"] or ""


def _checked_scope(
    organization: Organization, service: NotificationService, body: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    if "scope" not in body and "scope_uuids" not in body:
        return service.scope, service.scope_uuids
    scope: str = body.get("scope", service.scope)
    current = service.scope_uuids if scope == service.scope else ()
    uuids = tuple(dict.fromkeys(uuid.lower() for uuid in body.get("scope_uuids", current)))
    if scope == "all" and uuids:
        raise UnprocessableError("scope_uuids must be left out when scope is all")
    if scope != "all" and not uuids:
        raise UnprocessableError(f"scope_uuids is missing, but scope is {scope}")
    if not scope_ids(organization, scope).issuperset(uuids):
        raise UnprocessableError(f"scope_uuids has ids that {scope} does not include")
    return scope, uuids


def _checked_states(states: Mapping[str, bool]) -> Mapping[str, bool]:
    unknown = states.keys() - BUILD_STATES.keys()
    if unknown:
        raise UnprocessableError(f"build_states.{min(unknown)} is unknown")
    return states


def _checked_settings(
    organization: Organization, service: NotificationService, values: Mapping[str, Any]
) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    known = PROVIDERS[service.provider].settings
    for name, value in values.items():
        setting = known.get(name)
        if setting is None:
            raise UnprocessableError(f"settings.{name} is unknown for {service.provider}")
        if setting.enterprise and not organization.enterprise:
            raise UnprocessableError(f"settings.{name} is not available")
        current = service.settings.get(name, MISSING)
        if current is not MISSING:
            if value in (current, setting.public_value(current)):
                continue
            if setting.fixed or setting.computed or (name == "url" and service.connected_in_browser):
                raise UnprocessableError(f"settings.{name} cannot be changed")
            if name == "version" and value != LATEST_VERSION:
                raise UnprocessableError(f"settings.version can only be raised to {LATEST_VERSION}")
        elif setting.computed:
            raise UnprocessableError(f"settings.{name} cannot be set")
        if value is not None and not setting.valid(value):
            raise UnprocessableError(f"settings.{name} is invalid")
        changed[name] = int(value) if isinstance(value, float) else value
    return changed


def notification_service_json(context: RenderContext, organization: Organization, service: NotificationService) -> Json:
    """Return a notification service as JSON. Deleted objects are left out of `scope_uuids`."""
    provider = PROVIDERS[service.provider]
    present = scope_ids(organization, service.scope)
    return {
        "id": service.id,
        "graphql_id": None if provider.graphql_type is None else graphql_id(provider.graphql_type, service.id),
        "url": f"{context.organization_url(organization)}/services/{service.id}",
        "provider": {"id": service.provider, "name": provider.name},
        "description": service.description,
        "enabled": service.state == "enabled",
        "scope": service.scope,
        "scope_uuids": [uuid for uuid in service.scope_uuids if uuid in present],
        "branch_configuration": service.branch_configuration,
        "build_states": service.build_states,
        "settings": visible_settings(service),
        "created_at": iso(service.created_at),
        "created_by": user_json_or_none(service.created_by),
    }


def visible_settings(service: NotificationService) -> dict[str, Any]:
    """Return the settings without hidden ones, and with secrets masked."""
    return {
        name: setting.public_value(service.settings[name])
        for name, setting in PROVIDERS[service.provider].settings.items()
        if name in service.settings and not setting.hidden
    }


def _rendered(call: Call, service: NotificationService) -> Json:
    return notification_service_json(lookup.render_context(call), lookup.administered_organization(call), service)


def _check_deletable(_: Call, service: NotificationService) -> None:
    if service.provider == "aws_event_bridge" and service.state == "broken":
        raise UnprocessableError("The partner event source could not be removed from the AWS account")


routes = Routes()
_services = Collection(
    noun="notification service",
    path="/v2/organizations/{org}/services",
    key="service_uuid",
    objects=lambda call: lookup.administered_organization(call).notification_services,
    render=_rendered,
)
_services.add_list_route(routes, scope="read_notification_services", paging="cursor")
_services.add_read_route(routes, scope="read_notification_services")
_services.add_delete_route(routes, scope="write_notification_services", before=_check_deletable)


@_services.add_create_route(routes, scope="write_notification_services")
def create_notification_service(call: Call) -> tuple[str, NotificationService]:
    created = create_service(call.backend, lookup.administered_organization(call), call.body, call.token.user, call.now)
    return created.id, created


@_services.add_update_route(routes, "PATCH", scope="write_notification_services")
def update_notification_service(call: Call, service: NotificationService) -> None:
    edit_service(lookup.administered_organization(call), service, call.body, _rendered(call, service))


def _state_handler(state: Literal["enabled", "disabled"]) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        service = _services.find(call)
        service.state = state
        return _services.respond(call, service)

    return handle


routes.route("PUT", f"{_services.item_path}/enable", scope="write_notification_services")(_state_handler("enabled"))
routes.route("PUT", f"{_services.item_path}/disable", scope="write_notification_services")(_state_handler("disabled"))

_WEBHOOK = {
    "url": "https://board.acme.example/hooks/buildkite",
    "token": digest("board", length=20),
    "token_mode": "signature",
    "version": 3,
    "events": ["build.finished", "job.finished"],
    "tls_verify": True,
}
_OLD_WEBHOOK = {**_WEBHOOK, "token": None, "token_mode": "token", "version": 1, "events": [], "tls_verify": False}
_DATADOG = {"api_key": digest("datadog", length=32), "datadog_site": "datadoghq.eu", "datadog_tags": "team:web\nenv:ci"}
_OPEN_TELEMETRY = {
    "endpoint": "https://otel.acme.example",
    "service_name": "ci",
    "headers": {"Authorization": "Bearer x"},
    "resource_attributes": {"deployment.environment": "ci"},
}
_SEEDED_SERVICES: tuple[dict[str, Any], ...] = (
    {
        "provider": "webhook",
        "description": "Release board",
        "branch_configuration": "main release/*",
        "settings": _WEBHOOK,
    },
    {
        "provider": "webhook",
        "description": "Old dashboard",
        "state": "disabled",
        "build_states": dict.fromkeys(BUILD_STATES, True),
        "settings": _OLD_WEBHOOK,
    },
    {
        "provider": "slack",
        "description": "Team room",
        "settings": {"url": "https://hooks.slack.example/T1/B1/x", "theme": "emoji"},
    },
    {
        "provider": "slack",
        "description": "Alerts",
        "connected_in_browser": True,
        "settings": {"url": "https://hooks.slack.example/T1/B2/y", "theme": "text"},
    },
    {
        "provider": "aws_event_bridge",
        "description": "Event bus",
        "state": "broken",
        "settings": {
            "aws_region": "eu-central-1",
            "aws_account_id": "123456789012",
            "event_source_name": "aws.partner/buildkite.com/acme/0192-7c41-9ab3d05",
            "include_build_meta_data": "deploy:*",
        },
    },
    {"provider": "datadog_pipeline_visibility", "description": "", "settings": _DATADOG},
    {"provider": "open_telemetry_tracing", "description": "Traces", "settings": _OPEN_TELEMETRY},
    {"provider": "event_log_api", "description": None, "settings": {"events": ["build.finished"]}},
    {"provider": "slack_workspace", "description": "Acme workspace", "created_by": None},
    {"provider": "linear", "description": "Tickets", "state": "disabled"},
)


def add_notification_services(backend: Backend) -> None:
    """Add all services to `acme`, and the first three to `globex`."""
    for organization in backend.organizations.values():
        for number, attributes in enumerate(_SEEDED_SERVICES if organization.slug == "acme" else _SEEDED_SERVICES[:3]):
            values: dict[str, Any] = {"created_by": organization.members[0], **deepcopy(attributes)}
            service = NotificationService(
                id=backend.new_id(Kind.NOTIFICATION_SERVICE),
                created_at=backend.epoch - (200 - 10 * number) * DAY,
                **values,
            )
            organization.notification_services[service.id] = service
    acme = backend.organizations["acme"]
    services = list(acme.notification_services.values())
    for service, scope, uuids in (
        (services[0], "some_projects", (acme.pipelines["web"].id, acme.pipelines["api"].id)),
        (services[2], "some_teams", tuple(acme.teams)[:2]),
        (services[5], "some_clusters", tuple(acme.clusters)[:1]),
    ):
        service.scope, service.scope_uuids = scope, uuids
