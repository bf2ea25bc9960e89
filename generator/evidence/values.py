"""Comparison of one value of a source with its schema."""

from collections.abc import Iterable
from typing import Any

from .facts import Value
from .schema_view import SchemaView, states


def value_messages(value: Value, view: SchemaView, *, node: dict[str, Any] | None = None) -> list[str]:
    """Return how a value differs from its schema, or from the parameter `node` with that schema."""
    return [*_type_messages(value, view), *_enum_messages(value, view), *_limit_messages(value, view, node or {})]


def required_messages(value: Value, *, is_required: bool) -> list[str]:
    """Return how a source differs about whether a value is required."""
    if value.required is None or value.required == is_required:
        return []
    return ["required, in the spec optional" if value.required else "optional, in the spec required"]


def _type_messages(value: Value, view: SchemaView) -> list[str]:
    types = view.types or (frozenset({"string"}) if view.values else frozenset())
    allowed = types | ({"integer"} if "number" in types else set()) | ({"number"} if "integer" in types else set())
    if not types or not value.types:
        return []
    if value.types == {"null"}:
        return [] if "null" in types else ["null, in the spec never"]
    stated = value.types - {"null"}
    return [] if stated & allowed else [f"{words(stated)}, in the spec {words(types - {'null'})}"]


def _enum_messages(value: Value, view: SchemaView) -> list[str]:
    listed = view.element_values
    if not listed:
        return []
    stated = [*value.values, *(each for words in value.lists if listed.keys() & {*words} for each in words)]
    messages = [f"value {each!r} is not in the spec" for each in dict.fromkeys(stated) if each not in listed]
    if value.has_all_values:
        messages += [f"value {each!r} is only in the spec" for each in listed if each not in value.values]
    return messages


def _limit_messages(value: Value, view: SchemaView, node: dict[str, Any]) -> list[str]:
    defaults = [node.get("x-filters", {}).get("default")]
    stated = {"default": value.default, "maximum": value.maximum}
    return [
        f"{keyword} {each!r} is not in the spec"
        for keyword, each in stated.items()
        if each is not None and not view.states(each) and not states(node, each) and str(each).lower() not in defaults
    ]


def words(items: Iterable[str]) -> str:
    """Return the items as text."""
    return " or ".join(sorted(items)) or "none"
