"""Rules: what must hold for every exchange, whoever sent it.

A rule is a function over an exchange, which yields a message for each problem. It never sends anything. What it needs
to know of the run, and what it remembers of earlier exchanges, is in its context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

from attrs import define, field

from ..api import Api
from ..exchange import Exchange

#: Modules with rules.
_MODULES: Final = ("bodies", "effects", "errors", "headers", "lists", "schemas", "secrets")


@define
class Context:
    """What rules know of a run."""

    api: Api
    is_local: bool = True
    """Whether the server is on this machine, which may be judged more strictly."""
    unknown_fields_fail: bool = True
    administers: Callable[[str], bool] = lambda _: True
    """Whether the user of the token is an administrator of an organization."""
    user: Mapping[str, Any] = field(factory=dict[str, Any])
    """The user of the token, if it can be read."""
    secrets: frozenset[str] = frozenset()
    """Credentials that no response may contain."""
    memory: dict[str, dict[Any, Any]] = field(factory=dict[str, dict[Any, Any]])
    """What rules remember of earlier exchanges, by the name of the rule."""

    def remembered(self, rule: str) -> dict[Any, Any]:
        """Return what a rule remembers."""
        return self.memory.setdefault(rule, {})


Rule: TypeAlias = Callable[[Exchange, Context], Iterator[str]]
_RULES: dict[str, Rule] = {}


def rule(check: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule with the name of a check."""

    def register(function: Rule) -> Rule:
        _RULES[check] = function
        return function

    return register


def problems_of(exchange: Exchange, context: Context) -> Iterator[tuple[str, str]]:
    """Yield the check and the message of each problem that the rules find in an exchange."""
    if not _RULES:
        for module in _MODULES:
            import_module(f".{module}", __package__)
    for check, function in _RULES.items():
        for message in function(exchange, context):
            yield check, message
