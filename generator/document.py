"""Walks a document and follows its references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .fragment import Pointer

SCHEMA_PREFIX = "#/components/schemas/"


def resolve(document: dict[str, Any], node: Any) -> Any:
    """Return what `node` refers to, or `node` itself when it is no reference."""
    while isinstance(node, dict) and "$ref" in node:
        node = lookup(document, node["$ref"])
    return node


def lookup(document: dict[str, Any], reference: str) -> Any:
    """Return the target of a local reference. Raises `KeyError` when there is none."""
    if not reference.startswith("#/"):
        raise KeyError(reference)
    node: Any = document
    for key in reference[2:].split("/"):
        node = node[key.replace("~1", "/").replace("~0", "~")]
    return node


def walk(node: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Yield `node` and everything below it, but nothing inside examples, which are data and not description."""
    yield pointer, node
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("example", "examples") or pointer[-1:] == ("properties",):
                yield from walk(value, (*pointer, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, (*pointer, str(index)))


def references(node: Any) -> Iterator[tuple[Pointer, str]]:
    """Yield each `$ref` below `node`."""
    for pointer, value in walk(node):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            yield pointer, value["$ref"]


def schema_name(node: Any) -> str | None:
    """Return the name of the component schema that `node` refers to, if it does."""
    reference = node.get("$ref") if isinstance(node, dict) else None
    return reference.removeprefix(SCHEMA_PREFIX) if reference and reference.startswith(SCHEMA_PREFIX) else None


def reachable_schemas(document: dict[str, Any], roots: Iterable[Any]) -> set[str]:
    """Return the names of all component schemas that `roots` need, directly or through others."""
    found = set[str]()
    queue = list(roots)
    while queue:
        for _, reference in references(queue.pop()):
            if reference.startswith(SCHEMA_PREFIX):
                name = reference.removeprefix(SCHEMA_PREFIX)
                if name in found:
                    continue
                found.add(name)
            queue.append(lookup(document, reference))
    return found
