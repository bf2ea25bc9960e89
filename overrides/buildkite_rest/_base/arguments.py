"""Validation of arguments."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from inspect import iscoroutinefunction
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar

from _buildkite_rest.types import UNSET

if TYPE_CHECKING:
    from attrs import Attribute

_LONGEST_REPR: Final = 60
"""Characters of a value or a key in a message."""
SHOWN_TYPES: Final = frozenset([str, bytes, int, float, bool, date, datetime])
"""Types whose values a message shows."""
LONGEST_SECONDS: Final = 86_400.0
"""The longest single pause and the longest timeout: a day. Sockets time out after 24 days at most."""


def whole(name: str, value: int, *, least: int) -> int:
    """Return `value`, the argument `name`.

    Raises:
        TypeError: It is not an int.
        ValueError: It is less than `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {_shown(value)}")
    return value


def total_seconds(name: str, value: float) -> float:
    """Return `value`, the seconds of the argument `name` that something may take in all.

    Raises:
        TypeError: It is not a number.
        ValueError: It is less than 0, not finite, too large for a float or NaN.
    """
    if not 0 <= number(name, value) <= sys.float_info.max:
        raise ValueError(f"{name} must be a number of seconds, at least 0 and finite, not {_shown(value)}")
    return value


def pause_seconds(name: str, value: float) -> float:
    """Return `value`, the seconds of the argument `name` for a pause, which may be 0.

    Raises:
        TypeError: It is not a number.
        ValueError: It is less than 0, more than a day or NaN.
    """
    if not 0 <= number(name, value) <= LONGEST_SECONDS:
        raise ValueError(f"{name} must be from 0 to {LONGEST_SECONDS:.0f} seconds, a day, not {_shown(value)}")
    return value


def timeout_seconds(name: str, value: float) -> float:
    """Return `value`, the seconds of the argument `name` for a timeout or interval.

    Raises:
        TypeError: It is not a number.
        ValueError: It is not greater than 0, more than a day or NaN.
    """
    if not 0 < number(name, value) <= LONGEST_SECONDS:
        raise ValueError(
            f"{name} must be greater than 0 and at most {LONGEST_SECONDS:.0f} seconds, a day, not {_shown(value)}"
        )
    return value


def check_whole(_: object, attribute: Attribute[Any], value: int) -> None:
    """Validate a field of an attrs class like `whole`, from 0."""
    whole(attribute.name, value, least=0)


def check_pause(_: object, attribute: Attribute[Any], value: float) -> None:
    """Validate a field of an attrs class like `pause_seconds`."""
    pause_seconds(attribute.name, value)


def check_timeout(_: object, attribute: Attribute[Any], value: float | None) -> None:
    """Validate a field of an attrs class like `timeout_seconds`, or None."""
    if value is not None:
        timeout_seconds(attribute.name, value)


def check_share(_: object, attribute: Attribute[Any], value: float) -> None:
    """Validate a field of an attrs class that is a share, from 0 to 1."""
    if not 0 <= number(attribute.name, value, "a number") <= 1:
        raise ValueError(f"{attribute.name} must be from 0 to 1, not {_shown(value)}")


def number(name: str, value: float, kind: str = "a number of seconds") -> float:
    """Return `value`, the argument `name`. Raises `TypeError` when it is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be {kind}, not {type(value).__name__}")
    return value


def _shown(value: float) -> str:
    """Return `value` as text. Python refuses to write ints with thousands of digits."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"an int of {value.bit_length()} bits"
    return str(value)


F = TypeVar("F", bound=Callable[..., Any] | None)


def plain_function(name: str, function: F) -> F:
    """Return `function`, the argument `name`.

    Raises:
        TypeError: It is no function, or a coroutine function: nothing that it does would happen.
    """
    if function is not None and not callable(function):
        raise TypeError(f"{name} must be a function, not {type(function).__name__}")
    of_object = getattr(type(function), "__call__", None)  # noqa: B004 - what it is matters, not that it is there
    if iscoroutinefunction(function) or iscoroutinefunction(of_object):
        raise TypeError(f"{name} must be a plain function, not a coroutine function: it is not awaited")
    return function


def type_name(value: object) -> str:
    """Return the name of the type of `value` for a message."""
    return repr(value) if value is None or value is UNSET else type(value).__name__


def check_type(name: str, value: object, kind: type, accepted: str) -> None:
    """Raise `TypeError` if the argument `name` is not a `kind`, which the message calls `accepted`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {accepted}, not {type_name(value)}")


def check_function(name: str, value: object) -> None:
    """Raise `TypeError` if the argument `name` cannot be called."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, not {type_name(value)}")


def check_file_path(name: str, value: str | PathLike[str]) -> None:
    """Raise `TypeError` if the argument `name` is not the path of a file or a folder."""
    path: object = value.__fspath__() if isinstance(value, PathLike) else value
    if not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a str or a Path, not {type_name(value)}")


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether `value` is a mapping."""
    return isinstance(value, Mapping)


def is_collection(value: object) -> TypeGuard[Collection[Any]]:
    """Whether `value` is a list, a tuple, a set or the like. A str, bytes and a mapping are not."""
    return isinstance(value, Collection) and not isinstance(value, str | bytes | bytearray | memoryview | Mapping)


def short_repr(value: object) -> str:
    """Return a short `repr` of a value or of a key."""
    if isinstance(value, str | bytes):
        return repr(value[:_LONGEST_REPR]) + ("…" if len(value) > _LONGEST_REPR else "")
    if isinstance(value, int) and value.bit_length() > _LONGEST_REPR:
        return f"{value.bit_length()} bits"
    return repr(value) if type(value) in SHOWN_TYPES else type(value).__name__
