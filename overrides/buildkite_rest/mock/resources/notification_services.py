"""Notification services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final, Literal

import attrs

from .. import lookup
from ..http.call import Call, Reply
from ..http.errors import UnprocessableError
from ..http.routing import Routes
from ..ids import Kind, digest, graphql_id
from ..undo import stored
from ..values import Json
from .organizations import Organization
from .resource import Resource, Values, field, shown
from .users import User

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
    provider_id: str = field(hidden=True)
    description: str | None = field(default=None, settable=True)
    created_at: float
    created_by: User | None = None
    state: Literal["enabled", "disabled", "broken"] = field(default="enabled", hidden=True)
    scope: str = "all"
    scoped: tuple[str, ...] = field(default=(), hidden=True)
    branch_configuration: str = field(default="", settable=True)
    build_states: dict[str, bool] = field(factory=lambda: dict(BUILD_STATES))
    #: All settings as they were sent, including secrets.
    values: dict[str, Any] = field(factory=dict[str, Any], hidden=True)

    @shown
    def graphql_id(self, _: Call) -> str | None:
        """Id in the GraphQL API, which does not have all kinds of services."""
        kind = PROVIDERS[self.provider_id].graphql_type
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
            for name, setting in PROVIDERS[self.provider_id].settings.items()
            if name in self.values and not setting.hidden
        }


def _scope_ids(organization: Organization, scope: str) -> frozenset[str]:
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


def _prepare(call: Call, values: Values, service: NotificationService | None) -> None:
    """Check fields. Read-only fields may be sent with their current value."""
    organization, body = lookup.administered_organization(call), call.body
    provider_id = body.get("provider") if service is None else service.provider_id
    if service is None:
        values["provider_id"] = provider_id
        if PROVIDERS[body["provider"]].enterprise and not organization.enterprise:
            raise UnprocessableError(f"provider {provider_id} is not available")
    current = {} if service is None else services.json(call, service)
    for name, value in body.items():
        if name not in _WRITABLE and (name not in current or current[name] != value):
            raise UnprocessableError(f"{name} cannot be set")
    if body.get("provider", provider_id) != provider_id:
        raise UnprocessableError("provider cannot be changed")
    values |= _checked_scope(organization, service, body)
    states = dict(BUILD_STATES) if service is None else service.build_states
    if service is None and body.get("build_states"):
        states = dict.fromkeys(BUILD_STATES, False)
    values["build_states"] = {**states, **_checked_states(body.get("build_states", {}))}
    present = {} if service is None else service.values
    values["values"] = {
        **present,
        **_checked_settings(organization, str(provider_id), service, body.get("settings", {})),
    }
    for name, setting in PROVIDERS[str(provider_id)].settings.items():
        if service is None and setting.required and name not in values["values"]:
            raise UnprocessableError(f"settings.{name} is missing")
    if "branch_configuration" in values:
        values["branch_configuration"] = values["branch_configuration"] or ""


def _complete(call: Call, service: NotificationService) -> None:
    """Make the settings of a new service that the request does not have."""
    organization = lookup.organization(call)
    for name, setting in PROVIDERS[service.provider_id].settings.items() if "service_uuid" not in call.params else ():
        if setting.generate is not None:
            service.values.setdefault(name, setting.generate(organization, service.id))
        elif setting.default is not MISSING and (organization.enterprise or not setting.enterprise):
            service.values.setdefault(name, deepcopy(setting.default))


def _checked_scope(organization: Organization, service: NotificationService | None, body: Mapping[str, Any]) -> Values:
    if "scope" not in body and "scope_uuids" not in body:
        return {}
    before = "all" if service is None else service.scope
    scope: str = body.get("scope", before)
    current = service.scoped if service is not None and scope == before else ()
    uuids = tuple(dict.fromkeys(uuid.lower() for uuid in body.get("scope_uuids", current)))
    if scope == "all" and uuids:
        raise UnprocessableError("scope_uuids must be left out when scope is all")
    if scope != "all" and not uuids:
        raise UnprocessableError(f"scope_uuids is missing, but scope is {scope}")
    if not _scope_ids(organization, scope).issuperset(uuids):
        raise UnprocessableError(f"scope_uuids has ids that {scope} does not include")
    return {"scope": scope, "scoped": uuids}


def _checked_states(states: Mapping[str, bool]) -> Mapping[str, bool]:
    unknown = states.keys() - BUILD_STATES.keys()
    if unknown:
        raise UnprocessableError(f"build_states.{min(unknown)} is unknown")
    return states


def _checked_settings(
    organization: Organization, provider_id: str, service: NotificationService | None, values: Mapping[str, Any]
) -> Values:
    changed: Values = {}
    known = PROVIDERS[provider_id].settings
    for name, value in values.items():
        setting = known.get(name)
        if setting is None:
            raise UnprocessableError(f"settings.{name} is unknown for {provider_id}")
        if setting.enterprise and not organization.enterprise:
            raise UnprocessableError(f"settings.{name} is not available")
        current = MISSING if service is None else service.values.get(name, MISSING)
        if current is not MISSING:
            if value in (current, setting.public_value(current)):
                continue
            if setting.fixed or setting.computed:
                raise UnprocessableError(f"settings.{name} cannot be changed")
            if name == "version" and value != LATEST_VERSION:
                raise UnprocessableError(f"settings.version can only be raised to {LATEST_VERSION}")
        elif setting.computed:
            raise UnprocessableError(f"settings.{name} cannot be set")
        if value is not None and not setting.valid(value):
            raise UnprocessableError(f"settings.{name} is invalid")
        changed[name] = int(value) if isinstance(value, float) else value
    return changed


def _check_deletable(_: Call, service: NotificationService) -> None:
    if service.provider_id == "aws_event_bridge" and service.state == "broken":
        raise UnprocessableError("The partner event source could not be removed from the AWS account")


routes = Routes()
services = Resource(
    routes=routes,
    type=NotificationService,
    computed={
        "provider": lambda _, item: {"id": item.provider_id, "name": PROVIDERS[item.provider_id].name},
        "enabled": lambda _, item: item.state == "enabled",
    },
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
    changed=_complete,
    before_delete=_check_deletable,
)


def _add_state_route(action: str, state: Literal["enabled", "disabled"]) -> None:
    event = (f"NotificationService{state.title()}Event", "NotificationService")

    @routes.route("PUT", f"{services.item_path}/{action}", scope="write_notification_services", event=event)
    def handle(call: Call) -> Reply:
        service = services.find(call)
        service.state = state
        return services.respond(call, service)


_add_state_route("enable", "enabled")
_add_state_route("disable", "disabled")
