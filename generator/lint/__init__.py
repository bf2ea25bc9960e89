"""The house rules of the spec. Each is a named function that yields the pointer and message of each violation."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from ..bundle import Bundle
from ..document import unchanged
from ..errors import Problem
from ..fragment import Finding
from . import examples, names, operations, schemas
from .behaviour import behaviour_problems

Rule: TypeAlias = Callable[[dict[str, Any]], Iterator[Finding]]
"""A function of the document."""

RULES: tuple[Rule, ...] = (*schemas.FIRST, *schemas.RULES, *operations.RULES, *names.RULES, *examples.RULES)


def lint(bundle: Bundle) -> list[Problem]:
    """Return every violation of a house rule, in the order of the rules, or else those of the behaviour.

    If schemas form a cycle, the other rules are not checked, because they rely on it.
    """
    with unchanged(bundle.document):
        problems = _violations(schemas.FIRST, bundle) or _violations(RULES[len(schemas.FIRST) :], bundle)
    return problems or behaviour_problems(bundle)


def _violations(rules: Sequence[Rule], bundle: Bundle) -> list[Problem]:
    return [
        Problem(bundle.locate(pointer), rule.__name__.replace("_", "-"), f"{' '.join(pointer[1:])}: {message}")
        for rule in rules
        for pointer, message in rule(bundle.document)
    ]
