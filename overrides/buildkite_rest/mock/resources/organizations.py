"""Organizations: members, settings, emojis and rate limits. Settings are stored, not enforced."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso, iso_seconds
from ..http.call import Call, Reply, json
from ..http.errors import ForbiddenError, UnprocessableError
from ..http.graphql import GRAPHQL_LIMIT, graphql_reset
from ..http.pagination import page
from ..http.rate_limits import Usage
from ..http.routing import routes
from ..ids import graphql_id
from ..lookup import WEB, organization_url
from ..undo import stored
from ..values import Json
from .resource import Resource, Values, checked_ip_ranges, field, fields_json, settable_values
from .teams import remove_from_teams
from .users import User, brief_user_json

if TYPE_CHECKING:
    from .agents import Agent
    from .audit_events import AuditEvent
    from .clusters import Cluster
    from .notification_services import NotificationService
    from .organization_invitations import Invitation
    from .packages import Registry
    from .pipeline_templates import PipelineTemplate
    from .pipelines import Pipeline
    from .portals import Portal
    from .repository_connections import RepositoryConnection
    from .rules import Rule
    from .teams import Team
    from .test_suites import Suite


@stored
class Membership:
    """Membership of a user: role, and whether single sign-on is required."""

    user: User = field(hidden=True)
    role: str = field(settable=True)
    sso_mode: str = field(settable=True, hidden=True)


def _user_and_sso_mode(call: Call, member: Membership) -> Json:
    """Return the user, and `sso_mode`, which only administrators and the member itself see."""
    sees = member.user is call.token.user or lookup.organization(call).administered_by(call.token.user)
    return {**brief_user_json(member.user), **({"sso_mode": member.sso_mode} if sees else {})}


def _check_not_last(call: Call, member: Membership) -> None:
    if not any(one.role == "admin" and one is not member for one in lookup.organization(call).memberships.values()):
        raise UnprocessableError("The organization must have an administrator")


def _prepare(call: Call, values: Values, member: Membership | None) -> None:
    if member is not None and member.user is call.token.user:
        raise ForbiddenError("You cannot update your own membership")
    if member is not None and values.get("role") == "member":
        _check_not_last(call, member)


def _leave_teams(call: Call, member: Membership) -> None:
    _check_not_last(call, member)
    remove_from_teams(lookup.organization(call), member.user.id)


members = Resource(
    type=Membership,
    name="OrganizationMember",
    path="/v2/organizations/{org}/members",
    key="user_uuid",
    has_graphql_id=False,
    key_name="user.id",
    has_url=False,
    objects=lambda call: lookup.organization(call).memberships,
    scope="organizations",
    operations=("list", "get", "update", "delete"),
    may_write=lookup.administered_organization,
    prepare=_prepare,
    before_delete=_leave_teams,
    extra=_user_and_sso_mode,
)


#: Kinds of buckets that builds can be exported to.
EXPORT_STRATEGIES = ("s3", "gcs")


@stored
class ApiSettings:
    """Restrictions of the API. They are not enforced, so that a test cannot lock itself out."""

    allowed_ip_addresses: str | None = field(default=None, settable=True)
    revoke_inactive_tokens_after_days: int | None = field(default=None, settable=True)
    restrict_user_api_token_creation: bool = field(default=False, settable=True)


#: A setting that is not turned on.
_OFF: Json = {"enabled": False, "enabled_at": None, "enabled_by": None}


@stored
class PipelineSettings:
    """Settings of all pipelines. The location of exported builds is a bucket."""

    default_branch: str | None = field(default="main", settable=True)
    default_cluster_id: str | None = field(default=None, settable=True)
    default_timeout_in_minutes: int | None = field(default=None, settable=True)
    maximum_timeout_in_minutes: int | None = field(default=None, settable=True)
    scheduled_job_expiry_in_minutes: int | None = field(default=None, settable=True)
    hosted_agents_terminal_access: Json = _OFF
    public_pipeline_creation: Json = _OFF
    advanced_queue_metrics: Json = field(default=_OFF, render=lambda switch: {**switch, "disable_supported": False})
    export_location: str | None = field(default=None, hidden=True)
    export_strategy: str | None = field(default=None, hidden=True)


@stored
class Organization:
    """An organization and what belongs to it."""

    id: str
    slug: str
    name: str
    created_at: float
    memberships: dict[str, Membership] = attrs.field(factory=dict[str, "Membership"])
    invitations: dict[str, Invitation] = attrs.field(factory=dict[str, "Invitation"])
    teams: dict[str, Team] = attrs.field(factory=dict[str, "Team"])
    teams_enabled: bool = True
    sso_enabled: bool = False
    pipelines: dict[str, Pipeline] = attrs.field(factory=dict[str, "Pipeline"])
    agents: dict[str, Agent] = attrs.field(factory=dict[str, "Agent"])
    clusters: dict[str, Cluster] = attrs.field(factory=dict[str, "Cluster"])
    pipeline_templates: dict[str, PipelineTemplate] = attrs.field(factory=dict[str, "PipelineTemplate"])
    suites: dict[str, Suite] = attrs.field(factory=dict[str, "Suite"])
    #: Time of the last update of execution tags.
    execution_tags_at: float = 0.0
    registries: dict[str, Registry] = attrs.field(factory=dict[str, "Registry"])
    portals: dict[str, Portal] = attrs.field(factory=dict[str, "Portal"])
    rules: dict[str, Rule] = attrs.field(factory=dict[str, "Rule"])
    notification_services: dict[str, NotificationService] = attrs.field(factory=dict[str, "NotificationService"])
    repository_connections: dict[str, RepositoryConnection] = attrs.field(factory=dict[str, "RepositoryConnection"])
    api_settings: ApiSettings = attrs.field(factory=ApiSettings)
    pipeline_settings: PipelineSettings = attrs.field(factory=PipelineSettings)
    #: The latest, the oldest first.
    audit_events: dict[str, AuditEvent] = attrs.field(factory=dict[str, "AuditEvent"], repr=False)
    #: Whether its plan includes the audit log, build exports, agent images and API restrictions.
    enterprise: bool = True
    emojis: tuple[Json, ...] = ()

    @property
    def members(self) -> dict[str, User]:
        """Users who are members, by id."""
        return {key: membership.user for key, membership in self.memberships.items()}

    def administered_by(self, user: User) -> bool:
        """Return whether a user has administrator rights. A token that outlives its user's membership keeps them."""
        membership = self.memberships.get(user.id)
        return membership is None or membership.role == "admin"

    def gives_full_access(self, user: User, item_id: str) -> bool:
        """Return whether a user may change a pipeline or a suite: as administrator, or through a team."""
        if self.administered_by(user) or not self.teams_enabled:
            return True
        teams = [team for team in self.teams.values() if user.id in team.members]
        links = [link for team in teams for link in (team.pipelines.get(item_id), team.suites.get(item_id)) if link]
        return any(link.access_level == "manage_build_and_read" or "edit" in link.access_level for link in links)


