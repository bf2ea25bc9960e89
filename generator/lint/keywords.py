"""Rules about keywords of schemas that contradict one another or have no effect."""

from collections.abc import Iterator
from typing import Any

from ..document import resolve, schemas
from ..fragment import Finding
from ..schema_messages import did_you_mean

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


RULES = (keyword_type, all_of_objects, keyword_known)
