"""Organization settings: API restrictions and pipeline settings. They are stored, not enforced."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso_or_none
from ..http.call import Call, Reply, json
from ..http.errors import ForbiddenError, UnprocessableError
from ..http.routing import Routes
from ..rendering import organization_url
from ..undo import stored
from ..values import Json
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


@stored
class Switch:
    """A setting that can be turned on, with the time and the user."""

    enabled_at: float | None = None
    enabled_by: User | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is on."""
        return self.enabled_at is not None

    def turn_on(self, now: float, user: User) -> None:
        """Turn it on, unless it already is."""
        if not self.enabled:
            self.enabled_at, self.enabled_by = now, user

    def turn_off(self) -> None:
        """Turn it off."""
        self.enabled_at = self.enabled_by = None


@stored
class BuildExport:
    """The bucket that builds are exported to."""

    location: str
    strategy_id: str


@stored
class PipelineSettings:
    """Settings of all pipelines."""

    default_branch: str | None = "main"
    default_cluster_id: str | None = None
    default_timeout_in_minutes: int | None = None
    maximum_timeout_in_minutes: int | None = None
    scheduled_job_expiry_in_minutes: int | None = None
    remote_access: Switch = attrs.field(factory=Switch)
    public_pipelines: Switch = attrs.field(factory=Switch)
    advanced_queue_metrics: Switch = attrs.field(factory=Switch)
    build_export: BuildExport | None = None


def api_settings_json(call: Call, organization: Organization) -> Json:
    settings = organization.api_settings
    return {
        "url": f"{organization_url(call, organization)}/api-settings",
        "allowed_ip_addresses": settings.allowed_ip_addresses,
        "revoke_inactive_tokens_after_days": settings.revoke_inactive_tokens_after_days,
        "restrict_user_api_token_creation": settings.restrict_user_api_token_creation,
        "features": {
            "api_ip_allow_list": organization.enterprise,
            "inactive_api_token_revocation": organization.enterprise,
        },
    }


def pipeline_settings_json(call: Call, organization: Organization) -> Json:
    settings = organization.pipeline_settings
    export = settings.build_export
    return {
        "url": f"{organization_url(call, organization)}/pipeline-settings",
        "default_branch": settings.default_branch,
        "default_cluster_id": settings.default_cluster_id,
        "default_timeout_in_minutes": settings.default_timeout_in_minutes,
        "maximum_timeout_in_minutes": settings.maximum_timeout_in_minutes,
        "scheduled_job_expiry_in_minutes": settings.scheduled_job_expiry_in_minutes,
        "hosted_agents_terminal_access": _switch_json(settings.remote_access),
        "public_pipeline_creation": _switch_json(settings.public_pipelines),
        "advanced_queue_metrics": {**_switch_json(settings.advanced_queue_metrics), "disable_supported": False},
        "build_exports": {
            "available": organization.enterprise,
            "enabled": export is not None,
            "location": None if export is None else export.location,
            "strategy_id": None if export is None else export.strategy_id,
            "supported_strategies": list(EXPORT_STRATEGIES),
        },
    }


def _switch_json(switch: Switch) -> Json:
    user = switch.enabled_by
    return {
        "enabled": switch.enabled,
        "enabled_at": iso_or_none(switch.enabled_at),
        "enabled_by": None if user is None else {"id": user.id, "name": user.name},
    }


routes = Routes()
_API_SETTINGS_PATH = "/v2/organizations/{org}/api-settings"
_DAYS = frozenset({30, 60, 90, 180, 365})
_ENTERPRISE_FIELDS = ("allowed_ip_addresses", "revoke_inactive_tokens_after_days")


@routes.route("GET", _API_SETTINGS_PATH, scope="read_organization_settings")
def get_organization_api_settings(call: Call) -> Reply:
    return json(api_settings_json(call, lookup.administered_organization(call)))


@routes.route(
    "PATCH", _API_SETTINGS_PATH, scope="write_organization_settings", checks="restrict_user_api_token_creation"
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
    return json(api_settings_json(call, organization))


def _checked_ranges(text: str | None) -> str | None:
    """Validate IP ranges and join them with single spaces. Return None if there are none."""
    ranges = (text or "").split()
    for item in ranges:
        try:
            ip_network(item, strict=False)
        except ValueError as error:
            raise UnprocessableError("allowed_ip_addresses must be in CIDR notation") from error
        if "/" not in item:
            raise UnprocessableError("allowed_ip_addresses must be in CIDR notation")
    return " ".join(ranges) or None


_PIPELINE_SETTINGS_PATH = "/v2/organizations/{org}/pipeline-settings"
_READ, _WRITE = "read_organization_settings", "write_organization_settings"
_MINUTES = ("default_timeout_in_minutes", "maximum_timeout_in_minutes", "scheduled_job_expiry_in_minutes")
_MOST_MINUTES = (1 << 31) - 1
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*", re.ASCII)
#: Bucket names. Buildkite cannot reach others.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/\S*)?", re.ASCII)


def _pipeline_settings(call: Call) -> Reply:
    return json(pipeline_settings_json(call, lookup.administered_organization(call)))


routes.route("GET", _PIPELINE_SETTINGS_PATH, scope=_READ)(_pipeline_settings)


@routes.route("PATCH", _PIPELINE_SETTINGS_PATH, scope=_WRITE)
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
        switch: Switch = getattr(lookup.administered_organization(call).pipeline_settings, name)
        if on:
            switch.turn_on(call.now, call.token.user)
        else:
            switch.turn_off()
        return _pipeline_settings(call)

    return handle


_SWITCHES = {"hosted-agents-ssh": "remote_access", "public-pipelines": "public_pipelines"}
for _path, _name in {**_SWITCHES, "advanced-queue-metrics": "advanced_queue_metrics"}.items():
    routes.route("PUT", f"{_PIPELINE_SETTINGS_PATH}/{_path}", scope=_WRITE)(_switch_handler(_name, on=True))
for _path, _name in _SWITCHES.items():
    routes.route("DELETE", f"{_PIPELINE_SETTINGS_PATH}/{_path}", scope=_WRITE)(_switch_handler(_name, on=False))


@routes.route("PUT", f"{_PIPELINE_SETTINGS_PATH}/build-export", scope=_WRITE)
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
    settings.build_export = BuildExport(location=location, strategy_id=strategy)
    return _pipeline_settings(call)


@routes.route("DELETE", f"{_PIPELINE_SETTINGS_PATH}/build-export", scope=_WRITE)
def disable_build_export(call: Call) -> Reply:
    _exporting(call).pipeline_settings.build_export = None
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
    settings.remote_access.turn_on(backend.epoch - 50 * DAY, acme.members[0])
    settings.build_export = BuildExport(location="acme-builds", strategy_id="s3")
