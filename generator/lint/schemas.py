"""Rules about references and schemas, so that every generator understands them the same way."""

import re
from collections.abc import Iterator
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from operator import getitem
from typing import Any

import jsonschema_rs

from ..document import SCHEMA_PREFIX, is_named, lookup, received_schemas, references, resolve, schemas, walk
from ..fragment import Finding

_NULLABLE = {"string", "integer", "number", "boolean", "array"}
_TYPES_OF_KEYWORDS = {
    **{key: {"string"} for key in ("minLength", "maxLength", "pattern")},
    **{
        key: {"integer", "number"}
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    },
    **{key: {"array"} for key in ("minItems", "maxItems", "uniqueItems", "items")},
    **{key: {"object"} for key in ("minProperties", "maxProperties", "propertyNames", "properties", "required")},
}
_TYPES_OF_FORMATS = {
    "int64": {"integer"},
    **{format_: {"string"} for format_ in ("binary", "date-time", "email", "uri", "uuid")},
}


def reference_alone(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and len(node) > 1:
            others = ", ".join(sorted(node.keys() - {"$ref"}))
            yield pointer, f"{others} beside a $ref is ignored by generators; use allOf or oneOf, or remove it"


def schemas_acyclic(document: dict[str, Any]) -> Iterator[Finding]:
    """Models import one another and are not tracked by the garbage collector; a cycle would break both."""
    schemas: dict[str, Any] = document["components"].get("schemas", {})
    uses = {
        name: {target.removeprefix(SCHEMA_PREFIX) for _, target in references(schema)} & schemas.keys()
        for name, schema in schemas.items()
    }
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]  # graphlib lists each schema before those that use it
        yield ("components", "schemas", cycle[0]), f"schemas form a cycle: {' → '.join(cycle)}"


def component_used(document: dict[str, Any]) -> Iterator[Finding]:
    used = {reference for _, reference in references(document)}
    for kind, components in document["components"].items():
        for name, component in components.items():
            if kind == "securitySchemes" or component.get("x-entry-point") or f"#/components/{kind}/{name}" in used:
                continue
            message = "nothing refers to this component; remove it, or set x-entry-point on a schema that users need"
            yield ("components", kind, name), message


