"""Rules, and their registration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from attrs import frozen

from ..fragment import Pointer

Finding: TypeAlias = tuple[Pointer, str]
Check: TypeAlias = Callable[[dict[str, Any]], Iterator[Finding]]


@frozen
class Rule:
    """A named check of the bundled document."""

    name: str
    check: Check

    def __call__(self, document: dict[str, Any]) -> Iterator[Finding]:
        """Yield the pointer and message of each violation in `document`."""
        return self.check(document)


def rule(name: str, rules: list[Rule]) -> Callable[[Check], Check]:
    """Register the decorated check under `name`."""

    def register(check: Check) -> Check:
        rules.append(Rule(name, check))
        return check

    return register
