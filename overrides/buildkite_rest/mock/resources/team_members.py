"""Members of teams."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..render.teams import team_member
from ..world.teams import TeamMember
from . import lookup
from .teams import TEAM, check_maintainer, team

routes = Routes()
_members = Collection(
    noun="team member",
    path=f"{TEAM}/members",
    key="user_uuid",
    shelf=lambda call: team(call).members,
    render=lambda _, member: team_member(member),
)
_members.lists(routes, scope="read_teams")
_members.reads(routes, scope="read_teams")
_members.deletes(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))


@_members.creates(routes, scope="write_teams")
def create_team_member(call: Call) -> tuple[str, TeamMember]:
    """Make a member of the organization a member of the team."""
    check_maintainer(call)
    membership = lookup.organization(call).memberships.get(call.body["user_id"].lower())
    if membership is None:
        raise UnprocessableError("Validation failed: User must be a member of the organization")
    if membership.user.id in team(call).members:
        raise UnprocessableError("Validation failed: User has already been taken")
    member = TeamMember(user=membership.user, role=call.body["role"], created_at=call.now)
    return member.user.id, member


@_members.updates(routes, "PATCH", scope="write_teams")
def update_team_member(call: Call, member: TeamMember) -> None:
    """Change the role of a member."""
    check_maintainer(call)
    member.role = call.body["role"]
