"""Rules about references."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..document import SCHEMA_PREFIX, lookup, references, walk
from ..fragment import Finding, Pointer
from ..schema_positions import is_schema_position

_KINDS = {"parameters": "parameters", "headers": "headers", "responses": "responses"}
"""The kind of component in each mapping or list of other positions than those of schemas."""


def reference_exists(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, reference in references(document):
        if not _exists(document, reference):
            yield pointer, f"{reference!r} does not exist; refer to a component of the root or of a fragment"


def _exists(document: dict[str, Any], reference: str) -> bool:
    try:
        lookup(document, reference)
    except (KeyError, TypeError):
        return False
    return True


def reference_kind(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, reference in references(document):
        kind = _expected_kind(pointer)
        if kind and _exists(document, reference) and reference.rpartition("/")[0] != f"#/components/{kind}":
            yield pointer, f"{reference!r} is not a component of the kind that belongs here: #/components/{kind}/…"


def _expected_kind(pointer: Pointer) -> str | None:
    if is_schema_position(pointer):
        return "schemas"
    return "requestBodies" if pointer[-1:] == ("requestBody",) else _KINDS.get("".join(pointer[-2:-1]))


def reference_ends(document: dict[str, Any]) -> Iterator[Finding]:
    """References are followed without looking back."""
    targets = {reference: _next(document, reference) for _, reference in references(document)}
    for pointer, reference in references(document):
        seen = {reference}
        target = targets[reference]
        while target is not None and target not in seen:
            seen.add(target)
            target = targets.get(target)
        if target is not None:
            yield pointer, f"{target!r} refers to itself"


def _next(document: dict[str, Any], reference: str) -> str | None:
    """Return the reference that `reference` leads to, if any."""
    try:
        target = lookup(document, reference)
    except (KeyError, TypeError):
        return None
    return target.get("$ref") if isinstance(target, dict) and isinstance(target.get("$ref"), str) else None


def reference_alone(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and len(node) > 1:
            others = ", ".join(sorted(node.keys() - {"$ref"}))
            yield pointer, f"{others} beside a $ref is ignored by generators; use allOf or oneOf, or remove it"


def mapping_exists(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        mapping = node.get("mapping") if isinstance(node, dict) and pointer[-1:] == ("discriminator",) else None
        for tag, reference in (mapping or {}).items():
            if not _exists(document, reference):
                yield (*pointer, "mapping", tag), f"{reference!r} does not exist"


def schemas_acyclic(document: dict[str, Any]) -> Iterator[Finding]:
    """Models import one another and are not tracked by the garbage collector; a cycle would break both."""
    schemas: dict[str, Any] = document["components"].get("schemas", {})
    uses = {
        name: {target.removeprefix(SCHEMA_PREFIX) for _, target in references(schema)} & schemas.keys()
        for name, schema in schemas.items()
    }
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]  # graphlib lists each schema before those that use it
        yield ("components", "schemas", cycle[0]), f"schemas form a cycle: {' → '.join(cycle)}"


RULES = (reference_exists, reference_kind, reference_ends, reference_alone, mapping_exists, schemas_acyclic)
