"""The house rules of the spec. Each is a named function that yields the pointer and message of each violation."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from ..bundle import Bundle
from ..document import unchanged
from ..errors import Problem
from ..fragment import Finding
from . import (
    examples,
    extensions,
    keys,
    keywords,
    names,
    operations,
    references,
    schemas,
    wire,
)
from .behaviour import behaviour_problems

Rule: TypeAlias = Callable[[dict[str, Any]], Iterator[Finding]]
"""A function of the document."""

_FIRST: tuple[Rule, ...] = (*references.RULES, *extensions.FORM_RULES)
"""Rules that the others rely on."""

RULES: tuple[Rule, ...] = (
    *_FIRST,
    *extensions.RULES,
    *keys.RULES,
    *keywords.RULES,
    *schemas.RULES,
    *operations.RULES,
    *names.RULES,
    *wire.RULES,
    *examples.RULES,
)


def lint(bundle: Bundle) -> list[Problem]:
    """Return every violation of a house rule, in the order of the rules, or else those of the behaviour.

    If schemas form a cycle or an extension has another form, the other rules are not checked, because they rely on
    both.
    """
    return _violations(_FIRST, bundle) or _violations(RULES[len(_FIRST) :], bundle) or behaviour_problems(bundle)


def _violations(rules: Sequence[Rule], bundle: Bundle) -> list[Problem]:
    with unchanged(bundle.document):
        return [
            Problem(bundle.locate(pointer), rule.__name__.replace("_", "-"), f"{' '.join(pointer[1:])}: {message}")
            for rule in rules
            for pointer, message in rule(bundle.document)
        ]
