"""Puts what exists on the server into the examples of the description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from .._base.json_values import is_array, is_object
from .operation import Operation
from .targets import KnownIds, Values


def with_known_ids(raw: Mapping[str, Any], ids: KnownIds) -> dict[str, Any]:
    """Return a copy of the description where bodies of requests have `ids`, by the name of the property.

    A pipeline is not created in a cluster that nobody has.
    """
    copy: dict[str, Any] = deepcopy(dict(raw))
    for schema in copy.get("components", {}).get("schemas", {}).values():
        for name, described in schema.get("properties", {}).items():
            if name in ids and described.get("type") == ("string" if isinstance(ids[name], str) else "array"):
                described["examples"] = [ids[name]]
    for item in copy["paths"].values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get("examples", {}).values():
                    example["value"] = with_ids(example["value"], ids)
    return copy


def with_objects(raw: dict[str, Any], operation: Operation, objects: Sequence[Values]) -> None:
    """Give each path parameter of an operation one example per object, in place of its own.

    Examples of the same name go together in a request.
    """
    node = raw["paths"][operation.path][operation.method.lower()]
    described: list[Mapping[str, Any]] = []
    for parameter in node.get("parameters", []):
        reference = parameter.get("$ref", "").rpartition("/")[2]
        resolved = raw["components"]["parameters"][reference] if reference else parameter
        if resolved["in"] == "path":
            own = {key: value for key, value in resolved.items() if key not in {"example", "examples"}}
            named = {f"object {n}": {"value": values[resolved["name"]]} for n, values in enumerate(objects)}
            described.append({**own, "examples": named} if named else own)
        else:
            described.append(parameter)
    node["parameters"] = described


def with_ids(value: Any, ids: KnownIds) -> Any:
    """Return a body with `ids` in place of its own."""
    if is_array(value):
        return [with_ids(item, ids) for item in value]
    if is_object(value):
        return {key: ids.get(key) or with_ids(item, ids) for key, item in value.items()}
    return value
