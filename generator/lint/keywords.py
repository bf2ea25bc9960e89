"""Rules about schema keywords that contradict one another, have no effect, or leave no choice."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, gcd, isfinite, lcm
from typing import Any

from ..document import JSON, operations, resolve, walk
from ..fragment import Finding
from ..schema_positions import schemas

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TYPES = {
    **{key: {"string"} for key in ("minLength", "maxLength", "pattern")},
    **{key: {"integer", "number"} for key in _NUMBERS},
    **{key: {"array"} for key in ("minItems", "maxItems", "uniqueItems", "items")},
    **{key: {"object"} for key in ("minProperties", "maxProperties", "propertyNames", "properties", "required")},
}
_FORMATS = {
    "int64": {"integer"},
    **{format_: {"string"} for format_ in ("binary", "date-time", "email", "uri", "uuid")},
}
_LOWEST = ("minLength", "minItems", "minProperties", "minimum", "minimum", "exclusiveMinimum", "exclusiveMinimum")
_HIGHEST = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum", "maximum", "exclusiveMaximum")
_BOUNDS = tuple(zip(_LOWEST, _HIGHEST, strict=True))


def keyword_type(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        kind = schema.get("type")
        kinds = {kind} if isinstance(kind, str) else set(kind or ())
        for key in schema.keys() & _TYPES:
            if kind and not kinds & _TYPES[key]:
                yield pointer, f"{key} has no effect on {' or '.join(sorted(kinds))}"
        format_ = schema.get("format")
        if kind and format_ in _FORMATS and not kinds & _FORMATS[format_]:
            yield pointer, f"format {format_} has no effect on {' or '.join(sorted(kinds))}"


def bounds(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        pairs = [(low, high) for low, high in _BOUNDS if low in schema and high in schema]
        wrong = [(low, high) for low, high in pairs if schema[low] > schema[high]]
        for low, high in wrong:
            yield pointer, f"{low} {schema[low]} is more than {high} {schema[high]}, so that no value is valid"
        if not wrong and _excludes_all_numbers(schema):
            given = ", ".join(f"{key} {schema[key]}" for key in _NUMBERS if key in schema)
            yield pointer, f"no {'integer' if _is_integer(schema) else 'number'} is valid with {given}"


def _excludes_all_numbers(schema: dict[str, Any]) -> bool:
    """Return whether no number is within the bounds, which may be equal, or have no multiple between them."""
    given = {key: Fraction(str(schema[key])) for key in _NUMBERS if key in schema and isfinite(schema[key])}
    lowest = [given[key] for key in ("minimum", "exclusiveMinimum") if key in given]
    highest = [given[key] for key in ("maximum", "exclusiveMaximum") if key in given]
    if not lowest or not highest:
        return False
    low, high = max(lowest), min(highest)
    is_open = given.get("exclusiveMinimum") == low
    steps = [Fraction(1)] if _is_integer(schema) else []
    if steps := [*steps, *([given["multipleOf"]] if "multipleOf" in given else [])]:
        step = Fraction(lcm(*(each.numerator for each in steps)), gcd(*(each.denominator for each in steps)))
        first = ceil(low / step) * step
        low, is_open = first + step if is_open and first == low else first, False
    return low >= high if is_open or given.get("exclusiveMaximum") == high else low > high


def _is_integer(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "integer" or (isinstance(kind, list) and {*kind} <= {"integer", "null"})


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


def deprecated_flag(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or pointer[-1:] == ("properties",) or "deprecated" not in node:
            continue
        if node["deprecated"] is not True:
            yield pointer, "deprecated is true or absent"
        elif node.get("in") and (node["in"] == "path" or node.get("required")):
            yield pointer, "a required parameter cannot be left out; deprecate the operation instead"
    for operation in operations(document):
        body = resolve(document, operation.node.get("requestBody", {})).get("content", {}).get(JSON, {})
        schema = resolve(document, body.get("schema", {}))
        for name in schema.get("required", ()):
            if resolve(document, schema.get("properties", {}).get(name, {})).get("deprecated"):
                yield (*operation.pointer, "requestBody"), f"the required property {name!r} cannot be deprecated"


RULES = (keyword_type, bounds, all_of_objects, deprecated_flag)
