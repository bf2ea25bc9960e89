"""Nothing stands in the description that nobody reads."""

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
            known = kind == "securitySchemes" or component.get("x-entry-point") or f"#/components/{kind}/{name}" in used
            if not known:
                yield (
                    ("components", kind, name),
                    "nothing refers to this component; remove it, or mark a schema for readers x-entry-point",
                )
