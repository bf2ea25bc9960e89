"""Rules: what must hold for every exchange, whoever sent it.

A rule is a function over an exchange, which yields a message for each problem. It never sends anything. What it needs
to know of the run, and what it remembers of earlier exchanges, is in its context.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, TypeAlias

from attrs import define, field

from ..api import Api
from ..exchange import Exchange
from ..results import Undescribed

#: Values to remember as judged.
_JUDGED: Final = 200_000
#: A format of `marshal` in which equal values are equal bytes.
_VERSION: Final = 2
_ERROR: Final = 400


@define
class Context:
    """What rules know of a run."""

    api: Api
    is_local: bool = True
    """Whether the server is on this machine, which is judged more strictly: elsewhere, the API grows."""
    administers: Callable[[str], bool] = lambda _: True
    """Whether the user of the token is an administrator of an organization."""
    secrets: Callable[[], Sequence[str]] = tuple
    """Returns the credentials that no response may contain."""
    undescribed: set[Undescribed] = field(factory=set[Undescribed])
    """What the spec lacks, if that is no failure."""
    user: Mapping[str, Any] = field(factory=dict[str, Any])
    """The user of the token, if it can be read."""
    memory: dict[str, dict[Any, Any]] = field(factory=dict[str, dict[Any, Any]])
    """What rules remember of earlier exchanges, by the name of the rule."""
    _judged: set[int] = field(factory=set[int], init=False)
    """Hashes of values in bodies, with the request that got them."""
    _parts: tuple[Exchange | None, Sequence[tuple[Any, bool]]] = field(default=(None, ()), init=False)

    def remembered(self, rule: str) -> dict[Any, Any]:
        """Return what a rule remembers."""
        return self.memory.setdefault(rule, {})

    def unjudged(self, exchange: Exchange) -> Sequence[Any]:
        """Return the items of a successful list, or a documented body, without those that an equal request got before.

        Lists repeat the objects of other pages, and most reads are repeated. All rules about bodies share the result.
        """
        return [part for part, _ in self.parts(exchange)]

    def parts(self, exchange: Exchange) -> Sequence[tuple[Any, bool]]:
        """Return what `unjudged` does, and whether no other request got it either."""
        if self._parts[0] is not exchange:
            self._parts = exchange, self._find_parts(exchange)
        return self._parts[1]

    def _find_parts(self, exchange: Exchange) -> Sequence[tuple[Any, bool]]:
        is_documented = exchange.status in exchange.operation.statuses
        if not is_documented or exchange.body is None or not (exchange.request.is_plain or exchange.status >= _ERROR):
            return ()
        if len(self._judged) > _JUDGED:
            self._judged.clear()
        key = (exchange.operation.id, exchange.path, bool(exchange.request.query), exchange.status)
        if not self._is_new((key, exchange.content)):
            return ()
        parts = exchange.items if exchange.is_list else [exchange.body]
        hashes = [hash(marshal.dumps(each, _VERSION)) for each in parts]
        return [
            (part, self._is_new(content))
            for part, content in zip(parts, hashes, strict=True)
            if self._is_new((key, content))
        ]

    def _is_new(self, value: Hashable) -> bool:
        found = hash(value)
        is_new = found not in self._judged
        self._judged.add(found)
        return is_new


Rule: TypeAlias = Callable[[Exchange, Context], Iterator[str]]
#: All rules by the names of their checks.
RULES: dict[str, Rule] = {}


def rule(check: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule with the name of a check."""

    def register(function: Rule) -> Rule:
        RULES[check] = function
        return function

    return register


def problems_of(exchange: Exchange, context: Context) -> Iterator[tuple[str, str]]:
    """Yield the check and the message of each problem that the rules find in an exchange."""
    for check, function in RULES.items():
        for message in function(exchange, context):
            yield check, message


for _module in ("agreement", "bodies", "effects", "headers", "lists", "schemas", "states", "urls"):
    import_module(f".{_module}", __package__)  # registers its rules, which need the names above
