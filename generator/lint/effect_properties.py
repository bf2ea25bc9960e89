"""A rule about the properties that `x-effects` of an operation names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..document import JSON, OperationNode, operations, resolve, walk
from ..fragment import Finding
from ..schema_messages import did_you_mean
from .items import property_names

_POINTER = re.compile(r"\$(request\.body|response\.body|before)#/([^/]+)")
_REQUEST_BODY = "request.body"


def effect_property(document: dict[str, Any]) -> Iterator[Finding]:
    by_id = {str(operation.node.get("operationId")): operation for operation in operations(document)}
    for operation in operations(document):
        for index, entry in enumerate(operation.node.get("x-effects", ())):
            for message in _problems(document, operation, entry, by_id):
                yield (*operation.pointer, "x-effects", str(index)), f"x-effects: {message}"


def _problems(
    document: dict[str, Any], operation: OperationNode, entry: dict[str, Any], by_id: Mapping[str, OperationNode]
) -> Iterator[str]:
    name = operation.node.get("operationId")
    changed, returned = _object(document, operation, entry, by_id), _response(document, operation)
    sent = _body(document, operation)
    query = {parameter["name"].removesuffix("[]") for parameter in operation.parameters if parameter["in"] == "query"}
    of_name, of_object = f"of the response of {name}", f"of the object that {name} changes"
    yield from _unknown(entry.get("returns", ()), returned, of_name)
    for key in ("when", "sets"):
        yield from _unknown(entry.get(key, ()), changed, of_object)
    if "also" in entry:
        yield from _unknown(entry["also"], changed | _below(document, operation), of_object)
    yield from _unknown(entry.get("body", ()), sent, f"of the request body of {name}")
    yield from _unknown((each.removesuffix("[]") for each in entry.get("query", ())), query, f"of the query of {name}")
    for other, values in entry.get("elsewhere", {}).items():
        if other in by_id:
            found = _response(document, by_id[other])
            yield from _unknown(values.keys() - {"unless"}, found, f"of the response of {other}")
    places = {_REQUEST_BODY: sent, "response.body": returned, "before": changed}
    for _, value in walk(entry):
        if isinstance(value, str) and (match := _POINTER.match(value)):
            yield from _unknown([match[2]], places[match[1]], f"of ${match[1]}")
        elif isinstance(value, dict) and isinstance(value.get("count"), str):
            yield from _unknown([value["count"]], changed, of_object)


def _object(
    document: dict[str, Any], operation: OperationNode, entry: dict[str, Any], by_id: Mapping[str, OperationNode]
) -> set[str]:
    """Return the properties of the object that a request changes, or nothing if no operation reads it."""
    named = by_id.get(entry.get("read", entry.get("of", "")))
    if named is not None:
        return _response(document, named)
    path, known = operation.path, _response(document, operation)
    while path.strip("/"):
        if "get" in document["paths"].get(path, {}):
            return known | _response(document, OperationNode(document, path, "get"))
        path = path.rpartition("/")[0]
    return known


def _below(document: dict[str, Any], operation: OperationNode) -> set[str]:
    """Return the properties of the objects below the path of the object, such as the schedules of a pipeline."""
    above = f"{operation.path[: operation.path.rfind('}') + 1]}/"
    below = (each for each in operations(document) if each.method == "get" and each.path.startswith(above))
    return {name for each in below for name in _response(document, each)}


def _response(document: dict[str, Any], operation: OperationNode) -> set[str]:
    contents = (response.get("content", {}) for response in operation.success_responses.values())
    return {name for each in contents for name in property_names(document, each.get(JSON, {}).get("schema", {}))}


def _body(document: dict[str, Any], operation: OperationNode) -> set[str]:
    contents = resolve(document, operation.node.get("requestBody", {})).get("content", {}).values()
    return {name for each in contents for name in property_names(document, each.get("schema", {}))}


def _unknown(names: Any, known: set[str], of_what: str) -> Iterator[str]:
    for name in names:
        key = str(name).strip("/").partition("/")[0]
        if key not in known:
            yield f"{name} is not a property {of_what}{did_you_mean(key, known)}"


RULES = (effect_property,)
