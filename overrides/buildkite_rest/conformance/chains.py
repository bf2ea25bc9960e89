"""Tells schemathesis what can be done with an object that an answer holds, for the phase *stateful*.

It can guess such links by the names of things, but not that an object stays with its parents. Some checks need to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._json import as_array, as_object
from .description import Operation, parameters_of
from .targets import keys_for, own_path


def add_links(raw: dict[str, Any], operations: Sequence[Operation]) -> None:
    """Add links to `raw`, from operations that create or list objects.

    They lead to what reads one, to what lists or creates things that belong to it, and, if it is new, to what changes
    or removes it. More would not be better: the requests of this phase are few, and actions are tried in the others.
    """
    collections = {path.rpartition("/")[0]: path for operation in operations if (path := operation.path).endswith("}")}
    for operation in operations:
        member = collections.get(operation.path)
        if member is not None and operation.method in {"GET", "POST"}:
            following = [
                other
                for other in operations
                if (other.path == member and (other.reads or operation.method == "POST"))
                or (other.path in collections and own_path(other.path) == member and other.method in {"GET", "POST"})
            ]
            _add(raw, operation, parameters_of(member)[-1], following)


def _add(raw: dict[str, Any], operation: Operation, name: str, following: Iterable[Operation]) -> None:
    node = raw["paths"][operation.path][operation.method.lower()]
    for status, response in node["responses"].items():
        if not str(status).startswith("2"):
            continue
        schema = as_object(as_object(as_object(response.get("content")).get("application/json")).get("schema"))
        for place in _places(raw, schema, name):
            values = {parent: f"$request.path.{parent}" for parent in operation.parameters}
            values[name] = f"$response.body#{place}"
            response["links"] = {other.id: {"operationId": other.id, "parameters": values} for other in following}


def _places(raw: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> Iterator[str]:
    """Return where a body has what stands for an object: in the object, or in the first one of a list."""
    schema = _resolved(raw, schema)
    properties = dict(_properties(raw, schema))
    if schema.get("type") == "array":
        yield from (f"/0{place}" for place in _places(raw, as_object(schema.get("items")), name))
    elif "items" in properties and "links" in properties:
        yield from (f"/items{place}" for place in _places(raw, as_object(properties["items"]), name))
    elif (key := next((key for key in keys_for(name) if key in properties), None)) is not None:
        yield f"/{key}"


def _properties(raw: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the properties of an object, or those that all variants of a union may have."""
    schema = _resolved(raw, schema)
    yield from as_object(schema.get("properties")).items()
    for part in (*as_array(schema.get("allOf")), *as_array(schema.get("oneOf"))[:1]):
        yield from _properties(raw, part)


def _resolved(raw: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return schema if reference is None else raw["components"]["schemas"][reference.rpartition("/")[2]]
