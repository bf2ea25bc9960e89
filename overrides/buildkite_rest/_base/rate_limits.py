"""Rate limits, as the API sends them with every response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from attrs import define, frozen


@frozen
class RateLimit:
    """One limit, as the last response of the API has it. A number that is not plausible is None."""

    scope: str | None
    """What it counts: `rest` for the requests of the organization, `rest_user` for those of the user. As received."""
    limit: int | None
    """Requests allowed in a window."""
    remaining: int | None
    """Requests left in the window."""
    reset: int | None
    """Seconds from that response until the window ends. None if it has more than nine digits."""

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
    """Both limits. A limit is None until the API has sent it."""

    organization: RateLimit | None
    user: RateLimit | None


@define
class LastLimits:
    """The headers of the last response that had limits. They are parsed on demand, to keep calls fast."""

    headers: Mapping[str, str] = {}

    def observe(self, headers: Mapping[str, str]) -> None:
        """Store the headers of a response if they have a limit: those of a proxy have none."""
        if any(f"RateLimit-{name}" in headers for name in ("Limit", "User-Limit", "Scope", "User-Scope")):
            self.headers = headers

    def read(self) -> RateLimits:
        """Return the limits in the last response that had some."""
        headers = self.headers
        return RateLimits(
            RateLimit.from_headers(headers, "RateLimit"), RateLimit.from_headers(headers, "RateLimit-User")
        )


def _integer(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdecimal() and len(value) < 10 else None
