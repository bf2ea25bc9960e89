"""Filters whose property is not in the items: their results are compared with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object
from ..filter_trials import period_problems
from ..filters import Filter, at
from ..objects import PathValues
from ..pages import PageSequence, key_of, keys_of, read_pages
from .filtered_list import FilteredList

#: Values of a filter to try.
_VALUES: Final = 4
#: Items of a source.
_SOURCE_PAGE: Final = 30


def check_indirect(where: FilteredList, each: Filter) -> None:
    """Check one filter on the first list that has several items."""
    if each.operator in {"from", "before"}:
        return  # a time that excludes everything is tried for every filter
    fewest = 1
    for values in sorted(where.parents, key=lambda one: -len(where.read(one, each.widest, each).items)):
        base = where.read(values, each.widest, each)
        if base.error is not None or len(base.items) <= fewest:
            continue
        match each.operator:
            case "partition":
                _check_partition(where, each, values)
            case "period":
                _check_periods(where, each, values)
            case _:
                _check_unseen(where, each, values)
        return
    where.skip(each, "no list has two items")


def _check_periods(where: FilteredList, each: Filter, values: PathValues) -> None:
    for value in each.enum:
        compare = partial(_period, each, value)
        where.settle(values, each.widest, {each.name: value}, each, compare)
    if each.default is not None:
        where.settle(values, {each.name: each.default}, {}, each, _same)


def _period(each: Filter, value: str, base: PageSequence, found: PageSequence) -> Iterator[str]:
    return period_problems(each, value, base.items, found.items)


def _same(base: PageSequence, found: PageSequence) -> Iterator[str]:
    if set(keys_of(base.items)) != set(keys_of(found.items)):
        yield "without the parameter, the list is not that of its default"


def _check_partition(where: FilteredList, each: Filter, values: PathValues) -> None:
    """Check that each item is in the results of exactly one value."""

    def compare(base: PageSequence, _: PageSequence) -> Iterator[str]:
        lists = {value: keys_of(where.read(values, {each.name: value}, each).items) for value in each.enum}
        yield from partition_problems(each.name, lists, keys_of(base.items))

    where.settle(values, {}, {each.name: each.enum[0]}, each, compare)


def partition_problems(name: str, lists: Mapping[str, Sequence[str]], base: Sequence[str]) -> Iterator[str]:
    """Check that each key of a list is in exactly one of several lists."""
    for key in base:
        texts = [value for value, keys in lists.items() if key in keys]
        if len(texts) != 1:
            shown = " and ".join(f"{name}={text}" for text in texts) or f"no value of {name}"
            yield f"{key[:80]} is listed for {shown}"
            return


def _check_unseen(where: FilteredList, each: Filter, values: PathValues) -> None:
    sources = list(_sources(where, each, values))
    if not sources:
        where.skip(each, "no value is known")
        return
    for value, item in sources:
        where.settle(values, {}, {each.name: value}, each, _Unseen(where, each, values, value, item).problems)


@frozen
class _Unseen:
    """A value of a filter without a property, and the object that it comes from."""

    where: FilteredList
    filter: Filter
    values: PathValues
    value: str
    source: Any

    def problems(self, base: PageSequence, found: PageSequence) -> Iterator[str]:
        """Compare the results with the list and with those of the negated value."""
        name, known, keys = self.filter.name, keys_of(base.items), keys_of(found.items)
        if base.is_complete and (strange := [key for key in keys if key not in known]):
            yield f"{name}={self.value}: {strange[0][:80]} is not in the list without the filter"
        yield from implied_problems(f"{name}={self.value}", self.filter.implies, self.source, found.items)
        if self.filter.negation is None or not base.is_complete:
            return
        negated = _negated(self.filter.negation, self.value)
        rest = self.where.read(self.values, {name: negated}, self.filter)
        if rest.error is not None:
            return
        if self.filter.counts is None:
            yield from partition_problems(name, {self.value: keys, negated: keys_of(rest.items)}, known)
        else:
            text, parts = f"{name}={self.value} and {negated}", (found.items, rest.items)
            yield from sum_problems(text, self.filter.counts, parts, base.items)


def implied_problems(text: str, implies: Mapping[str, str], source: Any, items: Sequence[Any]) -> Iterator[str]:
    """Check that the items share some properties with the object that the value of the filter is from."""
    for name, path in implies.items():
        for item in items:
            if (value := at(item, name)) != (expected := at(source, path)):
                yield f"{text}: {name} of {key_of(item)[:80]} is {value!r} instead of {expected!r}"
                return


def sum_problems(text: str, counts: str, parts: Sequence[Sequence[Any]], base: Sequence[Any]) -> Iterator[str]:
    """Check that the counts of each item in several lists add up to its count in the whole list."""
    numbers = [{key_of(item): at(item, counts) for item in part} for part in parts]
    for item in base:
        whole, key = at(item, counts), key_of(item)
        found = [part.get(key, 0) or 0 for part in numbers]
        if isinstance(whole, int) and sum(found) != whole:
            yield f"{text}: {counts} of {key[:80]} is {' + '.join(map(str, found))} instead of {whole}"
            return


def _negated(negation: str, value: str) -> str:
    """Return the value that selects the others. The negation is before the value of a `key:value`."""
    key, colon, rest = value.rpartition(":")
    return f"{key}{colon}{negation}{rest}"


def _sources(where: FilteredList, each: Filter, values: PathValues) -> Iterator[tuple[str, Any]]:
    for value in as_array(each.source.get("values")):
        yield str(value), None
    operation = next((one for one in where.selector.spec.operations if one.id == each.source.get("operation")), None)
    if operation is None:
        return
    path, seen = str(each.source.get("property")), set[str]()
    for parent in [values] if set(operation.parameters) <= set(values) else where.selector.usable(operation)[:2]:
        shared = {name: values.get(name, parent.get(name)) for name in operation.parameters}
        if any(value is None for value in shared.values()):
            continue
        known: dict[str, str | int] = {name: value for name, value in shared.items() if value is not None}
        for item in read_pages(where.session, operation, known, _SOURCE_PAGE, 1).items:
            value = at(as_object(item), path)
            if isinstance(value, str) and value not in seen and len(seen) < _VALUES:
                seen.add(value)
                yield value, item
