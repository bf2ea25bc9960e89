"""Additions to the document: OpenAPI links, and marks of enumerations that may gain values.

Links lead from a response to the operations on the objects in it, by the paths. An operation that lists or creates
objects is linked to the one that reads an object and to those that list or create what belongs to it; one that creates
also to those that update or delete the object.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from .buildkite import PAGINATION
from .document import JSON, OperationNode, operations, parameter_names, reachable_schemas, resolve

_ENVELOPES = [kind.envelope for kind in PAGINATION.values() if kind and kind.envelope]


def add_links(document: dict[str, Any]) -> None:
    """Add links to the success responses of `document`."""
    candidates = [operation for operation in operations(document) if not operation.node.get("x-undocumented")]
    members = {each.path.rpartition("/")[0]: each.path for each in candidates if each.path.endswith("}")}
    for operation in candidates:
        member = members.get(operation.path)
        if member is None or operation.method not in ("get", "post"):
            continue
        created = operation.method == "post"
        targets = [
            other
            for other in candidates
            if (other.path == member and (created or other.method == "get"))
            or (other.method in ("get", "post") and other.path in members and _owner(other.path) == member)
        ]
        _add(document, operation, parameter_names(member)[-1], targets)


def mark_open_enums(document: dict[str, Any]) -> None:
    """Add `x-open-enum` to each named enumeration that responses or webhooks use.

    The mark is right before `enum`, because the command `spec --open-enums` replaces both as text.
    """
    received: list[Any] = [operation.node["responses"] for operation in operations(document)]
    schemas = document["components"]["schemas"]
    for name in reachable_schemas(document, [*received, document.get("webhooks", {})]):
        if "enum" in schemas[name]:
            pairs = [(("x-open-enum", True), each) if each[0] == "enum" else (each,) for each in schemas[name].items()]
            schemas[name] = dict(pair for group in pairs for pair in group)


def _add(document: dict[str, Any], operation: OperationNode, name: str, targets: Sequence[OperationNode]) -> None:
    for status, response in operation.node.get("responses", {}).items():
        if not str(status).startswith("2") or "$ref" in response:
            continue
        schema = response.get("content", {}).get(JSON, {}).get("schema", {})
        pointer = next(_pointers(document, schema, name), None)
        if pointer is None or not targets:
            continue
        values = {parent: f"$request.path.{parent}" for parent in parameter_names(operation.path)}
        values[name] = f"$response.body#{pointer}"
        response["links"] = {
            other.node["operationId"]: {"operationId": other.node["operationId"], "parameters": dict(values)}
            for other in targets
        }


def _owner(path: str) -> str:
    """Return the path up to its last parameter: the object that a path belongs to."""
    return path[: path.rindex("}") + 1] if "}" in path else path


def _pointers(document: dict[str, Any], schema: dict[str, Any], name: str) -> Iterator[str]:
    """Yield JSON pointers to the value of path parameter `name`: in the object, or in the first one of a list."""
    schema = resolve(document, schema)
    properties = dict(_properties(document, schema))
    if schema.get("type") == "array":
        yield from (f"/0{pointer}" for pointer in _pointers(document, schema["items"], name))
    elif envelope := next((each for each in _ENVELOPES if properties.keys() >= set(each)), None):
        items = envelope[0]
        yield from (f"/{items}{pointer}" for pointer in _pointers(document, properties[items], name))
    else:
        yield from (f"/{key}" for key in _keys(name) if key in properties)


def _keys(name: str) -> tuple[str, ...]:
    """Return the properties that may hold a path parameter: `id` for `job_id`, `slug` for `pipeline`."""
    stem, _, kind = name.rpartition("_")
    match kind:
        case "id":
            return ("id", "uuid")
        case "uuid":
            return (f"{stem}_id", "uuid", "id")
        case _:
            return (name, "slug", "id", "uuid")


def _properties(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the properties of an object, or those of the first variant of a union."""
    schema = resolve(document, schema)
    yield from schema.get("properties", {}).items()
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())[:1]):
        yield from _properties(document, part)
