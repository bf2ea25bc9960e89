"""Rules about `x-refusals`, so that a typo does not disable a check."""

from collections.abc import Iterator
from typing import Any

from ..document import OperationNode, operations, resolve
from ..fragment import Finding
from ..schema_messages import did_you_mean

_KEYS = {"after", "also", "body", "headers", "message", "only", "path", "query", "status", "when"}
_AFTER = {"body", "operation"}


def refusals(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {operation.node.get("operationId") for operation in operations(document)}
    for operation in operations(document):
        for entry in operation.node.get("x-refusals", []):
            if unknown := entry.keys() - _KEYS:
                yield operation.pointer, f"x-refusals has the unknown keys {', '.join(sorted(unknown))}"
            if str(entry.get("status")) not in operation.node["responses"]:
                yield operation.pointer, f"x-refusals: the status {entry.get('status')} is not documented"
            for name in {*entry.get("also", {}), *(each["operation"] for each in entry.get("after", ()))} - ids:
                yield operation.pointer, f"x-refusals: there is no operation {name}"
            for message in _unknown_names(document, operation, entry):
                yield operation.pointer, f"x-refusals: {message}"
            if any(each.keys() - _AFTER for each in entry.get("after", ())):
                yield operation.pointer, f"x-refusals: after has other keys than {', '.join(sorted(_AFTER))}"


def _unknown_names(document: dict[str, Any], operation: OperationNode, entry: dict[str, Any]) -> Iterator[str]:
    """Check the names of what a request has in place of valid values."""
    body = resolve(document, operation.node.get("requestBody", {})).get("content", {})
    properties = {
        name for each in body.values() for name in resolve(document, each.get("schema", {})).get("properties", {})
    }
    parameters = {each: set[str]() for each in ("path", "query")}
    for each in operation.parameters:
        if each["in"] in parameters:
            parameters[each["in"]].add(each["name"].removesuffix("[]"))
    for key, known, noun in (
        ("body", properties, "body has no property"),
        ("path", parameters["path"], "path has no parameter"),
        ("query", parameters["query"], "query has no parameter"),
    ):
        for name in sorted({each.removesuffix("[]") for each in entry.get(key, {})} - known):
            # A request may be refused because it has an unknown property, which is not a typo of a known one.
            if key == "path" or did_you_mean(name, known):
                yield f"the {noun} {name}{did_you_mean(name, known)}"


RULES = (refusals,)
