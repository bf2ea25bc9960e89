"""Plain data: lists and dictionaries before they are encoded, and before they are decoded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

import msgspec

from _buildkite_rest.types import UNSET

from .._base.arguments import is_collection, type_name
from .._base.errors import DecodeError
from .._base.json_values import MAX_DEPTH, has_too_many_digits, is_object, too_many_digits
from .._base.records import is_model
from .extra_fields import to_builtins

_SCALARS: Final = (str, int, float, datetime)
_WRITTEN: Final = (str, int, float, bool)
_CONTAINERS: Final = (dict, list)
_MINUTE: Final = timedelta(minutes=1)
_HINTS: Final = (
    ("parsed", "its `parsed`"),
    ("pages", "a list of its items, as in `list(builds)`"),
    ("next_url", "its `items`"),
)
"""An attribute of a response, a list and a page, and what to encode of each."""


def as_lists(value: Any) -> Any:
    """Return data to encode with lists in place of tuples and sets, in lists and dictionaries.

    Members of an `Enum` are replaced by their values.

    Raises:
        TypeError: It contains a response, a list of the API, a page, `UNSET` or a key that is not a str.
        RecursionError: It is nested too deeply.
    """
    if value is None or isinstance(value, _SCALARS) or is_model(value):
        return value
    if value is UNSET:
        raise TypeError("value contains UNSET, which is not data")
    if isinstance(value, Enum):
        return as_lists(value.value)
    if is_object(value):
        return {_checked_key(key): as_lists(each) for key, each in value.items()}
    if is_collection(value):
        return [as_lists(each) for each in value]
    for attribute, part in _HINTS:
        if hasattr(value, attribute):
            raise TypeError(f"value must be data, not a response, a list of the API or a page. Pass {part}.")
    return value


def _checked_key(key: object) -> str:
    """Return a key of a dictionary to encode. Others than str would be written like the str that they resemble."""
    if not isinstance(key, str):
        raise TypeError(f"value has a key of the type {type_name(key)}. Keys must be str.")
    return key


def copy_of(data: Any, levels: int = MAX_DEPTH) -> Any:
    """Return a copy of data to decode, which shares no list and no dictionary with it.

    Raises:
        DecodeError: It contains an object that is neither JSON nor a `datetime`, a key that is not a str, or an int
            that Python does not write, or is nested deeper than `levels`.
    """
    if data is None or isinstance(data, _SCALARS):
        if has_too_many_digits(data):
            raise DecodeError(f"data contains {too_many_digits()}")
        return data
    if levels == 0 and isinstance(data, dict | list | tuple):
        raise DecodeError("data is nested too deeply")
    if is_object(data):
        return {_decodable_key(key): copy_of(each, levels - 1) for key, each in data.items()}
    if isinstance(data, list | tuple):
        return [copy_of(each, levels - 1) for each in data]  # pyright: ignore[reportUnknownVariableType]
    hint = ". Pass to_dict(…) of it." if is_model(data) else ""
    raise DecodeError(f"data contains an object of the type {type_name(data)}, which is not JSON{hint}")


def _decodable_key(key: object) -> str:
    if not isinstance(key, str):
        raise DecodeError(f"data has a key of the type {type_name(key)}, which is not JSON")
    return key


def write_rest(data: Any, *, datetimes: bool) -> Any:
    """Return the result of `to_builtins` with the rest encoded. Its lists and dictionaries are changed.

    The rest are times, which become text in RFC 3339 unless `datetimes` is set, and values of members of an `Enum`.

    Raises:
        TypeError: It contains an object that is not data.
        ValueError: A time has no time zone.
    """
    whole = [data]
    containers: list[Any] = [whole]
    for container in containers:
        items: Any = container.items() if is_object(container) else enumerate(container)
        for key, value in items:
            if value is None or type(value) in _WRITTEN or (datetimes and isinstance(value, datetime)):
                continue
            written = value if type(value) in _CONTAINERS else write_value(value)
            container[key] = written
            if type(written) in _CONTAINERS:
                containers.append(written)
    return whole[0]


def write_value(value: Any) -> Any:
    """Encode a time, or a value of a member of an `Enum`, which msgspec leaves as it is. See `write_rest`."""
    return time_text(value) if isinstance(value, datetime) else to_builtins(as_lists(value))


def time_text(time: datetime) -> str:
    """Return a time in RFC 3339. Raises `ValueError` if it has no time zone."""
    offset = time.utcoffset()
    if offset is None:
        raise ValueError(f"value has a time without a time zone: {time.isoformat()}. Pass one with a time zone.")
    if offset % _MINUTE:  # RFC 3339 has no such offsets, and msgspec rounds them.
        try:
            time = time.astimezone(UTC)
        except OverflowError:
            raise ValueError("value has a time outside the years that a datetime can hold") from None
    text: str = msgspec.to_builtins(time)
    return text
