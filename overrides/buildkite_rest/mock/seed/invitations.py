"""Invitations in every state. Those that are pending stay so until they are revoked."""

from __future__ import annotations

from ..ids import Kind
from ..world.accounts import Organization
from ..world.invitations import LIFETIME, Invitation
from ..world.world import World
from .accounts import DAY, EPOCH

_PENDING = (("alan", "member"), ("katherine", "admin"), ("donald", "member"))


def add_invitations(world: World) -> None:
    """Add an accepted, a revoked and an expired invitation to each organization, and some that are pending."""
    for organization in world.organizations.values():
        inviter, invited = organization.members[:2]
        sent_at = EPOCH - 100 * DAY
        accepted = _invitation(world, organization, invited.email, "admin", sent_at)
        accepted.accepted_at, accepted.accepted_by = sent_at + DAY, invited
        revoked = _invitation(world, organization, "charles@elsewhere.example", "member", sent_at + 2 * DAY)
        revoked.revoked_at, revoked.revoked_by = sent_at + 3 * DAY, inviter
        _invitation(world, organization, "late@elsewhere.example", "member", sent_at + 4 * DAY)
        for number, (name, role) in enumerate(_PENDING):
            invitation = _invitation(world, organization, f"{name}@elsewhere.example", role, EPOCH - (3 - number) * DAY)
            invitation.expires_at = None
            invitation.teams = tuple((team, "member") for team in list(organization.teams.values())[:number])


def _invitation(world: World, organization: Organization, email: str, role: str, sent_at: float) -> Invitation:
    invitation = Invitation(
        id=world.new_id(Kind.INVITATION),
        email=email,
        role=role,
        sso_mode="required" if role == "admin" else "optional",
        created_at=sent_at,
        created_by=organization.members[0],
        expires_at=sent_at + LIFETIME,
    )
    organization.invitations[invitation.id] = invitation
    return invitation
