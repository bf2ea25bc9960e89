"""Access to JSON of unknown shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeGuard

MAX_DEPTH: Final = 100
"""Levels of arrays and objects in JSON that is decoded or sent. Deeper ones are an error.

It leaves room for functions that call themselves for each level, far from the limit of recursion. Strict decoding of a
response into a type of the spec does not count the levels in the few fields of any shape.
"""
_CONTAINERS: Final = (dict, list)
_TOO_DEEP: Final = object()


class DepthError(ValueError):
    """JSON is nested deeper than `MAX_DEPTH` levels."""


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


def loads(text: str | bytes) -> Any:
    """Decode JSON like `json.loads`, with integers of more than 4300 digits as str.

    Raises:
        DepthError: It is nested too deeply.
        ValueError: It is not JSON.
    """
    value = _TOO_DEEP
    with suppress(RecursionError):
        value = json.loads(text, parse_int=_integer)
    if value is _TOO_DEEP or is_deep(value):
        raise DepthError
    return value


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # more digits than `sys.get_int_max_str_digits()`
        return digits


def loads_or_none(content: bytes) -> Any:
    """Return decoded JSON, or None if `content` is not JSON or is nested too deeply."""
    try:
        return loads(content)
    except ValueError:
        return None


def is_deep(value: object, levels: int = MAX_DEPTH) -> bool:
    """Whether decoded JSON is nested deeper than `levels`, so that encoding, copying or pickling it may fail."""
    layer: list[Any] = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(levels):
        layer = [child for each in layer for child in _children(each) if isinstance(child, _CONTAINERS)]
        if not layer:
            return False
    return True


def _children(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
