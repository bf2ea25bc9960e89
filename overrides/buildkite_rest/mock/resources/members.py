"""Members of organizations."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.reply import Reply, no_content
from ..engine.routes import Routes
from ..errors import ForbiddenError, UnprocessableError
from ..render.members import member as render
from ..world.members import Membership
from ..world.team_edits import remove_member
from . import lookup

routes = Routes()
_CHANGEABLE = ("role", "sso_mode")


def _sees_sso_mode(call: Call, member: Membership) -> bool:
    return member.user is call.token.user or lookup.organization(call).administered_by(call.token.user)


_members = Collection(
    noun="organization member",
    path="/v2/organizations/{org}/members",
    key="user_uuid",
    shelf=lambda call: lookup.organization(call).memberships,
    render=lambda call, member: render(member, sees_sso_mode=_sees_sso_mode(call, member)),
)
_members.lists(routes, scope="read_organizations")
_members.reads(routes, scope="read_organizations")


@_members.updates(routes, "PATCH", scope="write_organizations")
def update_organization_member(call: Call, member: Membership) -> None:
    """Change the role of a member, or whether single sign-on is required. Nobody does so to themselves."""
    lookup.administered(call)
    if member.user is call.token.user:
        raise ForbiddenError("You cannot update your own membership")
    if call.body.keys().isdisjoint(_CHANGEABLE):
        raise UnprocessableError("role or sso_mode must be given")
    if call.body.get("role") == "member":
        _check_not_last(call, member)
    for name in _CHANGEABLE:
        if name in call.body:
            setattr(member, name, call.body[name])


@routes.route("DELETE", _members.item_path, scope="write_organizations")
def remove_organization_member(call: Call) -> Reply:
    """Remove a member from the organization and from its teams."""
    member = _members.find(call)
    lookup.administered(call)
    _check_not_last(call, member)
    remove_member(lookup.organization(call), member.user)
    return no_content()


def _check_not_last(call: Call, member: Membership) -> None:
    if lookup.organization(call).is_last_administrator(member.user):
        raise UnprocessableError("The organization must have an administrator")
