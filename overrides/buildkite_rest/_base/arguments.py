"""Validation of single arguments: types, numbers, callbacks and paths."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from enum import Flag
from inspect import iscoroutine
from operator import index
from os import PathLike
from typing import Any, Final, SupportsIndex, TypeGuard, cast
from uuid import UUID

from _buildkite_rest.types import UNSET

_MAX_REPR_LENGTH: Final = 60
"""Characters of a value or a key in a message."""
VISIBLE_TYPES: Final = frozenset([str, bytes, int, float, bool, date, datetime])
"""Types whose values a message shows."""
MAX_SECONDS: Final = 86_400.0
"""Longest pause and timeout, a day. Sockets do not support timeouts of more than 24 days."""


def check_int(name: str, value: int, *, minimum: int) -> None:
    """Raise `TypeError` if the argument `name` is not an int, `ValueError` if it is less than `minimum`."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if index(value) < minimum:
        raise ValueError(f"{name} must be at least {minimum}, not {_number_text(value)}")


def check_total_seconds(name: str, value: float) -> None:
    """Raise `TypeError` if the argument `name` is not a number, `ValueError` if it is negative or not finite."""
    if not 0 <= check_number(name, value) <= sys.float_info.max:
        raise ValueError(f"{name} must be a number of seconds, at least 0 and finite, not {_number_text(value)}")


def check_pause(name: str, value: float) -> None:
    """Raise `TypeError` if the argument `name` is not a number, `ValueError` if it is negative or more than a day."""
    if not 0 <= check_number(name, value) <= MAX_SECONDS:
        raise ValueError(f"{name} must be from 0 to {MAX_SECONDS:.0f} seconds, a day, not {_number_text(value)}")


def check_timeout(name: str, value: float) -> None:
    """Raise `TypeError` if the argument `name` is not a number, `ValueError` if it is not above 0 or above a day."""
    if not 0 < check_number(name, value) <= MAX_SECONDS:
        limits = f"greater than 0 and at most {MAX_SECONDS:.0f} seconds, a day"
        raise ValueError(f"{name} must be {limits}, not {_number_text(value)}")


def check_share(name: str, value: float) -> None:
    """Raise `TypeError` if the argument `name` is not a number, `ValueError` if it is not from 0 to 1."""
    if not 0 <= check_number(name, value, "a number") <= 1:
        raise ValueError(f"{name} must be from 0 to 1, not {_number_text(value)}")


def check_number(name: str, value: float, kind: str = "a number of seconds") -> float:
    """Return `value`, the argument `name`. Raises `TypeError` if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be {kind}, not {type(value).__name__}")
    return value


def _number_text(value: float) -> str:
    """Return `value` as text. Python refuses to write ints with thousands of digits."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"an int of {value.bit_length()} bits"
    return str(value)


def check_result(name: str, result: object) -> None:
    """Raise `TypeError` if the callback `name` has returned a coroutine, as `lambda job: notify(job)` may."""
    if iscoroutine(result):
        result.close()
        raise TypeError(f"{name} must be a plain function, and has returned a coroutine: it is not awaited")


def type_name(value: object) -> str:
    """Return the name of the type of `value` for a message."""
    return repr(value) if value is None or value is UNSET else type(value).__name__


def check_type(name: str, value: object, kind: type, accepted: str, hint: str = "") -> None:
    """Raise `TypeError` if the argument `name` is not a `kind`, which the message calls `accepted`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {accepted}, not {type_name(value)}{hint}")


def check_file_path(name: str, value: str | PathLike[str]) -> None:
    """Raise `TypeError` if the argument `name` is not a path, `ValueError` if it cannot be one of a file."""
    path: object = value.__fspath__() if isinstance(value, PathLike) else value
    if not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a str or a Path, not {type_name(value)}")
    if not path:
        raise ValueError(f'{name} must not be empty. Pass "." for the working directory')
    if "\0" in path:
        raise ValueError(f"{name} must not contain a NUL character")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise ValueError(f"{name} has a character that no file name of this system has: {short_repr(path)}") from None


def plain(value: object) -> object:
    """Return a UUID as a str, and an integer of another library, such as NumPy, as an int. Others are unchanged."""
    if isinstance(value, str | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    # `isinstance` with a protocol takes longer than all else that a value of a model needs.
    return index(cast("SupportsIndex", value)) if hasattr(type(value), "__index__") else value


def nearest(name: object, known: Iterable[str]) -> str | None:
    """Return the one of the `known` names that `name` may have been meant to be, for a message."""
    from difflib import get_close_matches  # noqa: PLC0415 - for errors only

    return next(iter(get_close_matches(str(name), known, 1)), None)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether `value` is a mapping."""
    return isinstance(value, Mapping)


def is_collection(value: object) -> TypeGuard[Collection[Any]]:
    """Whether `value` is a list, tuple, set or another collection, but not a str, bytes, a mapping or a `Flag`."""
    return isinstance(value, Collection) and not isinstance(
        value, str | bytes | bytearray | memoryview | Mapping | Flag
    )


def short_repr(value: object) -> str:
    """Return a truncated `repr` of a value or of a key."""
    if isinstance(value, str | bytes):
        return repr(value[:_MAX_REPR_LENGTH]) + ("…" if len(value) > _MAX_REPR_LENGTH else "")
    if isinstance(value, int) and value.bit_length() > _MAX_REPR_LENGTH:
        return f"{value.bit_length()} bits"
    return repr(value) if type(value) in VISIBLE_TYPES else type(value).__name__
