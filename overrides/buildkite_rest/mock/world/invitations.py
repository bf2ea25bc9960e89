"""Invitations to join an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import User
    from .teams import Team

#: Seconds after which an invitation that nobody accepted has expired.
LIFETIME = 7 * 86_400.0


@attrs.define(kw_only=True, eq=False)
class Invitation:
    """An invitation that was sent to an address, and what has become of it."""

    id: str
    email: str
    role: str
    sso_mode: str
    #: Teams that the new member will join, and the role in each.
    teams: tuple[tuple[Team, str], ...] = ()
    created_at: float
    created_by: User
    #: When it ceases to work if nobody accepts it. Never, for some of the seeded ones.
    expires_at: float | None
    accepted_at: float | None = None
    accepted_by: User | None = None
    revoked_at: float | None = None
    revoked_by: User | None = None

    def expired_at(self, now: float) -> float | None:
        """Return when the invitation ceased to work, or None if it has not."""
        is_over = self.expires_at is not None and self.expires_at <= now
        return self.expires_at if is_over and self.accepted_at is None and self.revoked_at is None else None

    def state(self, now: float) -> str:
        """Return what has become of the invitation."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "pending" if self.expired_at(now) is None else "expired"
