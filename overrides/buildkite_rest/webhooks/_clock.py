"""The clock that timestamps of signatures are made with and compared to."""

from __future__ import annotations

from collections.abc import Callable

_END = 10**12  # a timestamp has at most 12 digits


def read_clock(now: Callable[[], float]) -> float:
    """Return the seconds since 1970 that `now` returns.

    Raises:
        TypeError: `now` is not callable, or what it returns is not an int or float.
        ValueError: It returns a number that is not in the range of timestamps.
    """
    if not callable(now):
        raise TypeError(f"now must be a function that returns seconds since 1970, not {type(now).__name__}")
    seconds = now()
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"now must return seconds since 1970, not {type(seconds).__name__}")
    if not 0 <= seconds < _END:
        raise ValueError(f"now must return seconds since 1970, at least 0 and less than {_END}")
    return seconds
