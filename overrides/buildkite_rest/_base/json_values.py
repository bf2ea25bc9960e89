"""Access to JSON of unknown shape."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeGuard

_MAX_BITS: Final = 2000
"""Bits of an int that Python writes with any limit of digits, which is at least 640."""

_CONTAINERS: Final = (dict, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether `value` is a JSON array."""
    return isinstance(value, list)


def as_object(value: object) -> Mapping[str, Any]:
    """Return `value` if it is a JSON object, otherwise an empty one."""
    return value if is_object(value) else {}


def as_array(value: object) -> Sequence[Any]:
    """Return `value` if it is a JSON array, otherwise an empty one."""
    return value if is_array(value) else []


def copied(value: Any) -> Any:
    """Return a copy of JSON values, a third of the time that `copy.deepcopy` takes."""
    if is_object(value):
        return {key: copied(item) for key, item in value.items()}
    if is_array(value):
        return [copied(item) for item in value]
    return value


def loads(
    text: str | bytes,
    parse_constant: Callable[[str], Any] | None = None,
    parse_float: Callable[[str], Any] | None = None,
) -> Any:
    """Decode JSON like `json.loads`, with integers of more than 4300 digits as str.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    return json.loads(text, parse_int=_integer, parse_constant=parse_constant, parse_float=parse_float)


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # more digits than `sys.get_int_max_str_digits()`
        return digits


def has_too_many_digits(value: object) -> bool:
    """Whether `value` is an int that Python does not write, of more than 4300 digits by default."""
    if not isinstance(value, int) or value.bit_length() <= _MAX_BITS:
        return False
    try:
        int.__repr__(value)
    except ValueError:
        return True
    return False


def too_many_digits() -> str:
    """Describe an int that Python does not write, for a message."""
    return f"an int of more than {sys.get_int_max_str_digits()} digits. Pass a str."


def loads_or_none(content: bytes) -> Any:
    """Return decoded JSON, or None if `content` is not JSON or is nested too deeply."""
    try:
        value = loads(content)
    except (ValueError, RecursionError):
        return None
    return None if is_deep(value) else value


def is_deep(value: object, levels: int = 100) -> bool:
    """Whether `value` is nested deeper than `levels`, so that encoding, copying or pickling it may fail."""
    layer: list[Any] = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(levels):
        layer = [child for each in layer for child in _children(each) if isinstance(child, _CONTAINERS)]
        if not layer:
            return False
    return True


def _children(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
