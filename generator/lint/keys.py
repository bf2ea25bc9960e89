"""Rules about keys that have no effect: unknown extensions and schema keywords, and outdated keys of examples."""

from collections.abc import Iterator
from typing import Any

from ..document import resolve, walk
from ..fragment import Finding, Pointer
from ..schema_positions import is_schema_position, schemas

_EXTENSIONS = {
    "info": {"x-revision"},
    "securitySchemes": {"x-scopes"},
    "operation": {
        *("x-alias-methods", "x-distinct", "x-effects", "x-field-errors", "x-idempotent", "x-messages", "x-order"),
        *("x-page-links", "x-pagination", "x-refusals", "x-scopes", "x-sdk-method", "x-sdk-variants", "x-strict"),
        *("x-renamed-from", "x-suffixes", "x-undocumented"),
    },
    "parameters": {
        *("x-excludes", "x-filters", "x-includes", "x-page-size", "x-renamed-from", "x-sorts", "x-undocumented"),
    },
    "headers": {"x-content", "x-equals"},
    "content": {"x-invalid-examples", "x-pointer"},
    "schema": {
        *("x-effects", "x-entry-point", "x-equals", "x-graphql-type", "x-implies", "x-includes", "x-needs-scope"),
        *("x-optional", "x-python-type", "x-renamed-from", "x-returned-by", "x-secret", "x-strict", "x-undocumented"),
    },
}
_FLAGS = {"x-entry-point", "x-secret", "x-undocumented"}
_NAMES = ("properties", "headers", "mapping", "examples", "paths", "schemas", "responses", "parameters")
"""Mappings whose keys are names."""

_KEYWORDS = {
    *("type", "enum", "const", "description", "title", "deprecated", "readOnly", "writeOnly", "default", "nullable"),
    *("properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"),
    *("items", "minItems", "maxItems", "uniqueItems", "allOf", "anyOf", "oneOf", "not", "discriminator", "example"),
    *("format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "examples", "contentEncoding", "contentMediaType", "externalDocs"),
}


def extension_known(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or _is_data(pointer) or (pointer[-1:] and _has_names(pointer)):
            continue
        place = _place(pointer)
        for key in node:
            if key.startswith("x-") and key not in _EXTENSIONS.get(place, ()):
                yield (*pointer, key), f"there is no extension {key} here; spec/README.md lists them"
            elif key in _FLAGS and node[key] is not True:
                yield (*pointer, key), f"{key} is true or absent"


def _is_data(pointer: Pointer) -> bool:
    """Return whether `pointer` is in an extension."""
    return any(
        key.startswith("x-") and (index == 0 or pointer[index - 1] not in _NAMES) for index, key in enumerate(pointer)
    )


def _has_names(pointer: Pointer) -> bool:
    return pointer[-1] in _NAMES and pointer[-2:-1] != ("properties",)


def _place(pointer: Pointer) -> str:
    if is_schema_position(pointer):
        return "schema"
    if len(pointer) == 3 and pointer[0] in ("paths", "webhooks"):
        return "operation"
    return pointer[-2] if len(pointer) > 1 else "".join(pointer)


def keyword_known(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        strict = schema.get("x-strict", {})
        for key in (*schema, *(strict if isinstance(strict, dict) else ())):
            if key not in _KEYWORDS and not key.startswith("x-"):
                yield pointer, f"there is no schema keyword {key!r}, so that it would have no effect"


def example_known(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if not isinstance(node, dict) or "schema" not in node or _is_data(pointer):
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


RULES = (extension_known, keyword_known, example_known)
