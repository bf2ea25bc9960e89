"""JSON and YAML values of unknown shape, and patterns in text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeGuard


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is an object of JSON or a mapping of YAML."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is an array of JSON or a sequence of YAML."""
    return isinstance(value, list)


def strings(values: object) -> dict[str, str]:
    """Return a mapping in which each value is a string, as environments and meta-data are kept."""
    if not is_mapping(values):
        return {}
    return {str(key): as_string(value) for key, value in values.items()}


def as_string(value: object) -> str:
    """Return a JSON value as the string that the API makes of it. Arrays and objects are dropped."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def matches_glob(pattern: str, text: str) -> bool:
    """Tell whether a text matches a pattern as a whole, in linear time whatever the pattern."""
    begin, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    if not text.startswith(begin):
        return False
    position = len(begin)
    for part in parts[:-1]:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return len(text) - position >= len(parts[-1]) and text.endswith(parts[-1])


def matches_branches(configuration: str | None, branch: str) -> bool:
    """Tell whether a branch filter lets a branch through: `main feature/* !feature/old`."""
    words = (configuration or "").split()
    if any(matches_glob(word[1:], branch) for word in words if word.startswith("!")):
        return False
    allowed = [word for word in words if not word.startswith("!")]
    return not allowed or any(matches_glob(word, branch) for word in allowed)


_LONGEST_SLUG = 100


def derived_slug(name: str) -> str:
    """Return the slug that a name gives: lower case, one hyphen for what cannot stand in a slug."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_SLUG]


#: A JSON object.
Json = dict[str, Any]
