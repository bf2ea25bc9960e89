"""The objects beside and below another one, which an action on that one must leave alone."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from attrs import evolve, frozen

from ..filter_effects import brief_query
from ..objects import PathValues, identifier_of
from ..page_items import items_of, key_of
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .bystanders import spread
from .checks import OTHER_OBJECT
from .company import neighbours
from .embedded import embedded_values
from .expectations import Scenario, holds
from .kinds import is_short
from .lists import other_lists

#: Path parameters of an object that is not above all others, as an organization is.
_DEPTH: Final = 2
#: Objects to read until one is like the object of a request.
_BESIDE: Final = 12
#: Seconds before a difference is confirmed, because a change may take a moment to become visible.
_PAUSE: Final = 0.2


@frozen
class _Items:
    """The first page of a list before a request."""

    operation: Operation
    values: PathValues
    items: Mapping[str, Any]
    below: frozenset[str] | None = None
    """The ids of the objects to compare in a list of an ancestor, or None for all."""

    def is_gone(self, key: str, found: Collection[str]) -> bool:
        """Return whether an item is not on the same page any more, nor on the next one because of new items."""
        keys = [*self.items]
        is_before_others = self.below is None or any(each in found for each in keys[keys.index(key) + 1 :])
        return key not in found and is_before_others


@frozen
class Surroundings:
    """The lists that an object is in, and those of the objects below it."""

    bench: Bench
    subject: Subject
    lists: Sequence[_Items]
    allowed: frozenset[str]
    """Properties of other objects that may change."""

    @classmethod
    def of(cls, bench: Bench, subject: Subject, state: object, scenario: Scenario) -> Surroundings:
        """Read the lists before a request, without those that it may change."""
        listings = [each for each in _listings(subject) if each.path.rpartition("/")[2] not in scenario.changes]
        found = list[_Items]()
        for each in listings:
            above = bench.spec.find("GET", each.path.rpartition("/")[0])
            parents = None if above is None else embedded_values(bench.spec, above, state)
            values: PathValues = {**(parents or {}), **subject.values}
            if set(each.parameters) <= values.keys():
                found.append(_Items(each, values, _read(bench, each, values)))
        for each, below in _lists_of_ancestors(bench, subject, found):
            found.append(_Items(each, subject.values, _read(bench, each, subject.values), below))
        return cls(bench, subject, found, scenario.also)

    def compared(self, when: Mapping[str, Any]) -> frozenset[str]:
        """Return the lists that have an object to compare: one that the request could change too, or one below."""
        return frozenset(
            each.operation.id
            for each in self.lists
            if any(
                each.operation != self.subject.kind.list or (holds(when, item) and not self._is_subject(key, item))
                for key, item in each.items.items()
                if each.below is None or key in each.below
            )
        )

    def check(self, cause: Response, sets: Mapping[str, Any]) -> None:
        """Compare all other objects. `sets` are the values that the request has set in its own object."""
        for each in self.lists:
            bench = self.bench
            query = _query(bench, each.operation)
            response = bench.session.read(each.operation, values_of(each.operation, each.values), query=query)
            if response.ok and any(self._problems(each, response, sets)):
                time.sleep(_PAUSE)
                response = bench.session.send(each.operation, values_of(each.operation, each.values), query=query)
            messages = islice(self._problems(each, response, sets), 1) if response.ok else ()
            bench.report(OTHER_OBJECT, [f"{cause.operation.id} {message}" for message in messages], response, cause)

    def _problems(self, before: _Items, response: Response, sets: Mapping[str, Any]) -> Iterator[str]:
        found = _by_key(response)
        known = before.items.keys() if before.below is None else before.items.keys() & before.below
        others = {key: item for key in known if not self._is_subject(key, item := before.items[key])}
        gone = [key for key in others if before.is_gone(key, found)]
        is_moved = "per_page" in before.operation.query and len(found.keys() - before.items.keys()) >= len(gone)
        is_moved &= before.below is None
        if gone and not is_moved:
            yield f"removed another object from {before.operation.id}, {gone[0][:80]}"
        for key in others.keys() & found.keys():
            for message in self.bench.changes(before.operation, others[key], found[key], self.allowed, ignored=()):
                yield f"had an effect on another object, {key[:80]}: {message}"
            if before.operation == self.subject.kind.list:
                for message in spread(self.bench, before.operation, sets, others[key], found[key]):
                    yield f"had its effect on another object, {key[:80]}: {message}"

    def _is_subject(self, key: str, item: object) -> bool:
        name = self.subject.kind.parameter
        return str(self.subject.values[name]) in {key, str(identifier_of(name, item))}


def _listings(subject: Subject) -> Iterator[Operation]:
    """Yield the list of an object, and those of the objects below it, once for each path."""
    kind = subject.kind
    if kind.path.count("{") < _DEPTH:
        return
    listings = [each for each in (kind.list, *(child.list for child in kind.children)) if each is not None]
    for each in listings:
        if not any(is_short(f"{each.path}/{{id}}", f"{other.path}/{{id}}") for other in listings):
            yield each


def _lists_of_ancestors(
    bench: Bench, subject: Subject, lists: Sequence[_Items]
) -> Iterator[tuple[Operation, frozenset[str]]]:
    """Yield the lists of ancestors that have the objects below an object, with the ids of these."""
    for child in subject.kind.children:
        below = next((frozenset(each.items) for each in lists if each.operation == child.list), frozenset[str]())
        for operation in other_lists(bench, evolve(subject, kind=child)) if below else ():
            if subject.kind.parameter not in operation.parameters:
                yield operation, below


def _read(bench: Bench, operation: Operation, values: PathValues) -> Mapping[str, Any]:
    return _by_key(bench.session.read(operation, values_of(operation, values), query=_query(bench, operation)))


def _query(bench: Bench, listing: Operation) -> Mapping[str, Any] | None:
    return brief_query(bench.spec, listing) or None


def _by_key(response: Response) -> Mapping[str, Any]:
    items = (items_of(response.body) or []) if response.ok else []
    return {key_of(item): item for item in items}


def alike_beside(bench: Bench, read: Operation | None, when: Mapping[str, Any], subject: Subject) -> list[Subject]:
    """Return another object of the same list that a request would change too, by the operation that reads it.

    None is needed if that operation reads the object of the request itself.
    """
    if read is None or read == subject.kind.get or subject.kind.path.count("{") < _DEPTH:
        return []
    kind = evolve(subject.kind, get=read)
    found = [Subject(kind, each.values, None) for each in islice(neighbours(bench, subject), _BESIDE)]
    states = ((each, bench.state(each)) for each in found)
    alike = (each for each, state in states if state is not None and holds(when, state.body))
    return list(islice(alike, 1))
