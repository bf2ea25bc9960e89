"""The house rules of the spec. Each is a named function that yields the pointer and message of each violation."""

from __future__ import annotations

from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from ..bundle import Bundle
from ..errors import Problem
from . import components, examples, operations, references, schemas
from .rule import Finding, Rule

RULES: tuple[Rule, ...] = (*references.RULES, *components.RULES, *schemas.RULES, *operations.RULES, *examples.RULES)

__all__ = ["RULES", "Finding", "Rule", "lint"]


def lint(bundle: Bundle) -> list[Problem]:
    """Return every violation of a house rule or of OpenAPI 3.1, in the order of the rules.

    If a reference is broken, the other rules are not checked, because they follow references.
    """
    document = bundle.document
    for rules in (references.RULES, RULES[len(references.RULES) :]):
        problems = [
            Problem(bundle.locate(pointer), rule.name, f"{_show(pointer)}: {message}")
            for rule in rules
            for pointer, message in rule(document)
        ]
        if problems:
            return problems
    return [
        Problem(bundle.locate(tuple(map(str, error.absolute_path))), "openapi", " ".join(error.message.split()))
        for error in _openapi_errors(document)
    ]


def _openapi_errors(document: dict[str, Any]) -> list[Any]:
    return list(OpenAPIV31SpecValidator(document).iter_errors())


def _show(pointer: tuple[str, ...]) -> str:
    return " ".join(pointer[1:])
