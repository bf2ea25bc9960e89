"""Looks into decoded JSON of which nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
