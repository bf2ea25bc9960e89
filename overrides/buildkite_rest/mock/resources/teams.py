"""Teams."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.reply import Reply, no_content
from ..engine.routes import Routes
from ..errors import ForbiddenError, NotFoundError, UnprocessableError
from ..ids import Kind
from ..render.teams import team as render
from ..world.accounts import Organization
from ..world.pipeline_edits import derived_slug
from ..world.team_edits import add_everyone, visible_to
from ..world.teams import TEAM_PERMISSIONS, Team
from . import lookup

routes = Routes()
TEAMS = "/v2/organizations/{org}/teams"
TEAM = f"{TEAMS}/{{team_uuid}}"


def team(call: Call) -> Team:
    """Find the team in the path, unless it is a secret of others."""
    organization = lookup.organization(call)
    found = organization.teams.get(call.params["team_uuid"].lower())
    if found is None or not visible_to(organization, found, call.token.user):
        raise NotFoundError("No team found")
    return found


def check_maintainer(call: Call) -> None:
    """Refuse to change a team for those who are neither a maintainer of it nor an administrator."""
    if not lookup.organization(call).administered_by(call.token.user) and not team(call).maintained_by(call.token.user):
        raise ForbiddenError("You are not permitted to change this team")


def _shelf(call: Call) -> dict[str, Team]:
    if "team_uuid" in call.params:
        team(call)
    return lookup.organization(call).teams


_teams = Collection(noun="team", path=TEAMS, key="team_uuid", shelf=_shelf, render=lambda _, item: render(item))
_teams.reads(routes, scope="read_teams")
_teams.deletes(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))
_teams.lists(routes, scope="read_teams", select=lambda call, teams: [item for item in teams if _is_listed(call, item)])


def _is_listed(call: Call, item: Team) -> bool:
    user_id = call.query.text("user_id")
    is_wanted = user_id is None or user_id.lower() in item.members
    return is_wanted and visible_to(lookup.organization(call), item, call.token.user)


@_teams.creates(routes, scope="write_teams")
def create_team(call: Call) -> tuple[str, Team]:
    """Create a team without members."""
    lookup.administered(call)
    slug = _slug(lookup.organization(call), call.body["name"], None)
    created = Team(
        id=call.world.new_id(Kind.TEAM),
        slug=slug,
        name=call.body["name"],
        created_at=call.now,
        created_by=call.token.user,
    )
    _set(created, call)
    return created.id, created


@_teams.updates(routes, "PATCH", scope="write_teams")
def update_team(call: Call, item: Team) -> None:
    """Change what the body names. A new name brings a new slug."""
    check_maintainer(call)
    if "name" in call.body:
        item.slug = _slug(lookup.organization(call), call.body["name"], item)
    _set(item, call)


@routes.route("POST", f"{TEAMS}/enable", scope="write_teams")
def enable_teams(call: Call) -> Reply:
    """Let an organization grant permissions by team."""
    lookup.administered(call)
    organization = lookup.organization(call)
    if not organization.plan_has_teams:
        raise ForbiddenError("Your plan doesn't include team permissions. Upgrade your plan to enable teams.")
    if not organization.teams_enabled and not organization.teams:
        add_everyone(call.world, organization, call.now)
    organization.teams_enabled = True
    return no_content()


def _set(item: Team, call: Call) -> None:
    for name in ("name", "description", "privacy", "default_member_role", *TEAM_PERMISSIONS):
        if name in call.body:
            setattr(item, name, call.body[name])
    item.default = call.body.get("is_default_team", item.default)


def _slug(organization: Organization, name: str, owner: Team | None) -> str:
    """Return the slug that a name gives, or refuse the name if there is none or if another team has it."""
    slug = derived_slug(name)
    if not slug:
        raise UnprocessableError("Validation failed: Name must have a letter or a digit")
    if any(item.slug == slug and item is not owner for item in organization.teams.values()):
        raise UnprocessableError("Validation failed: Name has already been taken")
    return slug
