"""Rules about components."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..document import references
from .rule import Finding, Rule, rule

RULES: list[Rule] = []


@rule("component-used", RULES)
def component_used(document: dict[str, Any]) -> Iterator[Finding]:
    used = {reference for _, reference in references(document)}
    for kind, components in document["components"].items():
        for name, component in components.items():
            needed = (
                kind == "securitySchemes" or component.get("x-entry-point") or f"#/components/{kind}/{name}" in used
            )
            if not needed:
                yield (
                    ("components", kind, name),
                    "nothing refers to this component; remove it, or set x-entry-point on a schema that users need",
                )
