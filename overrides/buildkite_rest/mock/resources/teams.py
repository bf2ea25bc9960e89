"""Teams: members, pipelines and test suites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call, Reply, no_content
from ..http.collection import Collection
from ..http.errors import ForbiddenError, NotFoundError, validation_failed
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..rendering import RenderContext
from ..undo import stored
from ..values import Json, derived_slug
from .users import User, user_json_or_none

if TYPE_CHECKING:
    from .organizations import Organization
    from .pipelines.pipeline import Pipeline
    from .test_engine.suites import Suite


#: Permissions of team members.
TEAM_PERMISSIONS = (
    "members_can_create_pipelines",
    "members_can_create_suites",
    "members_can_create_registries",
    "members_can_destroy_registries",
    "members_can_destroy_packages",
)


@stored
class TeamMember:
    """A user in a team."""

    user: User
    role: str
    created_at: float


@stored
class TeamPipeline:
    """The access of a team to a pipeline."""

    pipeline: Pipeline
    access_level: str
    created_at: float


@stored
class TeamSuite:
    """The access of a team to a test suite."""

    suite: Suite
    access_level: tuple[str, ...]
    created_at: float


@stored
class Team:
    """A team. Members, pipelines and suites are keyed by their own ids."""

    id: str
    slug: str
    name: str
    description: str | None = None
    privacy: str = "visible"
    default: bool = False
    default_member_role: str = "member"
    members_can_create_pipelines: bool = False
    members_can_create_suites: bool = False
    members_can_create_registries: bool = False
    members_can_destroy_registries: bool = False
    members_can_destroy_packages: bool = False
    created_at: float
    created_by: User | None = None
    members: dict[str, TeamMember] = attrs.field(factory=dict[str, TeamMember])
    pipelines: dict[str, TeamPipeline] = attrs.field(factory=dict[str, TeamPipeline])
    suites: dict[str, TeamSuite] = attrs.field(factory=dict[str, TeamSuite])

    def maintained_by(self, user: User) -> bool:
        """Return whether a user is a maintainer of the team."""
        member = self.members.get(user.id)
        return member is not None and member.role == "maintainer"


def visible_to(organization: Organization, team: Team, user: User) -> bool:
    """Return whether a user sees a team. Secret teams are visible to their members and to administrators."""
    return team.privacy == "visible" or user.id in team.members or organization.administered_by(user)


def add_everyone_team(backend: Backend, organization: Organization, now: float) -> None:
    """Add a team with all members and all pipelines, so that enabling teams takes no access away."""
    everyone = Team(
        id=backend.new_id(Kind.TEAM),
        slug="everyone",
        name="Everyone",
        default=True,
        members_can_create_pipelines=True,
        members_can_create_suites=True,
        members_can_create_registries=True,
        created_at=now,
    )
    for user in organization.members:
        everyone.members[user.id] = TeamMember(user=user, role="member", created_at=now)
    for pipeline in organization.pipelines.values():
        access = TeamPipeline(pipeline=pipeline, access_level="manage_build_and_read", created_at=now)
        everyone.pipelines[pipeline.id] = access
    organization.teams[everyone.id] = everyone


def give_access(pipeline: Pipeline, body: Mapping[str, Any], now: float) -> None:
    """Give the teams that a body names access to a new pipeline. Unknown teams are ignored."""
    levels = {**dict.fromkeys(body.get("team_uuids", []), "manage_build_and_read"), **body.get("teams", {})}
    for team_id, level in levels.items():
        team = pipeline.organization.teams.get(team_id.lower())
        if team is not None:
            team.pipelines[pipeline.id] = TeamPipeline(pipeline=pipeline, access_level=level, created_at=now)


def team_json(team: Team) -> Json:
    return {
        **team_reference_json(team),
        "name": team.name,
        "description": team.description,
        "privacy": team.privacy,
        "default": team.default,
        "default_member_role": team.default_member_role,
        **{name: getattr(team, name) for name in TEAM_PERMISSIONS},
        "created_at": iso(team.created_at),
        "created_by": user_json_or_none(team.created_by),
    }


def team_reference_json(team: Team) -> Json:
    """Return the reference to a team."""
    return {"id": team.id, "graphql_id": graphql_id("Team", team.id), "slug": team.slug}


def team_member_json(member: TeamMember) -> Json:
    return {
        "user_id": member.user.id,
        "user_name": member.user.name,
        "role": member.role,
        "created_at": iso(member.created_at),
    }


def team_pipeline_json(context: RenderContext, access: TeamPipeline) -> Json:
    """Return the access of a team to a pipeline as JSON."""
    return {
        "pipeline_id": access.pipeline.id,
        "pipeline_url": context.pipeline_url(access.pipeline),
        "access_level": access.access_level,
        "created_at": iso(access.created_at),
    }


def team_suite_json(context: RenderContext, organization: Organization, access: TeamSuite) -> Json:
    """Return the access of a team to a test suite as JSON."""
    return {
        "suite_id": access.suite.id,
        "suite_url": f"{context.base_url}/v2/analytics/organizations/{organization.slug}/suites/{access.suite.slug}",
        "access_level": list(access.access_level),
        "created_at": iso(access.created_at),
    }


routes = Routes()
TEAMS = "/v2/organizations/{org}/teams"
TEAM = f"{TEAMS}/{{team_uuid}}"


def find_team(call: Call) -> Team:
    """Find the team in the path, unless it is secret and the user does not see it."""
    organization = lookup.organization(call)
    team = organization.teams.get(call.params["team_uuid"].lower())
    if team is None or not visible_to(organization, team, call.token.user):
        raise NotFoundError("No team found")
    return team


def check_maintainer(call: Call) -> None:
    """Raise 403 unless the user is a maintainer of the team or an administrator."""
    if not lookup.organization(call).administered_by(call.token.user) and not find_team(call).maintained_by(
        call.token.user
    ):
        raise ForbiddenError("You are not permitted to change this team")


def _teams_of(call: Call) -> dict[str, Team]:
    if "team_uuid" in call.params:
        find_team(call)
    return lookup.organization(call).teams


_teams = Collection(noun="team", path=TEAMS, key="team_uuid", objects=_teams_of, render=lambda _, item: team_json(item))
_teams.add_read_route(routes, scope="read_teams")
_teams.add_delete_route(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))
_teams.add_list_route(
    routes, scope="read_teams", select=lambda call, teams: [item for item in teams if _is_listed(call, item)]
)


def _is_listed(call: Call, team: Team) -> bool:
    user_id = call.query.text("user_id")
    is_wanted = user_id is None or user_id.lower() in team.members
    return is_wanted and visible_to(lookup.organization(call), team, call.token.user)


@_teams.add_create_route(routes, scope="write_teams")
def create_team(call: Call) -> tuple[str, Team]:
    lookup.administered_organization(call)
    slug = _checked_slug(lookup.organization(call), call.body["name"], None)
    created = Team(
        id=call.backend.new_id(Kind.TEAM),
        slug=slug,
        name=call.body["name"],
        created_at=call.now,
        created_by=call.token.user,
    )
    _set_fields(created, call)
    return created.id, created


@_teams.add_update_route(routes, "PATCH", scope="write_teams")
def update_team(call: Call, team: Team) -> None:
    """Update the fields that the body names. A new name changes the slug."""
    check_maintainer(call)
    if "name" in call.body:
        team.slug = _checked_slug(lookup.organization(call), call.body["name"], team)
    _set_fields(team, call)


@routes.route("POST", f"{TEAMS}/enable", scope="write_teams")
def enable_teams(call: Call) -> Reply:
    lookup.administered_organization(call)
    organization = lookup.organization(call)
    if not organization.plan_has_teams:
        raise ForbiddenError("Your plan doesn't include team permissions. Upgrade your plan to enable teams.")
    if not organization.teams_enabled and not organization.teams:
        add_everyone_team(call.backend, organization, call.now)
    organization.teams_enabled = True
    return no_content()


def _set_fields(team: Team, call: Call) -> None:
    call.apply_body(team, "name", "description", "privacy", "default_member_role", *TEAM_PERMISSIONS)
    team.default = call.body.get("is_default_team", team.default)


def _checked_slug(organization: Organization, name: str, team: Team | None) -> str:
    """Return the slug of a name, or raise 422 if it is empty or another team has it."""
    slug = derived_slug(name)
    if not slug:
        raise validation_failed("Name must have a letter or a digit")
    if any(item.slug == slug and item is not team for item in organization.teams.values()):
        raise validation_failed("Name has already been taken")
    return slug


_team_members = Collection(
    noun="team member",
    path=f"{TEAM}/members",
    key="user_uuid",
    objects=lambda call: find_team(call).members,
    render=lambda _, member: team_member_json(member),
)
_team_members.add_list_route(routes, scope="read_teams")
_team_members.add_read_route(routes, scope="read_teams")
_team_members.add_delete_route(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))


@_team_members.add_create_route(routes, scope="write_teams")
def create_team_member(call: Call) -> tuple[str, TeamMember]:
    check_maintainer(call)
    membership = lookup.organization(call).memberships.get(call.body["user_id"].lower())
    if membership is None:
        raise validation_failed("User must be a member of the organization")
    if membership.user.id in find_team(call).members:
        raise validation_failed("User has already been taken")
    member = TeamMember(user=membership.user, role=call.body["role"], created_at=call.now)
    return member.user.id, member


@_team_members.add_update_route(routes, "PATCH", scope="write_teams")
def update_team_member(call: Call, member: TeamMember) -> None:
    check_maintainer(call)
    member.role = call.body["role"]


_team_pipelines = Collection(
    noun="team pipeline",
    path=f"{TEAM}/pipelines",
    key="pipeline_uuid",
    objects=lambda call: find_team(call).pipelines,
    render=lambda call, access: team_pipeline_json(lookup.render_context(call), access),
)
_team_pipelines.add_list_route(routes, scope="read_teams")
_team_pipelines.add_read_route(routes, scope="read_teams")
_team_pipelines.add_delete_route(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))


@_team_pipelines.add_create_route(routes, scope="write_teams")
def create_team_pipeline(call: Call) -> tuple[str, TeamPipeline]:
    """Give the team access to a pipeline."""
    check_maintainer(call)
    pipeline_id = call.body["pipeline_id"].lower()
    pipeline = next((one for one in lookup.organization(call).pipelines.values() if one.id == pipeline_id), None)
    if pipeline is None:
        raise validation_failed("Pipeline must exist")
    if pipeline_id in find_team(call).pipelines:
        raise validation_failed("Pipeline has already been taken")
    return pipeline_id, TeamPipeline(pipeline=pipeline, access_level=call.body["access_level"], created_at=call.now)


@_team_pipelines.add_update_route(routes, "PATCH", scope="write_teams")
def update_team_pipeline(call: Call, access: TeamPipeline) -> None:
    check_maintainer(call)
    access.access_level = call.body["access_level"]


_team_suites = Collection(
    noun="team suite",
    path=f"{TEAM}/suites",
    key="suite_uuid",
    objects=lambda call: find_team(call).suites,
    render=lambda call, access: team_suite_json(lookup.render_context(call), lookup.organization(call), access),
)
_team_suites.add_list_route(routes, scope="read_teams")
_team_suites.add_read_route(routes, scope="read_teams")
_team_suites.add_delete_route(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))


@_team_suites.add_create_route(routes, scope="write_teams")
def create_team_suite(call: Call) -> tuple[str, TeamSuite]:
    """Give the team access to a test suite."""
    check_maintainer(call)
    suite_id = call.body["suite_id"].lower()
    suite = next((one for one in lookup.organization(call).suites.values() if one.id == suite_id), None)
    if suite is None:
        raise validation_failed("Suite must exist")
    if suite_id in find_team(call).suites:
        raise validation_failed("Suite has already been taken")
    return suite_id, TeamSuite(suite=suite, access_level=_access_levels(call), created_at=call.now)


@_team_suites.add_update_route(routes, "PATCH", scope="write_teams")
def update_team_suite(call: Call, access: TeamSuite) -> None:
    check_maintainer(call)
    access.access_level = _access_levels(call)


def _access_levels(call: Call) -> tuple[str, ...]:
    """Return the distinct access levels of the body."""
    levels = tuple(dict.fromkeys(call.body["access_level"]))
    if not levels:
        raise validation_failed("Access level can't be blank")
    return levels


_SEEDED_TEAMS = (
    ("Frontend", "What runs in a browser", "visible", {"ada": "maintainer", "grace": "member", "juergen": "member"}),
    ("Backend", None, "secret", {"barbara": "maintainer", "edsger": "member"}),
    ("Release managers", "Those who ship", "visible", {"edsger": "maintainer", "barbara": "member"}),
)
_SEEDED_PIPELINES = {
    "Frontend": {"web": "manage_build_and_read", "ios": "manage_build_and_read", "docs": "build_and_read"},
    "Backend": {"api": "manage_build_and_read", "nightly": "build_and_read", "zoo": "read_only"},
    "Release managers": {"deploy": "manage_build_and_read", "ios": "read_only"},
}
_SEEDED_ACCESS_LEVELS = (("read",), ("read", "edit"))


def add_teams(backend: Backend) -> None:
    """Add a team of everyone and three more to `acme`. `globex` has not enabled teams."""
    acme = backend.organizations["acme"]
    add_everyone_team(backend, acme, backend.epoch - 590 * DAY)
    people = {user.email.partition("@")[0]: user for user in acme.members}
    for number, (name, description, privacy, roles) in enumerate(_SEEDED_TEAMS):
        created_at = backend.epoch - (300 - number) * DAY
        team = Team(
            id=backend.new_id(Kind.TEAM),
            slug=name.lower().replace(" ", "-"),
            name=name,
            description=description,
            privacy=privacy,
            default_member_role="maintainer" if number == 1 else "member",
            members_can_create_pipelines=number == 0,
            members_can_create_suites=number == 0,
            created_at=created_at,
            created_by=people["ada"],
        )
        for person, role in roles.items():
            team.members[people[person].id] = TeamMember(user=people[person], role=role, created_at=created_at)
        for slug, level in _SEEDED_PIPELINES[name].items():
            pipeline = acme.pipelines[slug]
            team.pipelines[pipeline.id] = TeamPipeline(pipeline=pipeline, access_level=level, created_at=created_at)
        for index, suite in enumerate(list(acme.suites.values())[number:]):
            access_level = _SEEDED_ACCESS_LEVELS[(number + index) % len(_SEEDED_ACCESS_LEVELS)]
            team.suites[suite.id] = TeamSuite(suite=suite, access_level=access_level, created_at=created_at)
        acme.teams[team.id] = team
