"""Marks of enumerations that responses use, to which the API may add values at any time."""

from typing import Any

from .document import operations, reachable_schemas

_MARK = "x-open-enum"


def mark_open_enums(document: dict[str, Any]) -> None:
    """Add `x-open-enum` to each named enumeration that responses or webhooks use.

    The mark is right before `enum`, because the command `spec --open-enums` replaces both as text.
    """
    received: list[Any] = [operation.node["responses"] for operation in operations(document)]
    schemas = document["components"]["schemas"]
    for name in reachable_schemas(document, [*received, document.get("webhooks", {})]):
        if "enum" in schemas[name]:
            pairs = [((_MARK, True), each) if each[0] == "enum" else (each,) for each in schemas[name].items()]
            schemas[name] = dict(pair for group in pairs for pair in group)
