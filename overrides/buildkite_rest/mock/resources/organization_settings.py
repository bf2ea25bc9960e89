"""Organization settings: API restrictions and pipeline settings. They are stored, not enforced."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso_or_none
from ..http.call import Call, Reply, json
from ..http.errors import ForbiddenError, UnprocessableError
from ..http.routing import Routes
from ..lookup import organization_url
from ..undo import stored
from ..values import Json
from .resource import checked_ip_ranges, field, fields_json
from .users import User

if TYPE_CHECKING:
    from .organizations import Organization


#: Kinds of buckets that builds can be exported to.
EXPORT_STRATEGIES = ("s3", "gcs")


@stored
class ApiSettings:
    """Restrictions of the API. They are not enforced, so that a test cannot lock itself out."""

    allowed_ip_addresses: str | None = None
    revoke_inactive_tokens_after_days: int | None = None
    restrict_user_api_token_creation: bool = False


@attrs.frozen(kw_only=True)
class Switch:
    """A setting that can be turned on, with the time and the user."""

    enabled_at: float | None = None
    enabled_by: User | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is on."""
        return self.enabled_at is not None


def _switch_json(switch: Switch) -> Json:
    user = switch.enabled_by
    return {
        "enabled": switch.enabled,
        "enabled_at": iso_or_none(switch.enabled_at),
        "enabled_by": None if user is None else {"id": user.id, "name": user.name},
    }


@stored
class PipelineSettings:
    """Settings of all pipelines. The location of exported builds is a bucket."""

    default_branch: str | None = "main"
    default_cluster_id: str | None = None
    default_timeout_in_minutes: int | None = None
    maximum_timeout_in_minutes: int | None = None
    scheduled_job_expiry_in_minutes: int | None = None
    hosted_agents_terminal_access: Switch = field(factory=Switch, render=_switch_json)
    public_pipeline_creation: Switch = field(factory=Switch, render=_switch_json)
    advanced_queue_metrics: Switch = field(
        factory=Switch, render=lambda switch: {**_switch_json(switch), "disable_supported": False}
    )
    export_location: str | None = field(default=None, hidden=True)
    export_strategy: str | None = field(default=None, hidden=True)


def _api_settings(call: Call) -> Reply:
    organization = lookup.administered_organization(call)
    features = dict.fromkeys(("api_ip_allow_list", "inactive_api_token_revocation"), organization.enterprise)
    url = f"{organization_url(call, organization)}/api-settings"
    return json({"url": url, **fields_json(call, organization.api_settings), "features": features})


def _pipeline_settings(call: Call) -> Reply:
    organization = lookup.administered_organization(call)
    settings = organization.pipeline_settings
    exports = {
        "available": organization.enterprise,
        "enabled": settings.export_location is not None,
        "location": settings.export_location,
        "strategy_id": settings.export_strategy,
        "supported_strategies": EXPORT_STRATEGIES,
    }
    url = f"{organization_url(call, organization)}/pipeline-settings"
    return json({"url": url, **fields_json(call, settings), "build_exports": exports})


routes = Routes()
_API_SETTINGS_PATH = "/v2/organizations/{org}/api-settings"
_DAYS = frozenset({30, 60, 90, 180, 365})
_ENTERPRISE_FIELDS = ("allowed_ip_addresses", "revoke_inactive_tokens_after_days")


_READ, _WRITE = "read_organization_settings", "write_organization_settings"
routes.route("GET", _API_SETTINGS_PATH, scope=_READ)(_api_settings)


@routes.route(
    "PATCH",
    _API_SETTINGS_PATH,
    scope=_WRITE,
    checks="restrict_user_api_token_creation",
    event=("OrganizationSecuritySettingsUpdatedEvent", "Organization"),
)
def update_organization_api_settings(call: Call) -> Reply:
    """Update the fields that the body names, or raise 403 if the plan does not include one."""
    organization, body = lookup.administered_organization(call), call.body
    if not organization.enterprise and not body.keys().isdisjoint(_ENTERPRISE_FIELDS):
        raise ForbiddenError("The plan of the organization does not include this setting")
    settings = organization.api_settings
    addresses = settings.allowed_ip_addresses
    restricted = body.get("restrict_user_api_token_creation", settings.restrict_user_api_token_creation)
    if not isinstance(restricted, bool):
        raise UnprocessableError("restrict_user_api_token_creation must be true or false")
    if "allowed_ip_addresses" in body:
        addresses = _checked_ranges(body["allowed_ip_addresses"])
    if "revoke_inactive_tokens_after_days" in body:
        days = body["revoke_inactive_tokens_after_days"]
        if days is not None and days not in _DAYS:
            raise UnprocessableError("revoke_inactive_tokens_after_days must be 30, 60, 90, 180 or 365")
        settings.revoke_inactive_tokens_after_days = None if days is None else int(days)
    settings.allowed_ip_addresses, settings.restrict_user_api_token_creation = addresses, restricted
    return _api_settings(call)


def _checked_ranges(text: str | None) -> str | None:
    """Validate IP ranges and join them with single spaces. Return None if there are none."""
    ranges = checked_ip_ranges(text)
    if any("/" not in item for item in ranges):
        raise UnprocessableError("allowed_ip_addresses must be in CIDR notation")
    return " ".join(ranges) or None


