"""Access to JSON of unknown shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether `value` is a JSON array."""
    return isinstance(value, list)


def as_object(value: object) -> Mapping[str, Any]:
    """Return `value` when it is a JSON object, or else an empty one."""
    return value if is_object(value) else {}


def as_array(value: object) -> Sequence[Any]:
    """Return `value` when it is a JSON array, or else an empty one."""
    return value if is_array(value) else []


def loads_or_none(content: bytes) -> Any:
    """Return decoded JSON, or None when `content` is not JSON or is nested too deeply."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return None if is_deep(value) else value


def is_deep(value: object, levels: int = 100) -> bool:
    """Whether `value` is nested deeper than `levels`, so that Python may fail to write, copy or pickle it."""
    layer = [value]
    for _ in range(levels):
        layer = [child for each in layer for child in _children(each)]
        if not layer:
            return False
    return True


def _children(value: object) -> Iterable[Any]:
    if is_object(value):
        return value.values()
    return value if is_array(value) else ()