def organization_json(call: Call, organization: Organization) -> Json:
    url = organization_url(call, organization)
    return {
        "id": organization.id,
        "graphql_id": graphql_id("Organization", organization.id),
        "url": url,
        "web_url": f"{WEB}/{organization.slug}",
        "name": organization.name,
        "slug": organization.slug,
        "pipelines_url": f"{url}/pipelines",
        "agents_url": f"{url}/agents",
        "emojis_url": f"{url}/emojis",
        "created_at": iso(organization.created_at),
    }


ORGANIZATION = "/v2/organizations/{org}"


@routes.route("GET", "/v2/organizations", scope="read_organizations")
def list_organizations(call: Call) -> Reply:
    return page(call, call.token.organizations, lambda owner: organization_json(call, owner))


@routes.route("GET", ORGANIZATION, scope="read_organizations")
def get_organization(call: Call) -> Reply:
    return json(organization_json(call, lookup.organization(call)))


@routes.route("GET", f"{ORGANIZATION}/rate_limit", scope="read_accounts")
def get_rate_limit(call: Call) -> Reply:
    """Return the REST and GraphQL limits of an organization. The mock never uses GraphQL points."""
    graphql = Usage(scope="graphql", limit=GRAPHQL_LIMIT, current=0, reset=graphql_reset(call.now), enforced=True)
    rest = call.organization_limit.usage(lookup.organization(call).id)
    limits = [attrs.asdict(each) for each in (rest, graphql)]
    scopes = {each.pop("scope"): {**each, "reset_at": iso_seconds(call.now + each["reset"])} for each in limits}
    return json({"scopes": scopes})


@routes.route("GET", f"{ORGANIZATION}/emojis")
def list_emojis(call: Call) -> Reply:
    return json(lookup.organization(call).emojis)


