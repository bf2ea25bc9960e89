"""The packages `models` and `params`: data types of responses and of requests."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .buildkite import PACKAGE
from .datamodel_code_generator import STRUCTS, TYPED_DICTS, write_types
from .document import JSON, SCHEMA_PREFIX, operations, reachable_schemas, resolve


def write_models(document: dict[str, Any], folder: Path) -> dict[str, str]:
    """Write a `msgspec.Struct` for each schema that a success response or a webhook needs.

    Returns the module of each public name.
    """
    selected = _select(document, _response_roots(document))
    return write_types(_with_time_zones(selected, f"{PACKAGE}.types.AwareDatetime"), folder, STRUCTS)


def write_params(document: dict[str, Any], folder: Path) -> dict[str, str]:
    """Write a `TypedDict` or literal type for each schema that an argument of a method needs.

    Returns the module of each public name.
    """
    return write_types(_select(document, _request_roots(document)), folder, TYPED_DICTS)


def _response_roots(document: dict[str, Any]) -> Iterator[Any]:
    for operation in operations(document):
        yield from (response.get("content", {}) for response in operation.success_responses.values())
    yield from document.get("webhooks", {}).values()
    for name, schema in document["components"]["schemas"].items():
        if schema.get("x-entry-point"):
            yield {"$ref": f"{SCHEMA_PREFIX}{name}"}


def _request_roots(document: dict[str, Any]) -> Iterator[Any]:
    for operation in operations(document):
        body = operation.node.get("requestBody", {}).get("content", {}).get(JSON, {})
        # A method has an argument for each property, so that the type of the body is in no signature.
        yield resolve(document, body.get("schema", {})).get("properties", {})
        yield from (parameter.get("schema", {}) for parameter in operation.parameters)


def _select(document: dict[str, Any], roots: Iterable[Any]) -> dict[str, Any]:
    """Return a document with only the schemas that `roots` need."""
    names = reachable_schemas(document, roots)
    schemas = {name: schema for name, schema in document["components"]["schemas"].items() if name in names}
    return {"openapi": document["openapi"], "info": document["info"], "paths": {}, "components": {"schemas": schemas}}


def _with_time_zones(node: Any, aware: str) -> Any:
    """Copy schemas so that each `date-time` has the type `aware`, unless it has another type already."""
    if isinstance(node, list):
        return [_with_time_zones(value, aware) for value in node]
    if not isinstance(node, dict) or "x-python-type" in node:
        return node
    if node.get("format") != "date-time":
        return {key: _with_time_zones(value, aware) for key, value in node.items()}
    if isinstance(node["type"], str):
        return node | {"x-python-type": aware}
    # datamodel-code-generator ignores `x-python-type` beside a list of types.
    time = {"type": "string", "format": "date-time", "x-python-type": aware}
    others = {key: value for key, value in node.items() if key not in time}
    return others | {"oneOf": [time, {"type": "null"}]}
