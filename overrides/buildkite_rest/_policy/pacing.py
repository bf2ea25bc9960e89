"""Rate-limit pacing: requests are delayed before a limit is exhausted. All threads and tasks of a client share it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final, TypeAlias

from .._base.arguments import check_share
from .._base.fork_safety import ForkSafeLock
from .._base.rate_limits import RateLimit
from .._base.records import Record
from .budget import WINDOW_SECONDS, Budget

_Key: TypeAlias = tuple[str, str | None]
"""Prefix of the headers of a limit, and the slug for the limit of an organization."""

_logger: Final = logging.getLogger("buildkite_rest")


class RateLimitPacing(Record, frozen=True, kw_only=True):
    """Send no request that would exceed a rate limit, and wait for the next window instead.

    The responses show how fast other processes use the same limit. Requests are sent at once until the rest of the
    limit is what the others are expected to use. All threads and tasks that share a client are paced together.

    Args:
        below: A share of the limit, from 0 to 1. Once no more than this is left, the remaining requests are spread over
            the rest of the window. 0 sends them at once, 1 always spreads requests.
        reserve: A share of the limit, from 0 to 1, that is left to others. With 1, there is one request per window.

    Raises:
        TypeError: An argument is not a number.
        ValueError: It is out of range.
    """

    below: float = 0.0
    reserve: float = 0.0

    def __post_init__(self) -> None:
        check_share("below", self.below)
        check_share("reserve", self.reserve)


def _keys(organization: str | None) -> tuple[_Key, _Key]:
    return ("RateLimit", organization), ("RateLimit-User", None)


class Pacer:
    """Schedules the requests of a client."""

    def __init__(self, pacing: RateLimitPacing) -> None:
        self._pacing = pacing
        self._budgets: dict[_Key, Budget] = {}
        self._previous = float("-inf")
        self._lock = ForkSafeLock()
        self._has_warned = False

    def observe(self, headers: Mapping[str, str], organization: str | None, now: float) -> None:
        """Store the limits in the headers of a response to a request to `organization`."""
        for key in _keys(organization):
            prefix, _ = key
            seen = RateLimit.from_headers(headers, prefix)
            if seen is None or seen.limit is None or seen.remaining is None or seen.reset is None:
                continue
            if seen.limit < 1 or seen.remaining > seen.limit or seen.reset > WINDOW_SECONDS + 1:
                self._warn(prefix, seen)
            if seen.limit < 1:
                continue
            remaining, reset = min(seen.remaining, seen.limit), min(seen.reset, WINDOW_SECONDS)
            with self._lock.current:
                known = self._budgets.get(key)
                if known is None:
                    self._budgets[key] = Budget.first(seen.limit, remaining, reset, now)
                else:
                    self._budgets[key] = known.after_response(seen.limit, remaining, reset, now)

    def claim(self, organization: str | None, now: float, max_delay: float) -> float:
        """Count a request to `organization`, and return the seconds to wait before it is sent.

        If they are more than `max_delay`, returns 0: the request is sent at once, and may get a 429.
        """
        with self._lock.current:
            budgets = {key: self._budgets[key] for key in _keys(organization) if key in self._budgets}
            turn = max((self._turn(budget, now) for budget in budgets.values()), default=now)
            if turn - now > max_delay:
                return 0.0
            claimed = {key: budget.after_request() for key, budget in budgets.items()}
            # A process that is forked here counts either all of this request or nothing.
            self._budgets, self._previous = {**self._budgets, **claimed}, turn
            return turn - now

    def _turn(self, budget: Budget, now: float) -> float:
        return budget.turn(self._previous, now, below=self._pacing.below, reserve=self._pacing.reserve)

    def _warn(self, prefix: str, seen: RateLimit) -> None:
        """Log once that the headers of a limit are implausible."""
        if self._has_warned:
            return
        self._has_warned = True
        effect = f"pacing waits for at most {WINDOW_SECONDS} s" if seen.limit else "pacing ignores them"
        _logger.warning(
            "%s headers are implausible: limit %s, remaining %s, reset %s; %s",
            *(prefix, seen.limit, seen.remaining, seen.reset, effect),
        )
