"""Schemas of the items of lists, and of their properties."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..buildkite import PAGINATION
from ..document import JSON, OperationNode, resolve


def list_item(document: dict[str, Any], operation: OperationNode) -> Any:
    """Return the schema of an item of a list, or None if the response is not a list."""
    schema, name = _response(document, operation), operation.node.get("x-pagination")
    if isinstance(name, str) and (kind := PAGINATION.get(name)):
        schema = resolve(document, kind.items(schema) or {})
    return schema.get("items")


def item(document: dict[str, Any], operation: OperationNode) -> Any:
    """Return the schema of an item of a list, or of the object of another response."""
    return list_item(document, operation) or _response(document, operation)


def _response(document: dict[str, Any], operation: OperationNode) -> dict[str, Any]:
    response = resolve(document, operation.node.get("responses", {}).get("200", {}))
    schema: dict[str, Any] = resolve(document, response.get("content", {}).get(JSON, {}).get("schema", {}))
    return schema


def property_schemas(document: dict[str, Any], schema: Any, path: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the schemas of a property, of which a union may have several. `*` in `path` is any item of an array.

    Maps have all properties.
    """
    schema = resolve(document, schema)
    if not path:
        yield schema
        return
    if "items" in schema:
        yield from property_schemas(document, schema["items"], path[1:] if path[0] == "*" else path)
        return
    if path[0] in schema.get("properties", {}):
        yield from property_schemas(document, schema["properties"][path[0]], path[1:])
    if schema.get("additionalProperties") and path[0] != "*":
        yield {}
    for part in parts(schema):
        yield from property_schemas(document, part, path)


def parts(schema: dict[str, Any]) -> list[Any]:
    """Return the members of a union or a composition."""
    return [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ())]


def property_names(document: dict[str, Any], node: Any) -> set[str]:
    """Return the names of the properties of a schema, of its items, or of its parts."""
    schema = resolve(document, node)
    if "items" in schema:
        return property_names(document, schema["items"])
    return set(schema.get("properties", ())).union(*(property_names(document, part) for part in parts(schema)))
