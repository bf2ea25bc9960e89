"""Rules about keys of schemas and examples that contradict one another or have no effect."""

from collections.abc import Iterator
from typing import Any

from ..document import resolve, schemas, walk
from ..fragment import Finding, Pointer
from ..schema_messages import did_you_mean
from .extensions import is_data

_TYPES = {
    **{key: {"string"} for key in ("minLength", "maxLength", "pattern")},
    **{
        key: {"integer", "number"}
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    },
    **{key: {"array"} for key in ("minItems", "maxItems", "uniqueItems", "items")},
    **{key: {"object"} for key in ("minProperties", "maxProperties", "propertyNames", "properties", "required")},
}
_FORMATS = {
    "int64": {"integer"},
    **{format_: {"string"} for format_ in ("binary", "date-time", "email", "uri", "uuid")},
}


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


_KEYWORDS = {
    *("type", "enum", "const", "description", "title", "deprecated", "readOnly", "writeOnly", "default", "nullable"),
    *("properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"),
    *("items", "minItems", "maxItems", "uniqueItems", "allOf", "anyOf", "oneOf", "not", "discriminator", "example"),
    *("format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "examples", "contentEncoding", "contentMediaType", "externalDocs"),
}


def keyword_known(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        for key in schema:
            if key not in _KEYWORDS and not key.startswith("x-"):
                suggestion = did_you_mean(key, _KEYWORDS)
                yield pointer, f"there is no schema keyword {key!r}, so that it would have no effect{suggestion}"


def example_known(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or "schema" not in node or is_data(pointer):
            continue
        for name, example in node.get("examples", {}).items():
            for location in _unknown_keys(document, node["schema"], resolve(document, example).get("value")):
                yield pointer, f"example {name!r} has /{location}, which is not a property of its schema"


def _unknown_keys(document: dict[str, Any], schema: Any, value: Any, path: Pointer = ()) -> Iterator[str]:
    parts = list(_parts(document, schema))
    if isinstance(value, list):
        items = [part["items"] for part in parts if "items" in part]
        for index, each in enumerate(value):
            if items:
                yield from _unknown_keys(document, {"anyOf": items}, each, (*path, str(index)))
    elif isinstance(value, dict) and any("properties" in part for part in parts):
        is_open = any("additionalProperties" in part for part in parts)
        for key, each in value.items():
            found = [part["properties"][key] for part in parts if key in part.get("properties", {})]
            if found:
                yield from _unknown_keys(document, {"anyOf": found}, each, (*path, key))
            elif not is_open:
                yield "/".join((*path, key))


def _parts(document: dict[str, Any], schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and all that it is composed of."""
    target = resolve(document, schema)
    yield target
    for key in ("allOf", "anyOf", "oneOf"):
        for part in target.get(key, ()):
            yield from _parts(document, part)


RULES = (keyword_type, all_of_objects, keyword_known, example_known)
