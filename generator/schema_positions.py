"""Positions of schemas in a document."""

from collections.abc import Iterator
from typing import Any

from .document import walk
from .fragment import Pointer


def schemas(document: dict[str, Any]) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield every schema object, named and inline."""
    for pointer, node in walk(document):
        if isinstance(node, dict) and "$ref" not in node and is_schema_position(pointer):
            yield pointer, node


def is_schema_position(pointer: Pointer) -> bool:
    """Return whether the value at `pointer` is a schema."""
    if is_named(pointer):
        return True
    if pointer[-1:] in (("schema",), ("items",), ("additionalProperties",)) and pointer[-2:-1] != ("properties",):
        return True
    return len(pointer) > 3 and pointer[-2] in ("properties", "oneOf", "anyOf", "allOf") and pointer[-3] != "properties"


def is_named(pointer: Pointer) -> bool:
    """Return whether the value at `pointer` is a component schema."""
    return len(pointer) == 3 and pointer[:2] == ("components", "schemas")
