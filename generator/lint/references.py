"""Rules about references."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..document import SCHEMA_PREFIX, references, walk
from ..fragment import Finding


def reference_alone(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and len(node) > 1:
            others = ", ".join(sorted(node.keys() - {"$ref"}))
            yield pointer, f"{others} beside a $ref is ignored by generators; use allOf or oneOf, or remove it"


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


RULES = (reference_alone, schemas_acyclic)
