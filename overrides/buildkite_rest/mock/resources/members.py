"""Members of organizations."""

from __future__ import annotations

from .. import lookup
from ..http.call import Call
from ..http.errors import ForbiddenError, UnprocessableError
from ..http.routing import Routes
from ..undo import stored
from .resource import Resource, Values, field, shown
from .users import User


@stored
class Membership:
    """Membership of a user: role, and whether single sign-on is required."""

    user: User = field(hidden=True)
    role: str = field(settable=True)
    sso_mode: str = field(settable=True, hidden=True)

    @property
    def key(self) -> str:
        """Id of the user."""
        return self.user.id

    @shown
    def id(self, _: Call) -> str:
        """Id of the user."""
        return self.user.id

    @shown
    def name(self, _: Call) -> str:
        """Name of the user."""
        return self.user.name

    @shown
    def email(self, _: Call) -> str:
        """Email address of the user."""
        return self.user.email


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
    noun="organization member",
    path="/v2/organizations/{org}/members",
    key="user_uuid",
    key_name="key",
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
