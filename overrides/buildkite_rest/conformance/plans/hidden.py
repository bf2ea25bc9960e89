"""Filters by a property that is in no response, such as the branch of the executions of a test.

Their results add up: those of a value and of its negation are the whole list, and those of a value are a part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen

from ..._base.json_values import as_object
from ..behaviour import Source
from ..executor import Finding
from ..selections import ListFilter, at, duration
from ..values import key_of
from .places import CHECK, Place

#: Values from another list to try.
_VALUES: Final = 4


@frozen(eq=False)
class Hidden:
    """A filter by a property that is in no response."""

    filter: ListFilter
    place: Place
    values: Sequence[str]
    now: datetime

    @classmethod
    def of(cls, places: Sequence[Place], each: ListFilter, now: datetime) -> Hidden:
        """Return a filter with the list whose items count most values, and with values that other lists have."""
        groups, source, executor = each.behaviour.groups, each.behaviour.source, places[0].executor

        def usefulness(place: Place) -> tuple[int, int]:
            objects = place.read(each.widest).objects
            numbers = [as_object(at(item, groups.property)) for item in objects] if groups else []
            return sum(len([*filter(None, counts.values())]) > 1 for counts in numbers), len(objects)

        place = max((evolve(one, headers=each.headers) for one in places), key=usefulness)
        values = [*each.choices]
        if isinstance(source, Source):
            values = [*map(str, source.values)]
            operation = executor.api.by_id.get(source.operation or "")
            known = executor.world.objects(operation) if operation else ()
            parent = next((one for one in known if one.items() <= place.values.items()), None)
            items = (
                executor.read_pages(operation, parent, operation.brief, most=1).objects if operation and parent else ()
            )
            texts = dict.fromkeys(str(at(item, source.property or "")) for item in items)
            values += [f"{source.prefix}{text}" for text in texts if text.replace("-", "").isalnum()][:_VALUES]
        return cls(each, place, values, now)

    def send(self) -> None:
        """Send the values, and others with operators in them."""
        behaviour, queries = self.filter.behaviour, [{self.filter.name: value} for value in self.values]
        if behaviour.operator == "partition":
            self.place.add_up(queries, [{}], None)
            return
        for value in self.filter.forms(None, ()):
            counts = behaviour.counts if self.place.operation.pagination == "none" else None
            self.place.add_up([self.filter.query(value)], [], counts) if not behaviour.groups else None
        for value in self.values:
            if behaviour.same_as is None:
                for left, right, exact in self._laws(value, [other for other in self.values if other != value]):
                    one, other = ([self._query(text) for text in side] for side in (left, right))
                    self.place.add_up(one, other, behaviour.counts, exact=exact)
                if behaviour.groups is not None and value.startswith(behaviour.groups.key):
                    self.place.executor.check(partial(self._group_problems, value.rpartition(":")[2]))
            else:
                begin = (self.now - duration(value)).strftime("%Y-%m-%dT%H:%M:%SZ")
                self.place.compare({behaviour.same_as: begin}, {self.filter.name: value})

    def _query(self, text: str) -> Mapping[str, Any]:
        return as_object(self.filter.query(text) if text else None)

    def _laws(self, value: str, others: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
        """Yield values whose results add up to those of others, or are at most those, and which of both."""
        behaviour = self.filter.behaviour
        key, colon, rest = value.rpartition(":")
        yield [value], [""], False
        if behaviour.negation is not None:
            yield [value, f"{key}{colon}{behaviour.negation}{rest}"], [""], True
        if behaviour.wildcard is not None and len(rest) > 1:
            yield [value, value[:-1]], [f"{value[:-1]}{behaviour.wildcard}"], False
            disjoint = [
                other for other in others if other.startswith(f"{key}{colon}") and not other.startswith(value[:-1])
            ]
            yield [f"{value[:-1]}{behaviour.wildcard}", *disjoint[:1]], [""], False
        for other in [other for other in others if not key or other.rpartition(":")[0] != key][:1]:
            if behaviour.separator is not None:
                yield [f"{value}{behaviour.separator}{other}"], [f"{other}{behaviour.separator}{value}"], True

    def _group_problems(self, value: str) -> Iterator[Finding]:
        """Yield what is wrong with operators that select items by all of their counts: some of them are of a value."""
        groups = self.filter.behaviour.groups
        assert groups is not None  # noqa: S101 - for the type checker
        numbers = {key_of(item): as_object(at(item, groups.property)) for item in self.place.read({}).objects}
        total = {key: sum(counts.values()) for key, counts in numbers.items()}
        own = {key: counts[value] for key, counts in numbers.items() if counts.get(value)}
        some = {key: total[key] for key in own}
        only = {key: count for key, count in own.items() if count == total[key]}
        for operator, expected in (("", own), (groups.some, some), (groups.only, only)):
            text = f"{groups.key}:{operator}{value}"
            pages = self.place.read({self.filter.name: text})
            found = {key_of(item): sum(as_object(at(item, groups.property)).values()) for item in pages.objects}
            for key, _ in sorted(found.items() ^ expected.items())[:1] if pages.ok else ():
                message = f"{self.filter.name}={text}: {key} counts {found.get(key)} instead of {expected.get(key)}"
                yield Finding(CHECK, message, pages.exchanges[0])
