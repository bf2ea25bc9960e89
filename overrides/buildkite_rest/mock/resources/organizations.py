"""Organizations: members, emojis and rate limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso, iso_seconds
from ..http.call import Call, Reply, json
from ..http.errors import ForbiddenError, UnprocessableError
from ..http.graphql import GRAPHQL_LIMIT, graphql_reset
from ..http.pagination import page
from ..http.rate_limits import WINDOW_SECONDS
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..lookup import WEB, organization_url
from ..undo import stored
from ..values import Json
from .audit_events import AuditLog
from .organization_settings import ApiSettings, PipelineSettings
from .resource import Resource, Values, field
from .users import User

if TYPE_CHECKING:
    from .agents import Agent
    from .clusters import Cluster
    from .invitations import Invitation
    from .notification_services import NotificationService
    from .pipeline_templates import PipelineTemplate
    from .pipelines import Pipeline
    from .portals import Portal
    from .registries import Registry
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


def _sso_mode(call: Call, member: Membership) -> dict[str, object]:
    """Return `sso_mode`, which only administrators and the member itself see."""
    sees = member.user is call.token.user or lookup.organization(call).administered_by(call.token.user)
    return {"sso_mode": member.sso_mode} if sees else {}


def _check_not_last(call: Call, member: Membership) -> None:
    if lookup.organization(call).is_last_administrator(member.user):
        raise UnprocessableError("The organization must have an administrator")


def _prepare(call: Call, values: Values, member: Membership | None) -> None:
    if member is not None and member.user is call.token.user:
        raise ForbiddenError("You cannot update your own membership")
    if not values:
        raise UnprocessableError("role or sso_mode must be given")
    if member is not None and values.get("role") == "member":
        _check_not_last(call, member)


def _leave_teams(call: Call, member: Membership) -> None:
    _check_not_last(call, member)
    for team in lookup.organization(call).teams.values():
        team.members.pop(member.user.id, None)


routes = Routes()
members = Resource(
    routes=routes,
    type=Membership,
    computed={
        "id": lambda _, item: item.user.id,
        "name": lambda _, item: item.user.name,
        "email": lambda _, item: item.user.email,
    },
    noun="organization member",
    subject="OrganizationMember",
    path="/v2/organizations/{org}/members",
    key="user_uuid",
    key_name="user.id",
    has_url=False,
    objects=lambda call: lookup.organization(call).memberships,
    read="read_organizations",
    write="write_organizations",
    operations=("list", "get", "update", "delete"),
    update_methods=("PATCH",),
    may_write=lookup.administered_organization,
    prepare=_prepare,
    before_delete=_leave_teams,
    extra=_sso_mode,
)


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
    plan_has_teams: bool = True
    sso_enabled: bool = False
    pipelines: dict[str, Pipeline] = attrs.field(factory=dict[str, "Pipeline"])
    agents: dict[str, Agent] = attrs.field(factory=dict[str, "Agent"])
    clusters: dict[str, Cluster] = attrs.field(factory=dict[str, "Cluster"])
    pipeline_templates: dict[str, PipelineTemplate] = attrs.field(factory=dict[str, "PipelineTemplate"])
    suites: dict[str, Suite] = attrs.field(factory=dict[str, "Suite"])
    #: Time of the last update of execution tags.
    execution_tags_at: float = -WINDOW_SECONDS
    registries: dict[str, Registry] = attrs.field(factory=dict[str, "Registry"])
    portals: dict[str, Portal] = attrs.field(factory=dict[str, "Portal"])
    rules: dict[str, Rule] = attrs.field(factory=dict[str, "Rule"])
    notification_services: dict[str, NotificationService] = attrs.field(factory=dict[str, "NotificationService"])
    repository_connections: dict[str, RepositoryConnection] = attrs.field(factory=dict[str, "RepositoryConnection"])
    api_settings: ApiSettings = attrs.field(factory=ApiSettings)
    pipeline_settings: PipelineSettings = attrs.field(factory=PipelineSettings)
    audit_log: AuditLog = attrs.field(factory=AuditLog, repr=False)
    #: Whether its plan includes the audit log, build exports, agent images and API restrictions.
    enterprise: bool = True
    emojis: tuple[Emoji, ...] = ()

    @property
    def members(self) -> list[User]:
        """Users who are members."""
        return [membership.user for membership in self.memberships.values()]

    def administered_by(self, user: User) -> bool:
        """Return whether a user has administrator rights. A token that outlives its user's membership keeps them."""
        membership = self.memberships.get(user.id)
        return membership is None or membership.role == "admin"

    def is_last_administrator(self, user: User) -> bool:
        """Return whether a user is the only administrator."""
        return [one.user for one in self.memberships.values() if one.role == "admin"] == [user]


