"""Rule for values that do not change any more, such as those of a finished job: they are the same in all responses."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object
from .implications import is_one
from .nodes import Node

_ID: Final = "id"


@frozen
class _Rule:
    """The values that one kind of object keeps."""

    when: Mapping[str, Any]
    """Values of an object that is settled."""
    names: frozenset[str]
    """Properties that a settled object keeps, or no names if it keeps all."""

    def kept(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values that an object keeps. A value may still be missing."""
        if not all(name in value and is_one(value[name], expected) for name, expected in self.when.items()):
            return {}
        names = self.names & value.keys() if self.names else value.keys()
        return {name: value[name] for name in names if isinstance(value[name], str | int)}


class Settled:
    """Remembers the values of settled objects by id, from the extension `x-effects` of schemas.

    Args:
        schemas: The schemas by name.
    """

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._rules = [*_rules(schemas)]
        self._values: dict[Hashable, dict[str, Any]] = {}

    def problems(self, context: Hashable, node: Node) -> Iterator[str]:
        """Yield the values that an object had in an earlier response in this context, and has no more."""
        if not isinstance(identifier := node.value.get(_ID), str):
            return
        known = self._values.get((context, identifier), {})
        for name in known.keys() & node.value.keys():
            if node.value[name] != known[name]:
                yield f"{node.label(name)} is {node.value[name]!r}, and was {known[name]!r} in an earlier response"
        for rule in self._rules:
            if kept := rule.kept(node.value):
                known = self._values.setdefault((context, identifier), {})
                known |= {name: value for name, value in kept.items() if name not in known}


def _rules(schemas: Mapping[str, Any]) -> Iterator[_Rule]:
    for schema in map(as_object, schemas.values()):
        effects = as_object(schema.get("x-effects"))
        if when := as_object(effects.get("settled")):
            yield _Rule(when, frozenset(as_array(effects.get("volatile"))))
        for name in as_array(effects.get("lasting")):
            yield _Rule({name: "$set"}, frozenset({name}))
