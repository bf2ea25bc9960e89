"""Numbers that callers pass, and what is said of those that cannot be meant."""

from __future__ import annotations

from math import isnan
from threading import TIMEOUT_MAX


def whole(name: str, value: int, *, least: int) -> int:
    """Return `value`, the argument `name`.

    Raises:
        TypeError: It is no int.
        ValueError: It is less than `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return value


def seconds(name: str, value: float) -> float:
    """Return `value`, the seconds of the argument `name`, which may be none or without end.

    Raises:
        TypeError: It is no number.
        ValueError: It is NaN.
    """
    if isnan(_number(name, value)):
        raise ValueError(f"{name} must be a number of seconds, not {value}")
    return value


def finite_seconds(name: str, value: float) -> float:
    """Return `value`, the seconds of the argument `name`, which the system can wait for.

    Raises:
        TypeError: It is no number.
        ValueError: It is not greater than 0, or longer than the system waits for anything.
    """
    if not 0 < _number(name, value) <= TIMEOUT_MAX:
        raise ValueError(f"{name} must be greater than 0 and finite, not {value}")
    return value


def _number(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    return value
