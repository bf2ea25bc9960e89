"""Time for the mock server: a clock that tests can replace, and the two ways in which the API writes a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import attrs

from .arguments import check_function, check_number, check_type

#: Tells the current time in seconds since the Unix epoch, as `time.time` does.
Clock = Callable[[], float]
#: The last second that a clock may return, in the year 5138. Whatever expires later still has a date.
_LAST = 10**11


def _check_time(_: object, field: attrs.Attribute[float], value: float) -> None:
    check_type(field.name, value, (int, float), "a number, the seconds since 1970")
    check_number(field.name, value, 0, _LAST)


def check_clock(clock: Clock) -> None:
    """Call a clock once and raise `TypeError` or `ValueError` if it does not return seconds since 1970."""
    check_function("clock", clock)
    check_number("the result of clock", clock(), 0, _LAST)


@attrs.define
class ManualClock:
    """A clock that stands still until it is told to move."""

    now: float = attrs.field(validator=_check_time)

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            TypeError: `seconds` is not a number.
            ValueError: `seconds` is not finite, or there is no such time.
        """
        check_type("seconds", seconds, (int, float), "a number")
        check_number("seconds", seconds, -_LAST, _LAST)
        self.now += seconds


#: Seconds by which a clock can be put forward in all. Later moments may have no date.
_FARTHEST = 10**9


@attrs.define
class SettableClock:
    """Another clock that can be put forward, and back to what it was."""

    clock: Clock
    _ahead: float = attrs.field(default=0.0, init=False)

    def __call__(self) -> float:
        """Tell the time."""
        return self.clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            ValueError: It would go back, or too far.
        """
        if not 0 <= seconds <= _FARTHEST - self._ahead:
            raise ValueError(f"a clock can be put forward by no less than 0 and, in all, {_FARTHEST} seconds")
        self._ahead += seconds

    def reset(self) -> None:
        """Tell the time of the other clock again."""
        self._ahead = 0.0


@lru_cache(maxsize=1 << 16)
def iso(moment: float) -> str:
    """Write a moment as most of the API does: RFC 3339 in UTC with milliseconds."""
    stamp = datetime.fromtimestamp(moment, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond // 1000:03d}Z"


def iso_or_none(moment: float | None) -> str | None:
    """Write a moment that may not have come yet."""
    return None if moment is None else iso(moment)


def iso_seconds(moment: float) -> str:
    """Write a moment without fractions, as agent tokens do when they expire."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def spaced(moment: float) -> str:
    """Write a moment as access tokens do: with a space and a zone name, without fractions."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"
