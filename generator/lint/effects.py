"""Rules about `x-effects`, so that a typo does not disable a check."""

from collections.abc import Iterator
from typing import Any

from ..document import JSON, OperationNode, operations, resolve
from ..fragment import Finding

_SCENARIO = {
    "after",
    "also",
    "body",
    "elsewhere",
    "in",
    "not-in",
    "object",
    "of",
    "query",
    "read",
    "refused",
    "repeated",
    "returns",
    "sets",
    "undone-by",
    "when",
}
_REPEATED = {"refused", "same"}
_OBJECTS = {"created", "new"}
_OPERATIONS = ("of", "read", "undone-by")
_LISTS = ("in", "not-in")
_PROPERTIES = {
    "batch",
    "changes",
    "defaults",
    "derived",
    "ignored",
    "ignored-with",
    "lasting",
    "needed",
    "null-means-default",
    "relations",
    "returned-as",
    "risky",
    "settled",
    "unique",
    "volatile",
    "write-only",
}


def effects(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {operation.node.get("operationId"): operation for operation in operations(document)}
    for operation in operations(document):
        pointer = operation.pointer
        for entry in operation.node.get("x-effects", ()):
            if unknown := entry.keys() - _SCENARIO:
                yield pointer, f"x-effects has the unknown keys {', '.join(sorted(unknown))}"
            if entry.get("repeated", "same") not in _REPEATED:
                yield pointer, f"x-effects: repeated must be one of {', '.join(sorted(_REPEATED))}"
            if entry.get("object", "new") not in _OBJECTS:
                yield pointer, f"x-effects: object must be one of {', '.join(sorted(_OBJECTS))}"
            names = [*(entry[key] for key in _OPERATIONS if key in entry), *entry.get("elsewhere", ())]
            names += [each["operation"] for each in entry.get("after", ())]
            for name in (*names, *(each for key in _LISTS for each in entry.get(key, ()))):
                if name not in ids:
                    yield pointer, f"x-effects: there is no operation {name}"
            if "returns" in entry:
                yield from _unknown(document, operation, entry["returns"], pointer)
            elif (name := entry.get("read", entry.get("of"))) in ids:
                yield from _unknown(document, ids[name], entry.get("sets", {}), pointer)


def _unknown(
    document: dict[str, Any], operation: OperationNode, values: dict[str, Any], pointer: tuple[str, ...]
) -> Iterator[Finding]:
    known = set[str]()
    for response in operation.success_responses.values():
        known |= _properties(document, response.get("content", {}).get(JSON, {}).get("schema", {}))
    for name in values:
        if name.strip("/").partition("/")[0] not in known:
            yield pointer, f"x-effects: {name} is not a property of the response of {operation.node.get('operationId')}"


def _properties(document: dict[str, Any], node: Any) -> set[str]:
    schema = resolve(document, node)
    if "items" in schema:
        return _properties(document, schema["items"])
    parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ())]
    return set(schema.get("properties", ())).union(*(_properties(document, part) for part in parts))


def property_effects(document: dict[str, Any]) -> Iterator[Finding]:
    for name, schema in document["components"].get("schemas", {}).items():
        node, pointer = schema.get("x-effects", {}), ("components", "schemas", name)
        if unknown := node.keys() - _PROPERTIES:
            yield pointer, f"x-effects has the unknown keys {', '.join(sorted(unknown))}"
        known = _properties(document, schema)
        for key in node.keys() & _PROPERTIES:
            for each in node[key]:
                # A request may have properties that are ignored, and defaults of properties that it cannot have.
                is_unknown = key == "ignored" or (key == "defaults" and each.startswith("/"))
                if each.partition("/")[0] not in known and not is_unknown:
                    yield pointer, f"x-effects: {key}: the schema has no property {each}"


RULES = (effects, property_effects)
