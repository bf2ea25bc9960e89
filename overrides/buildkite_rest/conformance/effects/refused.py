"""Checks of refused updates: the valid properties beside an invalid one are not stored either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

from attrs import frozen

from ..invalid_bodies import invalid_values
from .bodies import values_of
from .comparison import equivalent
from .pointers import MISSING, resolve
from .updatable import Updatable
from .values import is_name, new_values, types
from .whole_updates import check_same

#: Rules of a schema that any server has. Others may normalize a value.
_RULES: Final = frozenset({"has another type", "is not one of the values", "is too small", "is too large"})


@frozen
class RefusedUpdate:
    """An update of all properties of an object, one of which is invalid."""

    target: Updatable

    def check(self, original: Mapping[str, Any]) -> None:
        """Send the requests, with the invalid property at the end of the body, and with another one at its beginning.

        `original` is the object before it was updated.
        """
        target = self.target
        for is_first in (False, True):
            before = target.state()
            required = target.required_of(before)
            valid = {name: value for name, value in self._others(before, original) if name not in required}
            names = [*valid, *(name for name in target.schema if name not in valid)]
            invalid = [*self._invalid(names)]
            if len(invalid) <= is_first:
                return
            name, value = invalid[is_first]
            others = {each: other for each, other in valid.items() if each != name}
            body = {**required, name: value, **others} if is_first else {**required, **others, name: value}
            path = values_of(target.operation, target.subject.values)
            if not others or not target.bench.session.allows(target.operation, path, body=body):
                continue
            response = target.send(body)
            if response.ok:  # the phase refusals reports that
                return
            check_same(target, before, response, "a refused update has an effect")

    def _others(self, before: Mapping[str, Any], original: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield another value than the present one of each property."""
        for name, schema in self.target.schema.items():
            present = resolve(self.target.rules.pointers.get(name, name), before)
            if present is MISSING:
                continue
            if is_name(name):
                yield from [(name, f"{present}-2")] if isinstance(present, str) else []
                continue
            is_reference = name.endswith(("_id", "_uuid"))
            made = () if is_reference else new_values(name, schema, present, self.target.bench.examples, ())
            known = (each.get(name) for each in (self.target.accepted, original))
            accepted = [value for value in known if value is not None]
            cleared = (None,) if "null" in types(schema) else ()
            yield from ((name, value) for value in islice(_others(chain(accepted, cleared, made), present), 1))

    def _invalid(self, names: list[str]) -> Iterator[tuple[str, Any]]:
        """Yield the last property and the first one with an invalid value, so that each is beside another one."""
        found: list[tuple[str, str, Any]] = [
            (name, rule, value)
            for name in names
            for rule, value in invalid_values(self.target.bench.spec, self.target.schema[name], None)
            if rule in _RULES
        ]
        if found:
            last, used, value = found[-1]
            yield last, value
            others = sorted((each for each in found if each[0] != last), key=lambda each: each[1] == used)
            yield from ((name, value) for name, _, value in others[:1])


def _others(values: Iterable[Any], present: Any) -> Iterator[Any]:
    return (value for value in values if not equivalent(value, present))