def object_named(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        inline = not is_named(pointer) and pointer[-2] != "allOf"
        if inline and ("properties" in schema or "additionalProperties" in schema or schema.get("type") == "object"):
            yield pointer, "an object needs a name; move it to components/schemas and refer to it"


def enum_named(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        if "enum" not in schema:
            continue
        if not is_named(pointer):
            yield pointer, "an enum needs a name; move it to components/schemas and refer to it"
        elif schema.get("type") != "string" or not all(isinstance(value, str) for value in schema["enum"]):
            yield pointer, "an enum has strings only; allow null where the enum is used"


def nullable(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        kind = schema.get("type")
        if isinstance(kind, list) and not _is_type_list(kind):
            yield pointer, f"`type: {kind}` must be one scalar or `array`, and 'null' last; write others as a oneOf"
        if kind == "null" and pointer[-2] != "oneOf":
            yield pointer, "`type: 'null'` is for a branch of a oneOf"
        if "anyOf" in schema and any(branch.get("type") == "null" for branch in schema["anyOf"]):
            yield pointer, "use oneOf, not anyOf, for a schema that may be null"


def _is_type_list(kinds: list[str]) -> bool:
    return len(kinds) == 2 and kinds[0] in _NULLABLE and kinds[1] == "null"


def union_tagged(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        tag = schema.get("discriminator", {}).get("propertyName")
        if not tag:
            objects = [
                branch for branch in schema.get("oneOf", ()) if "$ref" in branch and _is_object(document, branch)
            ]
            if len(objects) > 1:
                yield pointer, "a union of objects needs a discriminator"
            continue
        if schema.get("type") != "object":
            yield pointer, "a tagged union needs `type: object`; without it some validators accept null as any variant"
        mapping = schema["discriminator"].get("mapping", {})
        if sorted(mapping.values()) != sorted(branch.get("$ref", "") for branch in schema.get("oneOf", ())):
            yield pointer, "the discriminator's mapping and the oneOf must list the same schemas"
        for value, reference in mapping.items():
            variant = resolve(document, {"$ref": reference})
            if variant.get("properties", {}).get(tag, {}).get("const") != value or tag not in variant.get(
                "required", ()
            ):
                yield pointer, f"{reference.rpartition('/')[2]} needs a required property {tag!r} with const {value!r}"


def _is_object(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    target = resolve(document, schema)
    return "properties" in target or target.get("type") == "object"


def const_tag_only(document: dict[str, Any]) -> Iterator[Finding]:
    tags = {
        (schema["discriminator"]["propertyName"], reference.rpartition("/")[2])
        for _, schema in schemas(document)
        if "discriminator" in schema
        for reference in schema["discriminator"].get("mapping", {}).values()
    }
    for pointer, schema in schemas(document):
        if "const" in schema and (len(pointer) < 5 or (pointer[-1], pointer[2]) not in tags):
            yield pointer, "const is only for the tag of a union variant"


def pattern_portable(document: dict[str, Any]) -> Iterator[Finding]:
    """Compile each pattern with Rust's regex engine, which has the syntax of RE2."""
    for pointer, node in walk(document):
        pattern = node.get("pattern") if isinstance(node, dict) else None
        if isinstance(pattern, str):
            try:
                jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
            except jsonschema_rs.ValidationError:
                yield pointer, f"engines such as RE2 refuse the pattern {pattern!r}; write it without look-around"
                continue
            try:
                jsonschema_rs.validator_for({"pattern": pattern})  # as `example_valid` compiles it
                re.compile(pattern)
            except jsonschema_rs.ValidationError:
                yield pointer, f"the pattern {pattern!r} is nested too deep"
            except (re.error, OverflowError, RecursionError) as error:
                yield pointer, f"Python refuses the pattern {pattern!r}: {error}"


def required_described(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        whole = document["components"]["schemas"][pointer[2]] if pointer[3:4] == ("allOf",) else schema
        for name in schema.get("required", ()):
            if not _has_property(document, whole, name):
                yield pointer, f"{name!r} is required, but is not a property"


def _has_property(document: dict[str, Any], schema: Any, name: str) -> bool:
    schema = resolve(document, schema)
    parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ())]
    return (
        name in schema.get("properties", {})
        or "additionalProperties" in schema
        or any(_has_property(document, part, name) for part in parts)
    )


def keyword_type(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        kind = schema.get("type")
        kinds = {kind} if isinstance(kind, str) else set(kind or ())
        for key in schema.keys() & _TYPES_OF_KEYWORDS:
            if kind and not kinds & _TYPES_OF_KEYWORDS[key]:
                yield pointer, f"{key} has no effect on {' or '.join(sorted(kinds))}"
        format_ = schema.get("format")
        if kind and format_ in _TYPES_OF_FORMATS and not kinds & _TYPES_OF_FORMATS[format_]:
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


def python_type_property(document: dict[str, Any]) -> Iterator[Finding]:
    """A model converts the values of its own fields only, not those inside a list, a map or another union."""
    for pointer, reference in references(document):
        if "x-python-type" not in lookup(document, reference):
            continue
        is_alone = len(pointer) == 5
        is_nullable = len(pointer) == 7 and pointer[5] == "oneOf" and len(reduce(getitem, pointer[:6], document)) == 2
        if pointer[3:4] != ("properties",) or not (is_alone or is_nullable):
            yield pointer, "a schema with x-python-type must be a property, alone or in a oneOf with null"


def secret_property(document: dict[str, Any]) -> Iterator[Finding]:
    received = received_schemas(document)
    for pointer, schema in schemas(document):
        if "x-secret" in schema and (pointer[-2] != "properties" or pointer[2] not in received):
            yield pointer, "x-secret is for a property of a response"


FIRST = (reference_alone, schemas_acyclic)
"""Rules that the others rely on."""

RULES = (
    component_used,
    keyword_type,
    all_of_objects,
    object_named,
    enum_named,
    nullable,
    union_tagged,
    const_tag_only,
    pattern_portable,
    required_described,
    python_type_property,
    secret_property,
)
