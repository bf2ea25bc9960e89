"""Clocks that tests can replace, and the timestamp formats of the API."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import attrs

#: Returns the current time in seconds since the Unix epoch, like `time.time`.
Clock = Callable[[], float]


def clock_from(start: datetime) -> Clock:
    """Return a clock that shows `start` now, and then runs."""
    offset = start.timestamp() - time.time()
    return lambda: time.time() + offset


#: Seconds by which a clock can be moved forward in total. Later times may not be valid dates.
_MOST_SECONDS = 10**9


@attrs.define
class AdvanceableClock:
    """A wrapper of a clock that can be moved forward and reset."""

    clock: Clock
    _offset: float = attrs.field(default=0.0, init=False)

    def __call__(self) -> float:
        """Return the time in seconds since 1970."""
        return self.clock() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            ValueError: `seconds` is negative, or the total is too large.
        """
        if not 0 <= seconds <= _MOST_SECONDS - self._offset:
            raise ValueError(f"a clock can only be moved forward, by {_MOST_SECONDS} seconds in total")
        self._offset += seconds

    def reset(self) -> None:
        """Return to the time of the wrapped clock."""
        self._offset = 0.0


@lru_cache(maxsize=1 << 16)
def iso(moment: float) -> str:
    """Format a time as most of the API does: RFC 3339 in UTC with milliseconds."""
    return _naive(moment).isoformat(timespec="milliseconds") + "Z"


def iso_or_none(moment: float | None) -> str | None:
    """Format a time that may be None."""
    return None if moment is None else iso(moment)


def iso_seconds(moment: float) -> str:
    """Format a time without fractions, as in `expires_at` of agent tokens."""
    return _naive(moment).isoformat(timespec="seconds") + "Z"


def format_utc(moment: float) -> str:
    """Format a time as access tokens do: `2026-02-01 10:00:00 UTC`."""
    return _naive(moment).isoformat(" ", timespec="seconds") + " UTC"


def _naive(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
