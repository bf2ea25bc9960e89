"""Rules about schema keywords that contradict one another, or have no effect on values of the type."""

from collections.abc import Iterator
from typing import Any

from ..document import resolve
from ..fragment import Finding
from ..schema_positions import schemas

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TYPES = {
    **{key: {"string"} for key in ("minLength", "maxLength", "pattern")},
    **{key: {"integer", "number"} for key in _NUMBERS},
    **{key: {"array"} for key in ("minItems", "maxItems", "uniqueItems", "items")},
    **{key: {"object"} for key in ("minProperties", "maxProperties", "propertyNames", "properties", "required")},
}
_LOWEST = ("minLength", "minItems", "minProperties", "minimum", "minimum", "exclusiveMinimum", "exclusiveMinimum")
_HIGHEST = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum", "maximum", "exclusiveMaximum")
_BOUNDS = tuple(zip(_LOWEST, _HIGHEST, strict=True))


def keyword_type(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        for where, node in (("", schema), ("x-strict ", schema.get("x-strict", {}))):
            kind = node.get("type", schema.get("type"))
            kinds = {kind} if isinstance(kind, str) else set(kind or ())
            for key in node.keys() & _TYPES:
                if kind and not kinds & _TYPES[key]:
                    yield pointer, f"{where}{key} has no effect on {' or '.join(sorted(kinds))}"


def bounds(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        both = {**schema, **schema.get("x-strict", {})}
        for low, high in _BOUNDS:
            if low in both and high in both and both[low] > both[high]:
                yield pointer, f"{low} {both[low]} is more than {high} {both[high]}, so that no value is valid"


def all_of_objects(document: dict[str, Any]) -> Iterator[Finding]:
    """Generators merge the properties of objects; of anything else they make an empty class or fail."""
    for pointer, schema in schemas(document):
        seen: dict[str, Any] = {}
        for part in schema.get("allOf", ()):
            target = resolve(document, part)
            if target.get("type") != "object" and "allOf" not in target:
                yield pointer, "allOf is for objects; write one schema instead"
                continue
            for name, node in target.get("properties", {}).items():
                if seen.setdefault(name, node) != node:
                    yield pointer, f"two schemas of allOf have a property {name!r}, and they differ"


RULES = (keyword_type, bounds, all_of_objects)
