"""Narrowing of values whose shape nobody promises: JSON and YAML from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is an object of JSON or a mapping of YAML."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is an array of JSON or a sequence of YAML."""
    return isinstance(value, list)