def _enterprise(call: Call) -> Organization:
    """Find the organization in the path, or raise 403 if its plan does not include a setting."""
    organization = lookup.administered_organization(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization does not include this setting")
    return organization


_API_SETTINGS = f"{ORGANIZATION}/api-settings"
_PIPELINE_SETTINGS = f"{ORGANIZATION}/pipeline-settings"
_READ, _WRITE = "read_organization_settings", "write_organization_settings"
_SECURITY_UPDATED = ("OrganizationSecuritySettingsUpdatedEvent", "Organization")
_UPDATED = ("OrganizationUpdatedEvent", "Organization")
_EXPORT_UPDATED = ("OrganizationBuildExportUpdatedEvent", "Organization")
_RESTRICTION = "restrict_user_api_token_creation"
_DAYS = frozenset({30, 60, 90, 180, 365, None})


@routes.route("GET", _API_SETTINGS, scope=_READ)
def show_api_settings(call: Call) -> Reply:
    """Return the settings, and which of them the plan includes."""
    organization = lookup.administered_organization(call)
    features = dict.fromkeys(("api_ip_allow_list", "inactive_api_token_revocation"), organization.enterprise)
    url = f"{organization_url(call, organization)}/api-settings"
    return json({"url": url, **fields_json(organization.api_settings), "features": features})


@routes.route("GET", _PIPELINE_SETTINGS, scope=_READ)
def show_pipeline_settings(call: Call) -> Reply:
    """Return the settings, and where builds are exported to."""
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
    return json({"url": url, **fields_json(settings), "build_exports": exports})


@routes.route("PATCH", _API_SETTINGS, scope=_WRITE, checks=_RESTRICTION, event=_SECURITY_UPDATED)
def update_organization_api_settings(call: Call) -> Reply:
    """Update the fields that the body names, or raise 403 if the plan does not include one."""
    values = settable_values(ApiSettings, call.body)
    organization = lookup.administered_organization(call) if values.keys() <= {_RESTRICTION} else _enterprise(call)
    if not isinstance(values.get(_RESTRICTION, False), bool):
        raise UnprocessableError(f"{_RESTRICTION} must be true or false")
    ranges = checked_ip_ranges(values.get("allowed_ip_addresses"))
    if any("/" not in item for item in ranges):
        raise UnprocessableError("allowed_ip_addresses must be in CIDR notation")
    if "allowed_ip_addresses" in values:
        values["allowed_ip_addresses"] = " ".join(ranges) or None
    if values.get("revoke_inactive_tokens_after_days") not in _DAYS:
        raise UnprocessableError("revoke_inactive_tokens_after_days must be 30, 60, 90, 180 or 365")
    for name, value in values.items():
        setattr(organization.api_settings, name, value)
    return show_api_settings(call)


@routes.route("PATCH", _PIPELINE_SETTINGS, scope=_WRITE, event=_UPDATED)
def update_organization_pipeline_settings(call: Call) -> Reply:
    organization = lookup.administered_organization(call)
    for name, value in settable_values(PipelineSettings, call.body).items():
        if name.endswith("_minutes") and value is not None and value < 1:
            raise UnprocessableError(f"{name} must be a positive number of minutes")
        if name == "default_cluster_id" and value is not None and value.lower() not in organization.clusters:
            raise UnprocessableError("default_cluster_id must be a cluster of the organization")
        setattr(organization.pipeline_settings, name, value)
    return show_pipeline_settings(call)


def _switch(call: Call, name: str, *, on: bool) -> Reply:
    settings, user = lookup.administered_organization(call).pipeline_settings, call.token.user
    turned_on = {"enabled": True, "enabled_at": iso(call.now), "enabled_by": {"id": user.id, "name": user.name}}
    if getattr(settings, name)["enabled"] is not on:
        setattr(settings, name, turned_on if on else _OFF)
    return show_pipeline_settings(call)


for _path, _name, _methods in (
    ("hosted-agents-ssh", "hosted_agents_terminal_access", ("PUT", "DELETE")),
    ("public-pipelines", "public_pipeline_creation", ("PUT", "DELETE")),
    ("advanced-queue-metrics", "advanced_queue_metrics", ("PUT",)),
):
    for _method in _methods:
        _declare = routes.route(_method, f"{_PIPELINE_SETTINGS}/{_path}", scope=_WRITE, event=_UPDATED)
        _declare(partial(_switch, name=_name, on=_method == "PUT"))


@routes.route("PUT", f"{_PIPELINE_SETTINGS}/build-export", scope=_WRITE, event=_EXPORT_UPDATED)
def configure_build_export(call: Call) -> Reply:
    settings, strategy = _enterprise(call).pipeline_settings, call.body["strategy_id"]
    location = call.body["location"].strip().rpartition("://")[2]
    if strategy not in EXPORT_STRATEGIES:
        raise UnprocessableError("strategy_id must be one of " + ", ".join(EXPORT_STRATEGIES))
    if not location:
        raise UnprocessableError("The bucket cannot be reached")
    settings.export_location, settings.export_strategy = location, strategy
    return show_pipeline_settings(call)


@routes.route("DELETE", f"{_PIPELINE_SETTINGS}/build-export", scope=_WRITE, event=_EXPORT_UPDATED)
def disable_build_export(call: Call) -> Reply:
    settings = _enterprise(call).pipeline_settings
    settings.export_location = settings.export_strategy = None
    return show_pipeline_settings(call)


def new_organization(backend: Backend, slug: str, name: str, memberships: Iterable[Membership] = ()) -> Organization:
    """Add an organization with these members."""
    organization = Organization(
        id=backend.new_id(),
        slug=slug,
        name=name,
        created_at=backend.epoch - 600 * DAY,
        memberships={membership.user.id: membership for membership in memberships},
    )
    backend.organizations[slug] = organization
    return organization
