"""Rules about the values in extensions: expressions, and values of enumerations."""

import re
from collections.abc import Iterator
from typing import Any

from ..document import JSON, OperationNode, operations, resolve, walk
from ..fragment import Finding, Pointer
from ..schema_messages import did_you_mean
from ..schema_positions import schemas

_EXPRESSION = re.compile(r"\$([A-Za-z]+(?:\.[A-Za-z_]+)?)(?:#(/.*))?")

_POINTERS = {"before", "object", "path", "request.body", "response.body", "sibling", "user"}
"""Expressions that may have a JSON pointer."""
_ITEMS = ("list", "prefix", "swapcase")
"""Expressions with the operation of a list behind a dot, and a JSON pointer into one of its items."""
_NAMED = ("other", "reference")
"""Expressions with any name behind a dot."""
_WORDS = {
    "x-effects": {
        *("before", "earlier", "future", "increment", "new", "now", "request.body", "response.body", "set"),
        *("sibling", "unset", "user", "object", "path"),
    },
    "x-implies": {"set"},
    "x-refusals": {"cursor", "object", "path", "set", "unset", "user"},
}


def expression_known(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {str(operation.node.get("operationId")) for operation in operations(document)}
    for pointer, extension, value in _values(document):
        problem = _problem(value, extension, ids, is_schema=pointer[:2] == ("components", "schemas"))
        if problem:
            yield pointer, f"{extension}: {problem}"


def _values(document: dict[str, Any]) -> Iterator[tuple[Pointer, str, str]]:
    """Yield the pointer of each extension with expressions, its name, and each text in it that begins with `$`."""
    nodes = [(each.pointer, each.node) for each in operations(document)]
    for pointer, node in (*nodes, *schemas(document)):
        for extension in _WORDS.keys() & node.keys():
            for below, value in walk(node[extension]):
                if isinstance(value, str) and value.startswith("$"):
                    yield (*pointer, extension, *below), extension, value


def _problem(value: str, extension: str, ids: set[str], *, is_schema: bool) -> str | None:
    words = {"slug", "user", *ids} if is_schema and extension == "x-effects" else _WORDS[extension]
    match = _EXPRESSION.fullmatch(value)
    head = match[1] if match else value[1:].partition("#")[0]
    kind, _, name = head.partition(".")
    if match and kind in _ITEMS and not is_schema:
        return None if name in ids else f"there is no operation {name}{did_you_mean(name, ids)}"
    if match and kind in _NAMED and name and not is_schema:
        return None
    if head not in words:
        return f"{value!r} is not an expression{did_you_mean(head, words)}"
    if match is None or (match[2] and head not in _POINTERS and not is_schema):
        return f"{value!r} is not an expression; {head} has no JSON pointer"
    return None


def enum_value(document: dict[str, Any]) -> Iterator[Finding]:
    for name, schema in document["components"].get("schemas", {}).items():
        for entry in schema.get("x-implies", ()):
            for values in (entry["when"], entry["then"]):
                for message in _unknown_values(document, schema, values):
                    yield ("components", "schemas", name, "x-implies"), message
    for operation in operations(document):
        schema = _object(document, operation)
        for index, entry in enumerate(operation.node.get("x-effects", ())):
            if "of" in entry or "read" in entry:  # of another object
                continue
            for message in _unknown_values(document, schema, {**entry.get("when", {}), **entry.get("sets", {})}):
                yield (*operation.pointer, "x-effects", str(index)), message


def _object(document: dict[str, Any], operation: OperationNode) -> dict[str, Any]:
    """Return the schema of the object in a response."""
    content = operation.success_responses.get("200", {}).get("content", {})
    schema: dict[str, Any] = resolve(document, content.get(JSON, {}).get("schema", {}))
    return schema


def _unknown_values(document: dict[str, Any], schema: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        node = schema.get("properties", {}).get(name, {})
        branches = [resolve(document, each) for each in (node, *node.get("oneOf", ()))]
        known = [value for branch in branches for value in branch.get("enum", ())]
        for each in value if isinstance(value, list) else [value]:
            if known and isinstance(each, str) and not each.startswith("$") and each not in known:
                yield f"{name} is never {each!r}{did_you_mean(each, known)}"


RULES = (expression_known, enum_value)
