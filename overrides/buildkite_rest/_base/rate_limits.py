"""Rate limits in response headers."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Final, Self

from .json_values import as_object
from .records import Record

PREFIXES: Final[Mapping[str, str]] = {"rest": "RateLimit", "rest_user": "RateLimit-User"}
"""Prefix of the headers of each limit, by the scope in the body of a 429."""
_MAX_DIGITS: Final = 9


class RateLimit(Record, frozen=True):
    """A rate limit in the last response of the API. An implausible number is None."""

    scope: str | None
    """`rest` for the requests of the organization, `rest_user` for those of the user. As received, not escaped."""
    limit: int | None
    """Requests that are allowed per window."""
    remaining: int | None
    """Requests that are left in the window."""
    reset: int | None
    """Seconds from that response until the window ends. None if it has more than nine digits."""

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], prefix: str) -> Self | None:
        """Read the four headers that begin with `prefix`. Returns None if there are none."""
        scope = headers.get(f"{prefix}-Scope")
        limit, remaining, reset = (
            header_number(headers.get(f"{prefix}-{name}")) for name in ("Limit", "Remaining", "Reset")
        )
        if scope is None and limit is None and remaining is None and reset is None:
            return None
        return cls(scope, limit, remaining, reset)


_NO_LIMIT: Final = RateLimit(None, None, None, None)


class RateLimits(Record, frozen=True):
    """The rate limits of the organization and of the user. A limit is None until the API has sent it."""

    organization: RateLimit | None
    """Limit of the organization."""
    user: RateLimit | None
    """Limit of the user of the token."""


class LastLimits:
    """The headers of the last response with rate limits, parsed on demand to keep calls fast."""

    def __init__(self) -> None:
        self._headers: Mapping[str, str] = {}

    def observe(self, headers: Mapping[str, str]) -> None:
        """Store the headers of a response if they have a limit. Those of a proxy have none."""
        if any(f"RateLimit-{name}" in headers for name in ("Limit", "User-Limit", "Scope", "User-Scope")):
            self._headers = headers

    def read(self) -> RateLimits:
        """Return the limits of the last response that had any."""
        headers = self._headers
        return RateLimits(
            RateLimit.from_headers(headers, "RateLimit"), RateLimit.from_headers(headers, "RateLimit-User")
        )


def exhausted_limit(headers: Mapping[str, str], body: object) -> RateLimit:
    """Return the limit that a 429 reports as exhausted. What it does not report is None.

    The scope in the body names it, and a number in the body replaces that of a header, unless that is the reset of the
    named limit. Without a scope, it is the limit without remaining requests that resets last, or else the one whose
    remaining requests are not reported.
    """
    fields = as_object(body)
    scope, limits = fields.get("scope"), dict[str, RateLimit]()
    for name, prefix in PREFIXES.items():
        if (limit := RateLimit.from_headers(headers, prefix)) is not None:
            limits[name] = limit
    named = limits.get(scope) if isinstance(scope, str) else None
    exhausted = [limit for limit in limits.values() if limit.remaining == 0]
    unknown = [limit for limit in limits.values() if limit.remaining is None]
    last = max(exhausted, key=lambda limit: limit.reset or 0) if exhausted else next(iter(unknown), _NO_LIMIT)
    found = named or last
    resets = (None if named is None else named.reset, _plausible(fields.get("reset")), found.reset)
    total = _plausible(fields.get("limit"))
    return RateLimit(
        scope if isinstance(scope, str) else found.scope,
        found.limit if total is None else total,
        found.remaining,
        next((reset for reset in resets if reset is not None), None),
    )


def _plausible(value: object) -> int | None:
    """Return a number of requests or seconds in a response body, rounded up, or None if it is implausible."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return ceil(value) if 0 <= value < 10**_MAX_DIGITS else None


def header_number(value: str | None) -> int | None:
    """Return a number of requests or seconds in a header, or None if it is implausible."""
    is_digits = value is not None and value.isascii() and value.isdecimal()
    return int(value) if value is not None and is_digits and len(value) <= _MAX_DIGITS else None