@attrs.frozen
class Emoji:
    """An emoji that an organization can use in text."""

    name: str
    url: str
    aliases: tuple[str, ...] = ()


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


def emoji_json(emoji: Emoji) -> Json:
    """Return an emoji as JSON. The key `aliases` is left out if there are none."""
    body: Json = {"name": emoji.name, "url": emoji.url}
    return {**body, "aliases": list(emoji.aliases)} if emoji.aliases else body


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
    usage = call.organization_usage(lookup.organization(call))
    return json(
        {
            "scopes": {
                "rest": _limit_json(call, usage.limit, usage.current, usage.reset, enforced=usage.enforced),
                "graphql": _limit_json(call, GRAPHQL_LIMIT, 0, graphql_reset(call.now), enforced=True),
            }
        }
    )


def _limit_json(call: Call, limit: int, current: int, reset: int, *, enforced: bool) -> dict[str, object]:
    return {
        "limit": limit,
        "current": current,
        "reset": reset,
        "reset_at": iso_seconds(call.now + reset),
        "enforced": enforced,
    }


@routes.route("GET", "/v2/organizations/{org}/emojis")
def list_emojis(call: Call) -> Reply:
    return json([emoji_json(symbol) for symbol in lookup.organization(call).emojis])


_SEEDED_EMOJIS = (
    Emoji("tada", "https://buildkiteassets.com/emoji/unicode/1f389.png?v1", ("hooray",)),
    Emoji("rocket", "https://buildkiteassets.com/emoji/unicode/1f680.png?v1"),
    Emoji("+1", "https://buildkiteassets.com/emoji/unicode/1f44d.png?v1", ("thumbsup",)),
    Emoji("python", "https://buildkiteassets.com/emoji/python.png?v1"),
)


_SEEDED_ROLES = {
    "Ada Lovelace": {"role": "admin", "sso_mode": "optional"},
    "Grace Hopper": {"role": "admin", "sso_mode": "required"},
    "Edsger Dijkstra": {"role": "member", "sso_mode": "required"},
    "Barbara Liskov": {"role": "admin", "sso_mode": "required"},
    "Jürgen Schmidhuber": {"role": "member", "sso_mode": "optional"},
}


def add_organizations(backend: Backend) -> None:
    memberships = [Membership(user=user, **_SEEDED_ROLES[user.name]) for user in backend.users.values()]
    new_organization(backend, "acme", "Acme Inc", memberships)
    memberships = [Membership(user=each.user, role=each.role, sso_mode=each.sso_mode) for each in memberships[:2]]
    globex = new_organization(backend, "globex", "Globex Corporation", memberships)
    globex.teams_enabled, globex.sso_enabled = False, True


def new_organization(backend: Backend, slug: str, name: str, memberships: Iterable[Membership]) -> Organization:
    """Add an organization with these members."""
    number = backend.new_number(Kind.ORGANIZATION)
    organization = Organization(
        id=backend.ids.make(Kind.ORGANIZATION, number),
        slug=slug,
        name=name,
        created_at=backend.epoch - 600 * DAY + number,
        memberships={membership.user.id: membership for membership in memberships},
        emojis=(*_SEEDED_EMOJIS, Emoji(slug, f"https://buildkiteassets.com/emoji/{slug}.png?v1")),
    )
    backend.organizations[slug] = organization
    return organization
