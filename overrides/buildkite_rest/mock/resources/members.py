"""Members of organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import lookup
from ..http.call import Call, Reply, no_content
from ..http.collection import Collection
from ..http.errors import ForbiddenError, UnprocessableError
from ..http.routing import Routes
from ..undo import stored
from ..values import Json
from .users import User, brief_user_json

if TYPE_CHECKING:
    pass


@stored
class Membership:
    """Membership of a user: role, and whether single sign-on is required."""

    user: User
    role: str
    sso_mode: str


def member_json(membership: Membership, *, sees_sso_mode: bool) -> Json:
    """Return a member as JSON. Only administrators and the member itself see `sso_mode`."""
    body = {**brief_user_json(membership.user), "role": membership.role}
    return {**body, "sso_mode": membership.sso_mode} if sees_sso_mode else body


routes = Routes()
_CHANGEABLE = ("role", "sso_mode")


def _sees_sso_mode(call: Call, member: Membership) -> bool:
    return member.user is call.token.user or lookup.organization(call).administered_by(call.token.user)


_members = Collection(
    noun="organization member",
    path="/v2/organizations/{org}/members",
    key="user_uuid",
    objects=lambda call: lookup.organization(call).memberships,
    render=lambda call, member: member_json(member, sees_sso_mode=_sees_sso_mode(call, member)),
)
_members.add_list_route(routes, scope="read_organizations")
_members.add_read_route(routes, scope="read_organizations")


@_members.add_update_route(routes, "PATCH", scope="write_organizations")
def update_organization_member(call: Call, member: Membership) -> None:
    """Update `role` or `sso_mode` of a member, but not of oneself."""
    lookup.administered_organization(call)
    if member.user is call.token.user:
        raise ForbiddenError("You cannot update your own membership")
    if call.body.keys().isdisjoint(_CHANGEABLE):
        raise UnprocessableError("role or sso_mode must be given")
    if call.body.get("role") == "member":
        _check_not_last(call, member)
    call.apply_body(member, *_CHANGEABLE)


@routes.route("DELETE", _members.item_path, scope="write_organizations")
def remove_organization_member(call: Call) -> Reply:
    """Remove a member from the organization and from its teams."""
    member = _members.find(call)
    lookup.administered_organization(call)
    _check_not_last(call, member)
    organization = lookup.organization(call)
    del organization.memberships[member.user.id]
    for team in organization.teams.values():
        team.members.pop(member.user.id, None)
    return no_content()


def _check_not_last(call: Call, member: Membership) -> None:
    if lookup.organization(call).is_last_administrator(member.user):
        raise UnprocessableError("The organization must have an administrator")


SEEDED_ROLES = {
    "Ada Lovelace": {"role": "admin", "sso_mode": "optional"},
    "Grace Hopper": {"role": "admin", "sso_mode": "required"},
    "Edsger Dijkstra": {"role": "member", "sso_mode": "required"},
    "Barbara Liskov": {"role": "admin", "sso_mode": "required"},
    "Jürgen Schmidhuber": {"role": "member", "sso_mode": "optional"},
}