_PIPELINE_SETTINGS_PATH = "/v2/organizations/{org}/pipeline-settings"
_UPDATED = ("OrganizationUpdatedEvent", "Organization")
_EXPORT_UPDATED = ("OrganizationBuildExportUpdatedEvent", "Organization")
_MINUTES = ("default_timeout_in_minutes", "maximum_timeout_in_minutes", "scheduled_job_expiry_in_minutes")
_MOST_MINUTES = (1 << 31) - 1
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*", re.ASCII)
#: Bucket names. Buildkite cannot reach others.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/\S*)?", re.ASCII)


routes.route("GET", _PIPELINE_SETTINGS_PATH, scope=_READ)(_pipeline_settings)


@routes.route("PATCH", _PIPELINE_SETTINGS_PATH, scope=_WRITE, event=_UPDATED)
def update_organization_pipeline_settings(call: Call) -> Reply:
    organization, body = lookup.administered_organization(call), call.body
    settings = organization.pipeline_settings
    changes: dict[str, Any] = {name: _checked_minutes(name, body[name]) for name in _MINUTES if name in body}
    default, maximum = (changes.get(name, getattr(settings, name)) for name in _MINUTES[:2])
    if default is not None and maximum is not None and default > maximum:
        raise UnprocessableError("default_timeout_in_minutes must not exceed maximum_timeout_in_minutes")
    if "default_branch" in body:
        changes["default_branch"] = body["default_branch"]
        if body["default_branch"] is not None and not body["default_branch"].strip():
            raise UnprocessableError("default_branch must not be blank")
    if "default_cluster_id" in body:
        cluster_id = changes["default_cluster_id"] = body["default_cluster_id"] and body["default_cluster_id"].lower()
        if cluster_id is not None and cluster_id not in organization.clusters:
            raise UnprocessableError("default_cluster_id must be a cluster of the organization")
    for name, value in changes.items():
        setattr(settings, name, value)
    return _pipeline_settings(call)


def _checked_minutes(name: str, value: float | None) -> int | None:
    if value is not None and not 1 <= value <= _MOST_MINUTES:
        raise UnprocessableError(f"{name} must be a positive number of minutes")
    return None if value is None else int(value)


def _switch_handler(name: str, *, on: bool) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        settings = lookup.administered_organization(call).pipeline_settings
        switch: Switch = getattr(settings, name)
        if switch.enabled is not on:
            setattr(settings, name, Switch(enabled_at=call.now, enabled_by=call.token.user) if on else Switch())
        return _pipeline_settings(call)

    return handle


for _method, _path, _name in (
    ("PUT", "hosted-agents-ssh", "hosted_agents_terminal_access"),
    ("DELETE", "hosted-agents-ssh", "hosted_agents_terminal_access"),
    ("PUT", "public-pipelines", "public_pipeline_creation"),
    ("DELETE", "public-pipelines", "public_pipeline_creation"),
    ("PUT", "advanced-queue-metrics", "advanced_queue_metrics"),
):
    _declare = routes.route(_method, f"{_PIPELINE_SETTINGS_PATH}/{_path}", scope=_WRITE, event=_UPDATED)
    _declare(_switch_handler(_name, on=_method == "PUT"))


@routes.route("PUT", f"{_PIPELINE_SETTINGS_PATH}/build-export", scope=_WRITE, event=_EXPORT_UPDATED)
def configure_build_export(call: Call) -> Reply:
    settings, strategy = _exporting(call).pipeline_settings, call.body["strategy_id"]
    location = call.body["location"].strip()
    scheme, mark, rest = location.partition("://")
    if mark and _SCHEME.fullmatch(scheme):
        location = rest
    if strategy not in EXPORT_STRATEGIES:
        raise UnprocessableError("strategy_id must be one of " + ", ".join(EXPORT_STRATEGIES))
    if not _BUCKET.fullmatch(location):
        raise UnprocessableError("The bucket cannot be reached")
    settings.export_location, settings.export_strategy = location, strategy
    return _pipeline_settings(call)


@routes.route("DELETE", f"{_PIPELINE_SETTINGS_PATH}/build-export", scope=_WRITE, event=_EXPORT_UPDATED)
def disable_build_export(call: Call) -> Reply:
    settings = _exporting(call).pipeline_settings
    settings.export_location = settings.export_strategy = None
    return _pipeline_settings(call)


def _exporting(call: Call) -> Organization:
    organization = lookup.administered_organization(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization does not include build exports")
    return organization


def add_settings(backend: Backend) -> None:
    """Set plans and settings. `globex` has a smaller plan and default settings."""
    backend.organizations["globex"].enterprise = False
    acme = backend.organizations["acme"]
    acme.api_settings.revoke_inactive_tokens_after_days = 180
    acme.api_settings.restrict_user_api_token_creation = True
    settings = acme.pipeline_settings
    settings.default_cluster_id = next(iter(acme.clusters))
    settings.default_timeout_in_minutes = 60
    settings.maximum_timeout_in_minutes = 240
    settings.hosted_agents_terminal_access = Switch(enabled_at=backend.epoch - 50 * DAY, enabled_by=acme.members[0])
    settings.export_location, settings.export_strategy = "acme-builds", "s3"
