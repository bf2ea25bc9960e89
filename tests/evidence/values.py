"""Comparison of one value of a source with its schema."""

from collections.abc import Collection, Iterable
from types import MappingProxyType

from tests.evidence.facts import Value
from tests.evidence.keywords import Keywords, merged
from tests.evidence.schema_view import SchemaView

_LITERALS = {"true", "false", "null"}


def value_messages(
    value: Value, view: SchemaView, names: Collection[str], stated: Keywords = MappingProxyType({})
) -> list[str]:
    """Return how a value differs from its schema.

    `names` are those of what is beside it, which its description may mention, and `stated` are keywords of it that are
    not in the schema.
    """
    keywords = merged([view.keywords, stated])
    return [*_type_messages(value, view), *_enum_messages(value, view, names), *_keyword_messages(value, keywords)]


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


def _enum_messages(value: Value, view: SchemaView, names: Collection[str]) -> list[str]:
    listed = view.element_values
    if not listed:
        return []
    mentioned = [each for each in value.mentions if each not in names and each not in _LITERALS]
    stated = dict.fromkeys([*value.values, *mentioned])
    messages = [f"value {each!r} is not in the spec" for each in stated if each not in listed]
    if value.has_all_values:
        messages += [f"value {each!r} is only in the spec" for each in listed if each not in value.values]
    return messages


def _keyword_messages(value: Value, keywords: Keywords) -> list[str]:
    return [
        f"{name} {each!r} is not in the spec"
        if name not in keywords
        else f"{name} {each!r}, in the spec {words(map(repr, keywords[name]))}"
        for name, stated in value.keywords.items()
        for each in sorted(stated)
        if keywords.get(name) != frozenset({each})
    ]


def words(items: Iterable[str]) -> str:
    """Return the items as text."""
    return " or ".join(sorted(items)) or "none"
