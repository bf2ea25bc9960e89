"""Values that a schema accepts, with references, `allOf` and unions resolved, so that two schemas can be compared."""

from typing import Any

from attrs import frozen

from ..document import resolve


@frozen
class Shape:
    """The values that a schema accepts."""

    types: frozenset[str]
    """JSON types; empty if any is accepted."""
    values: tuple[Any, ...] | None
    """Members of an enum, or None."""
    variants: dict[str, dict[str, Any]]
    """Schemas of objects, by the value of the tag; for an object without a tag, by an empty string."""
    keywords: dict[str, Any]
    """Other keywords; empty for a union."""


def without_null(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return a schema without null among its alternatives, and whether it was one.

    A schema with a single alternative is replaced by it.
    """
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        return {**schema, "type": [kind for kind in kinds if kind != "null"]}, True
    for key in ("allOf", "oneOf", "anyOf"):
        parts: list[dict[str, Any]] = schema.get(key, [])
        others = [part for part in parts if part.get("type") != "null"]
        if len(others) == 1 and "properties" not in schema:
            inner, is_nullable = without_null(others[0])
            return inner, is_nullable or len(parts) > 1
        if len(others) < len(parts):
            return {**schema, key: others}, True
    return schema, False


def shape(document: dict[str, Any], schema: dict[str, Any]) -> Shape:
    """Return what `schema` accepts."""
    whole = merged(document, schema)
    if branches := whole.get("oneOf") or whole.get("anyOf"):
        shapes = [shape(document, branch) for branch in branches]
        has_type = all(each.types for each in shapes)
        scalars = [each.values for each in shapes if not each.variants]
        enums = [values for values in scalars if values is not None]
        return Shape(
            types=frozenset(kind for each in shapes for kind in each.types) if has_type else frozenset(),
            values=tuple(value for each in enums for value in each) if enums and len(enums) == len(scalars) else None,
            variants={
                tag: branch if "$ref" in branch else variant
                for each, branch in zip(shapes, branches, strict=True)
                for tag, variant in each.variants.items()
            },
            keywords={},
        )
    kind = whole.get("type", "object" if "properties" in whole else [])
    return Shape(
        types=frozenset([kind] if isinstance(kind, str) else kind),
        values=tuple(whole["enum"]) if "enum" in whole else None,
        variants={_tag(document, whole): whole} if "properties" in whole else {},
        keywords=whole,
    )


def merged(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with the parts of its `allOf` merged into it."""
    schema = resolve(document, schema)
    parts = [merged(document, part) for part in schema.get("allOf", ())]
    whole = {key: value for part in [*parts, schema] for key, value in part.items() if key != "allOf"}
    if any("properties" in part for part in [*parts, schema]):
        whole["properties"] = {
            name: value for part in [*parts, schema] for name, value in part.get("properties", {}).items()
        }
        whole["required"] = [name for part in [*parts, schema] for name in part.get("required", ())]
    return whole


def _tag(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return the value of the tag of a variant. Only tags are `const`."""
    properties = (resolve(document, each) for each in schema["properties"].values())
    return next((str(each["const"]) for each in properties if "const" in each), "")
