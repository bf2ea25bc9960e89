"""Teams: members, pipelines and test suites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .. import lookup
from ..backend import Backend
from ..http.call import Call, Reply, no_content
from ..http.errors import NotFoundError, validation_failed
from ..http.routing import routes
from ..ids import graphql_id
from ..lookup import pipeline_url
from ..undo import stored
from ..values import Json
from .resource import Resource, Values, derive_slug, field
from .users import User

if TYPE_CHECKING:
    from .organizations import Organization
    from .pipelines import Pipeline
    from .test_suites import Suite


T = TypeVar("T")


@stored
class TeamMember:
    """A user in a team."""

    user: User = field(hidden=True)
    role: str = field(settable=True)
    created_at: float


@stored
class TeamPipeline:
    """The access of a team to a pipeline."""

    pipeline: Pipeline = field(hidden=True)
    access_level: str = field(settable=True)
    created_at: float


@stored
class TeamSuite:
    """The access of a team to a test suite."""

    suite: Suite = field(hidden=True)
    access_level: tuple[str, ...] = field(settable=True)
    created_at: float


@stored
class Team:
    """A team. Members, pipelines and suites are keyed by their own ids."""

    id: str
    slug: str
    name: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    privacy: str = field(default="visible", settable=True)
    default: bool = field(default=False, settable=True, body="is_default_team")
    default_member_role: str = field(default="member", settable=True)
    members_can_create_pipelines: bool = field(default=False, settable=True)
    members_can_create_suites: bool = field(default=False, settable=True)
    members_can_create_registries: bool = field(default=False, settable=True)
    members_can_destroy_registries: bool = field(default=False, settable=True)
    members_can_destroy_packages: bool = field(default=False, settable=True)
    created_at: float
    created_by: User | None = None
    members: dict[str, TeamMember] = field(factory=dict[str, TeamMember], hidden=True)
    pipelines: dict[str, TeamPipeline] = field(factory=dict[str, TeamPipeline], hidden=True)
    suites: dict[str, TeamSuite] = field(factory=dict[str, TeamSuite], hidden=True)

    def maintained_by(self, user: User) -> bool:
        """Return whether a user is a maintainer of the team."""
        member = self.members.get(user.id)
        return member is not None and member.role == "maintainer"

    def visible_to(self, organization: Organization, user: User) -> bool:
        """Return whether a user sees the team. Secret teams are visible to their members and to administrators."""
        return self.privacy == "visible" or user.id in self.members or organization.administered_by(user)

    def admit(self, pipeline: Pipeline, level: str, now: float) -> None:
        """Give the team access to a pipeline."""
        self.pipelines[pipeline.id] = TeamPipeline(pipeline=pipeline, access_level=level, created_at=now)


def add_everyone_team(backend: Backend, organization: Organization, now: float) -> None:
    """Add a team with all members and all pipelines, so that enabling teams takes no access away."""
    everyone = Team(
        id=backend.new_id(),
        slug="everyone",
        name="Everyone",
        default=True,
        created_at=now,
        members={
            key: TeamMember(user=user, role="member", created_at=now) for key, user in organization.members.items()
        },
    )
    for pipeline in organization.pipelines.values():
        everyone.admit(pipeline, "manage_build_and_read", now)
    organization.teams[everyone.id] = everyone


def give_access(pipeline: Pipeline, body: Mapping[str, Any], now: float) -> None:
    """Give the teams that a body names access to a new pipeline. Unknown teams are ignored."""
    levels = {**dict.fromkeys(body.get("team_uuids", []), "manage_build_and_read"), **body.get("teams", {})}
    for team_id, level in levels.items():
        team = pipeline.organization.teams.get(team_id.lower())
        if team is not None:
            team.admit(pipeline, level, now)


def team_reference_json(team: Team) -> Json:
    """Return the reference to a team."""
    return {"id": team.id, "graphql_id": graphql_id("Team", team.id), "slug": team.slug}


def _team(call: Call) -> Team:
    """Find the team in the path, unless it is secret and the user does not see it."""
    organization = lookup.organization(call)
    team = organization.teams.get(call.params["team_uuid"])
    if team is None or not team.visible_to(organization, call.token.user):
        raise NotFoundError("No team found")
    return team


def _may_write(call: Call) -> None:
    """Raise 403 unless the user is an administrator, or a maintainer of the team in the path."""
    if "team_uuid" not in call.params or not _team(call).maintained_by(call.token.user):
        lookup.administered_organization(call)


def _teams_of(call: Call) -> dict[str, Team]:
    if "team_uuid" in call.params:
        _team(call)
    return lookup.organization(call).teams


def _is_listed(call: Call, team: Team) -> bool:
    user_id = call.query.text("user_id")
    is_wanted = user_id is None or user_id.lower() in team.members
    return is_wanted and team.visible_to(lookup.organization(call), call.token.user)


def remove_from_teams(organization: Organization, identifier: str) -> None:
    """Remove a member, a pipeline or a suite from all teams."""
    for team in organization.teams.values():
        for links in (team.members, team.pipelines, team.suites):
            links.pop(identifier, None)


teams = Resource(
    type=Team,
    path="/v2/organizations/{org}/teams",
    key="team_uuid",
    has_url=False,
    objects=_teams_of,
    scope="teams",
    may_write=_may_write,
    select=lambda call, teams: [item for item in teams if _is_listed(call, item)],
    prepare=lambda call, values, team: derive_slug(values, lookup.organization(call).teams.values(), team),
)


@routes.route(
    "POST", f"{teams.path}/enable", scope="write_teams", event=("OrganizationTeamsEnabledEvent", "Organization")
)
def enable_teams(call: Call) -> Reply:
    organization = lookup.administered_organization(call)
    if not organization.teams_enabled and not organization.teams:
        add_everyone_team(call.backend, organization, call.now)
    organization.teams_enabled = True
    return no_content()


def _in_team(kind: type[T], path: str, name: str, computed: Mapping[str, Callable[[Call, T], object]]) -> Resource[T]:
    """Declare what teams have of an organization, by its id. `name` is the attribute with the linked object."""

    def objects(call: Call) -> dict[str, T]:
        found: dict[str, T] = getattr(_team(call), path)
        return found

    def prepare(call: Call, values: Values, link: T | None) -> None:
        if link is None:
            named = call.body[f"{name}_id"].lower()
            choices = getattr(lookup.organization(call), path).values()
            chosen = next((choice for choice in choices if choice.id == named), None)
            if chosen is None:
                raise validation_failed(f"{name.capitalize()} must exist")
            if named in objects(call):
                raise validation_failed(f"{name.capitalize()} has already been taken")
            values[name] = chosen

    return Resource(
        type=kind,
        path=f"{teams.item_path}/{path}",
        key=f"{name}_uuid",
        has_graphql_id=False,
        key_name=f"{name}.id",
        has_url=False,
        objects=objects,
        scope="teams",
        may_write=_may_write,
        prepare=prepare,
        computed={f"{name}_id": lambda _, item: getattr(item, name).id, **computed},
    )


team_members = _in_team(TeamMember, "members", "user", {"user_name": lambda _, item: item.user.name})
team_pipelines = _in_team(
    TeamPipeline, "pipelines", "pipeline", {"pipeline_url": lambda call, item: pipeline_url(call, item.pipeline)}
)
team_suites = _in_team(
    TeamSuite,
    "suites",
    "suite",
    {
        "suite_url": lambda call, item: (
            f"{call.base_url}/v2/analytics/organizations/{call.params['org']}/suites/{item.suite.slug}"
        ),
    },
)
