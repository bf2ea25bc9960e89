"""The house rules of the spec. Each is a named function that yields the pointer and message of each violation."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from ..bundle import Bundle
from ..document import unchanged
from ..errors import Problem
from ..fragment import Finding
from ..openapi_validation import Error, errors
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
    """Return every violation of a house rule or of OpenAPI 3.1, in the order of the rules.

    If a reference is broken or an extension has another form, the other rules are not checked, because they rely on
    both.
    """
    return form_problems(bundle) or house_problems(bundle) or openapi_problems(bundle, errors(bundle.document))


def form_problems(bundle: Bundle) -> list[Problem]:
    """Return the violations that make the other rules meaningless."""
    return _violations(_FIRST, bundle)


def house_problems(bundle: Bundle) -> list[Problem]:
    """Return the violations of the other house rules in a bundle without `form_problems`, or those of the behaviour."""
    return _violations(RULES[len(_FIRST) :], bundle) or behaviour_problems(bundle)


def openapi_problems(bundle: Bundle, found: Iterable[Error]) -> list[Problem]:
    """Return the violations of OpenAPI 3.1 that `openapi_validation` found."""
    problems = [Problem(bundle.locate(pointer), "openapi", message) for pointer, message in found]
    return list(dict.fromkeys(problems))  # an error of the whole document is reported for each schema


def _violations(rules: Sequence[Rule], bundle: Bundle) -> list[Problem]:
    with unchanged(bundle.document):
        return [
            Problem(bundle.locate(pointer), rule.__name__.replace("_", "-"), f"{' '.join(pointer[1:])}: {message}")
            for rule in rules
            for pointer, message in rule(bundle.document)
        ]
