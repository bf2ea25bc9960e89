"""Members of organizations, and invitations to become one, as JSON."""

from __future__ import annotations

from ..clock import iso, iso_or_none
from ..ids import graphql_id
from ..world.accounts import Organization, User
from ..world.invitations import Invitation
from ..world.members import Membership
from .teams import team_in_short
from .view import Json, View


def member(item: Membership, *, sees_sso_mode: bool) -> Json:
    """Write a member. Only administrators and the member itself see whether single sign-on is required."""
    body = {**person(item.user), "role": item.role}
    return {**body, "sso_mode": item.sso_mode} if sees_sso_mode else body


def person(user: User) -> Json:
    """Write a user in short."""
    return {"id": user.id, "name": user.name, "email": user.email}


def invitation(view: View, organization: Organization, item: Invitation, now: float) -> Json:
    """Write an invitation."""
    return {
        "id": item.id,
        "graphql_id": graphql_id("OrganizationInvitation", item.id),
        "url": f"{view.organization_url(organization)}/invitations/{item.id}",
        "email": item.email,
        "state": item.state(now),
        "role": item.role,
        "sso_mode": item.sso_mode,
        "teams": [team_in_short(team) for team, _ in item.teams if team.id in organization.teams],
        "created_at": iso(item.created_at),
        "created_by": person(item.created_by),
        "accepted_at": iso_or_none(item.accepted_at),
        "accepted_by": _person_or_none(item.accepted_by),
        "revoked_at": iso_or_none(item.revoked_at),
        "revoked_by": _person_or_none(item.revoked_by),
        "expired_at": iso_or_none(item.expired_at(now)),
    }


def _person_or_none(user: User | None) -> Json | None:
    return None if user is None else person(user)
