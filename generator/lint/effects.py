"""Rules about `x-effects`, so that a typo does not disable a check."""

from collections.abc import Iterator
from typing import Any

from ..document import JSON, operations, resolve, schema_name
from ..fragment import Finding
from .items import property_names, property_schemas

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


def property_effects(document: dict[str, Any]) -> Iterator[Finding]:
    returned = _returned(document)
    for name, schema in document["components"].get("schemas", {}).items():
        node, pointer = schema.get("x-effects", {}), ("components", "schemas", name)
        if unknown := node.keys() - _PROPERTIES:
            yield pointer, f"x-effects has the unknown keys {', '.join(sorted(unknown))}"
        known = property_names(document, schema)
        for key in node.keys() & _PROPERTIES:
            for each in node[key]:
                # A request may have properties that are ignored, and defaults of properties that it cannot have.
                is_unknown = key == "ignored" or (key == "defaults" and each.startswith("/"))
                if each.partition("/")[0] not in known and not is_unknown:
                    yield pointer, f"x-effects: {key}: the schema has no property {each}"
        for each, other in node.get("returned-as", {}).items():
            target = other.strip("/")
            if name in returned and not any(
                next(property_schemas(document, response, target.split("/")), None) is not None
                for response in returned[name]
            ):
                yield pointer, f"x-effects: returned-as: no response to {each} has {target}"


def _returned(document: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the schemas of the responses to requests, by the schema of the request body."""
    returned: dict[str, list[Any]] = {}
    for operation in operations(document):
        for content in resolve(document, operation.node.get("requestBody", {})).get("content", {}).values():
            contents = (each.get("content", {}).get(JSON, {}) for each in operation.success_responses.values())
            found = returned.setdefault(schema_name(content.get("schema")) or "", [])
            found += [each["schema"] for each in contents if "schema" in each]
    return returned


RULES = (effects, property_effects)
