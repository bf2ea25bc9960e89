"""Rules about references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..document import SCHEMA_PREFIX, lookup, references, walk
from .rule import Finding, Rule, rule

RULES: list[Rule] = []


@rule("reference-exists", RULES)
def reference_exists(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, reference in references(document):
        try:
            lookup(document, reference)
        except (KeyError, TypeError):
            yield pointer, f"{reference!r} does not exist; refer to a component of the root or of a fragment"


@rule("reference-alone", RULES)
def reference_alone(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and len(node) > 1:
            others = ", ".join(sorted(node.keys() - {"$ref"}))
            yield pointer, f"{others} beside a $ref is ignored by generators; use allOf or oneOf, or remove it"


@rule("mapping-exists", RULES)
def mapping_exists(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        mapping = node.get("mapping") if isinstance(node, dict) and pointer[-1:] == ("discriminator",) else None
        for tag, reference in (mapping or {}).items():
            try:
                lookup(document, reference)
            except (KeyError, TypeError):
                yield (*pointer, "mapping", tag), f"{reference!r} does not exist"


@rule("schemas-acyclic", RULES)
def schemas_acyclic(document: dict[str, Any]) -> Iterator[Finding]:
    """Models import one another and are not tracked by the garbage collector; a cycle would break both."""
    schemas: dict[str, Any] = document["components"].get("schemas", {})
    uses = {
        name: {target.removeprefix(SCHEMA_PREFIX) for _, target in references(schema)} & schemas.keys()
        for name, schema in schemas.items()
    }
    done = set[str]()

    def visit(name: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return None
        for used in sorted(uses[name]):
            if cycle := visit(used, (*path, name)):
                return cycle
        done.add(name)
        return None

    for name in schemas:
        if cycle := visit(name, ()):
            yield ("components", "schemas", name), f"schemas form a cycle: {' → '.join(cycle)}"
            return
