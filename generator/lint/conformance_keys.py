"""Rules about the keys that only the conformance runner uses, so that a typo does not disable a check."""

from collections.abc import Iterator
from typing import Any

from ..document import JSON, OperationNode, operations, reachable_schemas, resolve
from ..fragment import Finding
from .items import property_schemas

_STRICT = {"without"}
_INVALID = {"code", "field", "value"}


def operation_strict(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        strict = operation.node.get("x-strict", {})
        if unknown := strict.keys() - _STRICT:
            yield operation.pointer, f"x-strict of an operation has the unknown keys {', '.join(sorted(unknown))}"
        if not strict:
            continue
        known = _properties(document, operation)
        for name in (each for key in _STRICT & strict.keys() for each in strict[key]):
            if name not in known:
                yield operation.pointer, f"x-strict: the objects in the response have no property {name}"


def _properties(document: dict[str, Any], operation: OperationNode) -> set[str]:
    found = set[str]()
    for response in operation.success_responses.values():
        schema = resolve(document, response.get("content", {}).get(JSON, {}).get("schema", {}))
        found |= resolve(document, schema.get("items", schema)).get("properties", {}).keys()
    return found


def messages(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for status in operation.node.get("x-messages", ()):
            if status not in operation.node["responses"]:
                yield operation.pointer, f"x-messages: the status {status} is not documented"
        if "x-field-errors" in operation.node and "422" not in operation.node["responses"]:
            yield operation.pointer, "x-field-errors is for an operation with 422"


def invalid_examples(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        body = resolve(document, operation.node.get("requestBody", {}))
        content = body.get("content", {}).get(JSON, {})
        for name, example in content.get("x-invalid-examples", {}).items():
            if example.keys() - _INVALID:
                yield operation.pointer, f"x-invalid-examples: {name} has a field and a value, and perhaps a code"
            if example["field"] and not _has_field(document, content.get("schema", {}), example["field"]):
                yield operation.pointer, f"x-invalid-examples: {name}: the body has no property {example['field']}"


def _has_field(document: dict[str, Any], schema: Any, field: str) -> bool:
    """Return whether the last name in `field` is a property of the body or of an object in it. Maps have all."""
    inner = (document["components"]["schemas"][name] for name in reachable_schemas(document, [schema]))
    name = field.rpartition(".")[2]
    return any(next(property_schemas(document, each, [name]), None) is not None for each in (schema, *inner))


def needs_scope(document: dict[str, Any]) -> Iterator[Finding]:
    scopes = [scope for operation in operations(document) for scope in operation.node.get("x-scopes", ())]
    for name, schema in document["components"].get("schemas", {}).items():
        for key, each in schema.get("properties", {}).items():
            if "x-needs-scope" in each and each["x-needs-scope"] not in scopes:
                pointer = ("components", "schemas", name, "properties", key)
                yield pointer, f"x-needs-scope: no operation needs the scope {each['x-needs-scope']}"


def implications(document: dict[str, Any]) -> Iterator[Finding]:
    for name, schema in document["components"].get("schemas", {}).items():
        for entry in schema.get("x-implies", ()):
            pointer = ("components", "schemas", name)
            if others := entry.keys() - {"when", "then"}:
                yield pointer, f"x-implies has the unknown keys {', '.join(sorted(others))}"
            for path in sorted(entry["when"].keys() | entry["then"].keys()):
                if next(property_schemas(document, schema, path.removeprefix("/").split("/")), None) is None:
                    yield pointer, f"x-implies: there is no property {path}"


RULES = (operation_strict, messages, invalid_examples, needs_scope, implications)
