"""Descriptions of mismatches: what the spec or a type expects in a body, what is there instead, and where."""

from __future__ import annotations

import json
from datetime import datetime
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from msgspec import Struct

from _buildkite_rest.text import shown
from _buildkite_rest.types import DateTime

from .._base.safe_text import safe_excerpt

MISSING: Final = object()
"""The value of a required field that is not in the body."""

_MAX_VALUE: Final = 60
_MAX_EXPECTED: Final = 200
_MAX_PATH: Final = 250
_EXPECTED: Final[dict[Any, str]] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    NoneType: "null",
    list: "an array",
    dict: "an object",
    datetime: "a date-time",
    DateTime: "a date-time",
}
_SHORT: Final = (int, float, bool, NoneType)


def mismatch_text(expected: tuple[Any, ...], value: object, path: str, field: str | None) -> str:
    """Return what does not match and its path, in one line: `expected a date-time or null, got "soon" at $.due_at`.

    Args:
        expected: The types that strict decoding accepts, or the tags of objects.
        value: The decoded JSON, or `MISSING`.
        path: Its path in the body.
        field: The name of the field that it is in, if its value may be quoted.
    """
    got = _got(value, field)
    words = list(dict.fromkeys(word for each in expected for word in _words(each)))
    if _kind(value) in words:  # of a class with conditions of its own
        words = ["a valid value"]
    listed = " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
    return f"expected {safe_excerpt(listed, _MAX_EXPECTED)}, got {got} at {safe_excerpt(path, _MAX_PATH)}"


def _words(expected: Any) -> list[str]:
    """Describe a type in the words of JSON, or a tag."""
    if get_origin(expected) is Literal:
        return [json.dumps(value) for value in get_args(expected)]
    if isinstance(expected, str | int):
        return [json.dumps(expected)]
    origin = get_origin(expected) or expected
    if isinstance(origin, type) and issubclass(origin, Struct):
        return ["an object"]
    name: str = getattr(origin, "__name__", f"{origin}")  # pyright: ignore[reportUnknownArgumentType]
    return [_EXPECTED.get(origin) or _EXPECTED.get(expected) or f"a valid {name}"]


def _got(value: object, field: str | None) -> str:
    """Describe a value. A string is quoted, with credentials masked, if that is allowed."""
    if value is MISSING:
        return "no value"
    if isinstance(value, _SHORT):
        return safe_excerpt(str(json.dumps(value)), _MAX_VALUE) if field is not None or value is None else _kind(value)
    if isinstance(value, str) and field is not None:
        return safe_excerpt(f'"{shown(field, value)}"', _MAX_VALUE)
    return _kind(value)


def _kind(value: object) -> str:
    return _EXPECTED.get(type(value), "another type")
