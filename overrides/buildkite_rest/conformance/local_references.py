"""References of an OpenAPI document to parts of itself, and its patterns, without which nothing is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from .._base.json_values import as_object, is_array, is_object
from .json_pointers import resolve_pointer

#: Keys of data, in which a `$ref` is not a reference and a `pattern` is not a pattern.
DATA_KEYS: Final = frozenset({"const", "default", "enum", "example", "examples"})
_MAX_CHAIN: Final = 20


def unusable_parts(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a predicate for each reference that leads nowhere, and for each pattern that is not valid."""
    for node in objects_of(document):
        if isinstance(reference := node.get("$ref"), str) and not _is_resolvable(document, reference):
            yield f"has a reference that leads nowhere: {reference!r:.200}"
        for pattern in (node.get("pattern"), *as_object(node.get("patternProperties"))):
            if isinstance(pattern, str) and (problem := _pattern_problem(pattern)) is not None:
                yield f"has a pattern that cannot be used, {pattern!r:.100}: {problem:.200}"


def objects_of(document: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a document, each once, without those in data."""
    seen = set[int]()  # YAML may contain a node several times, or within itself
    nodes: list[Any] = [document]
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if is_array(node):
            nodes += reversed(node)
        elif is_object(node):
            yield node
            nodes += [value for name, value in node.items() if name not in DATA_KEYS][::-1]


def _is_resolvable(document: Mapping[str, Any], reference: str) -> bool:
    """Whether a reference leads to an object, also through other references."""
    for _ in range(_MAX_CHAIN):
        pointer = unquote(reference.removeprefix("#"))
        if pointer and not pointer.startswith("/"):
            return False
        target = resolve_pointer(pointer, document)
        if not is_object(target):
            return isinstance(target, bool)  # a schema that is valid for anything, or for nothing
        if not isinstance(following := target.get("$ref"), str):
            return True
        reference = following
    return False


def _pattern_problem(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return str(error)
    return None
