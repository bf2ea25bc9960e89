"""Adds OpenAPI links: what can be done with an object that an answer holds.

They follow from the paths, so nobody has to write them. A link leads from what creates or lists objects to what reads
one, to what lists or creates things that belong to it, and from what creates one also to what changes or removes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .bundle import OperationNode, operations
from .document import resolve

_PARAMETER = re.compile(r"\{([^{}]+)\}")


def add_links(document: dict[str, Any]) -> None:
    """Add links to the success answers of `document`."""
    everything = [operation for operation in operations(document) if not operation.node.get("x-undocumented")]
    members = {operation.path.rpartition("/")[0]: operation.path for operation in everything if _names_one(operation)}
    for operation in everything:
        member = members.get(operation.path)
        if member is None or operation.method not in ("get", "post"):
            continue
        created = operation.method == "post"
        following = [
            other
            for other in everything
            if (other.path == member and (created or other.method == "get"))
            or (other.method in ("get", "post") and other.path in members and _owner(other.path) == member)
        ]
        _add(document, operation, _parameters(member)[-1], following)


def _add(document: dict[str, Any], operation: OperationNode, name: str, following: Sequence[OperationNode]) -> None:
    for status, response in operation.node.get("responses", {}).items():
        if not str(status).startswith("2") or "$ref" in response:
            continue
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        place = next(_places(document, schema, name), None)
        if place is None or not following:
            continue
        values = {parent: f"$request.path.{parent}" for parent in _parameters(operation.path)}
        values[name] = f"$response.body#{place}"
        response["links"] = {
            other.node["operationId"]: {"operationId": other.node["operationId"], "parameters": dict(values)}
            for other in following
        }


def _names_one(operation: OperationNode) -> bool:
    return operation.path.endswith("}")


def _parameters(path: str) -> list[str]:
    return _PARAMETER.findall(path)


def _owner(path: str) -> str:
    """Return the template up to its last parameter: the object that a path belongs to."""
    return path[: path.rindex("}") + 1] if "}" in path else path


def _places(document: dict[str, Any], schema: dict[str, Any], name: str) -> Iterator[str]:
    """Yield where a body has what stands for an object in paths: in the object, or in the first one of a list."""
    schema = resolve(document, schema)
    properties = dict(_properties(document, schema))
    if schema.get("type") == "array":
        yield from (f"/0{place}" for place in _places(document, schema["items"], name))
    elif "items" in properties and "links" in properties:
        yield from (f"/items{place}" for place in _places(document, properties["items"], name))
    else:
        yield from (f"/{key}" for key in _keys(name) if key in properties)


def _keys(name: str) -> tuple[str, ...]:
    """Return the properties that may stand for an object in a path: `id` for `job_id`, `slug` for `pipeline`."""
    stem, _, kind = name.rpartition("_")
    match kind:
        case "id":
            return ("id", "uuid")
        case "uuid":
            return (f"{stem}_id", "uuid", "id")
        case _:
            return (name, "slug", "id", "uuid")


def _properties(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the properties of an object, or those that a variant of a union has."""
    schema = resolve(document, schema)
    yield from schema.get("properties", {}).items()
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())[:1]):
        yield from _properties(document, part)
