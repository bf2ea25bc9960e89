"""Notification services."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from .. import lookup
from ..http.call import Call, Reply
from ..http.errors import UnprocessableError
from ..http.routing import routes
from ..ids import digest
from ..undo import stored
from ..values import Json, seed_document
from .organizations import Organization
from .resource import Resource, Values, field
from .users import User

#: Kinds of services by id: the settings that a service must have, and the others with their defaults.
_PROVIDERS: Mapping[str, Json] = seed_document("buildkite")["notification_providers"]
#: States of builds and jobs that a service may notify about, with the defaults.
_BUILD_STATES: Mapping[str, bool] = seed_document("buildkite")["notification_states"]
#: Patterns of settings. Others may have any value that the spec permits.
_PATTERNS = {"aws_account_id": r"[0-9]{12}", "api_key": r"\s*\S.*"}
_FIXED = frozenset({"aws_region", "aws_account_id", "event_source_name"})
_MASKED = frozenset({"aws_account_id", "api_key"})
_HIDDEN = frozenset({("slack", "url"), ("open_telemetry_tracing", "headers")})


def _public_value(name: str, value: Any) -> Any:
    """Return the value of a setting in responses, where a secret is masked except for its last characters."""
    return "X" * 12 + (value[-4:] if len(value) > 8 else "") if name in _MASKED else value


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
    branch_configuration: str = field(default="", settable=True, convert=lambda value: value or "")
    build_states: dict[str, bool] = field(factory=lambda: dict(_BUILD_STATES))
    #: All settings as they were sent, including secrets.
    values: dict[str, Any] = field(factory=dict[str, Any], hidden=True)
    enabled: bool = True

    @property
    def provider(self) -> Json:
        """Its kind."""
        return _PROVIDERS[self.provider_id]

    @property
    def defaults(self) -> Json:
        """Settings that it may have, in order: None for those that it must have, or that have no default."""
        return {**dict.fromkeys(self.provider["required"]), **self.provider["optional"]}


def _public_settings(_: Call, service: NotificationService) -> Json:
    """Return settings without hidden ones, and with secrets masked."""
    return {
        name: _public_value(name, service.values[name])
        for name in service.defaults
        if name in service.values and (service.provider_id, name) not in _HIDDEN
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
    if unknown := states.keys() - _BUILD_STATES.keys():
        raise UnprocessableError(f"build_states.{min(unknown)} is unknown")
    if service is None:
        service = NotificationService(id="", provider_id=body["provider"], created_at=call.now)
        values["provider_id"] = body["provider"]
        if states:
            service.build_states = dict.fromkeys(_BUILD_STATES, False)
    if body.get("provider", service.provider_id) != service.provider_id:
        raise UnprocessableError("provider cannot be changed")
    values |= _checked_scope(organization, service, body)
    values["build_states"] = {**service.build_states, **states}
    values["values"] = {**service.values, **_checked_settings(service, body.get("settings", {}))}
    for name in service.provider["required"]:
        if name not in values["values"]:
            raise UnprocessableError(f"settings.{name} is missing")


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
        if name not in service.defaults:
            raise UnprocessableError(f"settings.{name} is unknown for {service.provider_id}")
        if name in present and value in (present[name], _public_value(name, present[name])):
            continue
        if name in present and name in _FIXED:
            raise UnprocessableError(f"settings.{name} cannot be changed")
        if name == "version" and not present.get(name, 1) <= value <= service.defaults[name]:
            raise UnprocessableError(f"settings.version can only be raised to {service.defaults[name]}")
        if name in _PATTERNS and not re.fullmatch(_PATTERNS[name], value):
            raise UnprocessableError(f"settings.{name} is invalid")
        changed[name] = value
    return changed


def _add_defaults(call: Call, service: NotificationService) -> None:
    """Add the default values of settings that the service does not have."""
    source = f"aws.partner/buildkite.com/{call.params['org']}/{digest('event source', service.id, length=16)}"
    generated = {"token": digest("token", service.id, length=20), "event_source_name": source}
    for name, default in service.defaults.items():
        value = generated.get(name, default)
        if value is not None:
            service.values.setdefault(name, value)


def _scope_uuids(call: Call, service: NotificationService) -> list[str]:
    """Return the ids of the objects in the scope, without deleted ones."""
    present = _scope_ids(lookup.organization(call), service.scope)
    return [uuid for uuid in service.scoped if uuid in present]


services = Resource(
    type=NotificationService,
    computed={
        "provider": lambda _, item: {"id": item.provider_id, "name": item.provider["name"]},
        "scope_uuids": _scope_uuids,
        "settings": _public_settings,
    },
    path="/v2/organizations/{org}/services",
    key="service_uuid",
    objects=lambda call: lookup.administered_organization(call).notification_services,
    scope="notification_services",
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
