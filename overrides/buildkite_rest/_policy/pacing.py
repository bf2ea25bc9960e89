"""Rate-limit pacing: requests are delayed before a limit is exhausted. All threads and tasks of a client share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self, TypeAlias

from attrs import define, evolve, field, frozen

from .._base.arguments import validate_share
from .._base.fork_safety import ForkSafeLock
from .._base.rate_limits import RateLimit

_Key: TypeAlias = tuple[str, str | None]
"""Prefix of the headers of a limit, and the slug for the limit of an organization."""

_SAME_WINDOW_SECONDS: Final = 2.0  # Rounding to seconds and latency blur the end of a window.


@frozen(kw_only=True)
class RateLimitPacing:
    """Spread requests over the rest of a rate-limit window before the limit is exhausted.

    Requests are sent at once while more than the share `below` of both limits remains. After that they are delayed, so
    that the remaining requests last until the window ends. All threads and tasks that share a client are paced
    together.

    Args:
        below: A share of the limit, from 0 (exhaust it, then wait for the next window) to 1 (always spread requests).

    Raises:
        TypeError: `below` is not a number.
        ValueError: It is out of range.
    """

    below: float = field(default=0.5, validator=validate_share)


def _keys(organization: str | None) -> tuple[_Key, _Key]:
    return ("RateLimit", organization), ("RateLimit-User", None)


@frozen
class _Budget:
    """The remaining requests of one limit in one window."""

    limit: int
    remaining: int
    ends: float
    window: float
    """Length of the window in seconds: the longest reset seen so far."""

    def after_response(self, limit: int, remaining: int, reset: int, now: float) -> Self:
        """Return the budget after a response with these numbers."""
        same = abs(now + reset - self.ends) <= _SAME_WINDOW_SECONDS
        # Responses overtake one another, and do not count the requests that are in flight.
        remaining = min(self.remaining, remaining) if same else remaining
        return type(self)(limit, remaining, now + reset, max(self.window, reset))

    def turn(self, previous: float, now: float, below: float) -> float:
        """Return when the next request may start, the previous one having started at `previous`."""
        if now >= self.ends or self.remaining > below * self.limit:
            return now
        after = max(previous, now)
        if self.remaining < 1 or after >= self.ends:
            return max(self.ends, previous + self.window / max(self.limit, 1))
        return max(now, previous + (self.ends - after) / (self.remaining + 1))


@define
class Pacer:
    """Schedules the requests of a client."""

    _pacing: RateLimitPacing
    _budgets: dict[_Key, _Budget] = field(factory=dict["_Key", _Budget], init=False)
    _previous: float = field(default=float("-inf"), init=False)
    _lock: ForkSafeLock = field(factory=ForkSafeLock, init=False)

    def observe(self, headers: Mapping[str, str], organization: str | None, now: float) -> None:
        """Store the limits in the headers of a response to a request to `organization`."""
        for key in _keys(organization):
            prefix, _ = key
            seen = RateLimit.from_headers(headers, prefix)
            if seen is None or seen.limit is None or seen.remaining is None or seen.reset is None:
                continue
            with self._lock.current:
                known = self._budgets.get(key) or _Budget(seen.limit, seen.remaining, now + seen.reset, seen.reset)
                self._budgets[key] = known.after_response(seen.limit, seen.remaining, seen.reset, now)

    def claim(self, organization: str | None, now: float, max_delay: float) -> float:
        """Count a request to `organization`, and return the seconds to wait before it is sent.

        If they are more than `max_delay`, returns 0: the request is sent at once, and may get a 429.
        """
        with self._lock.current:
            below = self._pacing.below
            budgets = {key: self._budgets[key] for key in _keys(organization) if key in self._budgets}
            turn = max((budget.turn(self._previous, now, below) for budget in budgets.values()), default=now)
            if turn - now > max_delay:
                return 0.0
            claimed = {key: evolve(budget, remaining=budget.remaining - 1) for key, budget in budgets.items()}
            # A process that is forked here counts either all of this request or nothing.
            self._budgets, self._previous = {**self._budgets, **claimed}, turn
            return turn - now
