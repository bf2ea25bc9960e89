"""How many requests are left, as the API says with every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from attrs import define, frozen


@frozen
class RateLimit:
    """One limit, as it stood when the API last answered."""

    scope: str | None
    """What it counts: `rest` for the requests of the organization, `rest_user` for those of the user."""
    limit: int | None
    """Requests allowed in a window."""
    remaining: int | None
    """Requests left in the window."""
    reset: int | None
    """Seconds from that answer until the window ends."""

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], prefix: str) -> Self | None:
        """Read the four headers that begin with `prefix`. Return None when there are none."""
        scope = headers.get(f"{prefix}-Scope")
        limit, remaining, reset = (
            _integer(headers.get(f"{prefix}-{name}")) for name in ("Limit", "Remaining", "Reset")
        )
        if scope is None and limit is None and remaining is None and reset is None:
            return None
        return cls(scope, limit, remaining, reset)


@frozen
class RateLimits:
    """Both limits. None stands for one that the API has not told yet."""

    organization: RateLimit | None
    user: RateLimit | None


@define
class LastLimits:
    """Remembers the headers of the last answer that told limits.

    To read them costs more than a call should, so it is done on demand.
    """

    headers: Mapping[str, str] = {}

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take note of the headers of an answer, if they tell a limit: those of a proxy do not."""
        if any(f"RateLimit-{name}" in headers for name in ("Limit", "User-Limit", "Scope", "User-Scope")):
            self.headers = headers

    def read(self) -> RateLimits:
        """Return the limits that the last answer told."""
        headers = self.headers
        return RateLimits(
            RateLimit.from_headers(headers, "RateLimit"), RateLimit.from_headers(headers, "RateLimit-User")
        )


def _integer(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdecimal() and len(value) < 10 else None
