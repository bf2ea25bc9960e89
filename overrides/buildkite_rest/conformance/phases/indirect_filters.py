"""Filters whose property is not in the items: their results are compared with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object
from ..filter_trials import parse_duration, period_problems
from ..filters import Filter, at
from ..list_rules import item_problems
from ..objects import PathValues
from ..page_items import key_of, keys_of
from ..pages import PageSequence, read_pages
from ..response_times import server_time
from ..urls import url_parts
from .filter_operators import Operators, numbers_of, partition_problems
from .filtered_list import FilteredList

#: Values of a filter to try.
_VALUES: Final = 4
#: Items of a source.
_SOURCE_PAGE: Final = 30


def check_indirect(where: FilteredList, each: Filter) -> None:
    """Check one filter on the first list that has several items."""
    if each.same_as is not None:
        _check_same(where, each, each.same_as)
        return
    if each.operator in {"from", "before"}:
        return  # a time that excludes everything is tried for every filter
    fewest = 1

    def usefulness(values: PathValues) -> tuple[int, int]:
        items = where.read(values, each.widest, each).items
        return sum(len(numbers_of(each, item)) > 1 for item in items), len(items)

    for values in sorted(where.parents, key=usefulness, reverse=True):
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
        where.settle(values, {each.name: each.default}, {}, each, default_problems)


def _period(each: Filter, value: str, base: PageSequence, found: PageSequence) -> Iterator[str]:
    return period_problems(each, value, base.items, found.items)


def default_problems(base: PageSequence, found: PageSequence) -> Iterator[str]:
    """Compare a list with the default of a parameter with that without it."""
    if set(keys_of(base.items)) != set(keys_of(found.items)):
        yield "without the parameter, the list is not that of its default"


def _check_same(where: FilteredList, each: Filter, other: str) -> None:
    """Check that a period has the results of another parameter with the time when it began."""
    for value in map(str, as_array(each.source.get("values"))):
        duration = parse_duration(value)
        parents = (values for values in where.parents if where.read(values, {}, each).items_or_object)
        if duration is None or (values := next(parents, None)) is None:
            continue
        begin = _time_before(where.read(values, {}, each), duration)
        where.settle(values, {other: begin}, {each.name: value}, each, partial(_equal, f"{each.name}={value}", other))


def _time_before(pages: PageSequence, duration: timedelta) -> str:
    return (server_time(pages.pages[0].headers) - duration).strftime("%Y-%m-%dT%H:%M:%SZ")


def _equal(text: str, other: str, base: PageSequence, found: PageSequence) -> Iterator[str]:
    if set(keys_of(base.items_or_object)) != set(keys_of(found.items_or_object)):
        yield f"{text}: other items than with {other}"
    yield from item_problems(base.items_or_object, found.items_or_object, f"{text} instead of {other}")


def _check_partition(where: FilteredList, each: Filter, values: PathValues) -> None:
    """Check that each item is in the results of exactly one value."""

    def compare(base: PageSequence, _: PageSequence) -> Iterator[str]:
        results = {value: where.read(values, {each.name: value}, each).items for value in each.enum}
        lists = {value: keys_of(items) for value, items in results.items()}
        yield from partition_problems(each.name, lists, keys_of(base.items))
        yield from _listed_problems(where, each, values, results)

    where.settle(values, {}, {each.name: each.enum[0]}, each, compare)


def _listed_problems(
    where: FilteredList, each: Filter, values: PathValues, results: Mapping[str, Sequence[Any]]
) -> Iterator[str]:
    """Compare the results with the lists of the objects that have a value."""
    operations = [one for one in where.selector.spec.operations if one.id in each.listed_by.values()]
    for value, items in results.items():
        for item in items:
            known = {**values, **_path_values(where, item)}
            for operation in operations:
                if not set(operation.parameters) <= known.keys():
                    continue
                pages = read_pages(where.session, operation, known, _SOURCE_PAGE, 1)
                is_listed = key_of(item) in keys_of(pages.items)
                if pages.error is None and is_listed != (each.listed_by.get(value) == operation.id):
                    verb = "is" if is_listed else "is not"
                    yield f"{each.name}={value}: {key_of(item)[:80]} {verb} in the response of {operation.id}"
                    return


def _path_values(where: FilteredList, item: Any) -> PathValues:
    """Return the path parameters in the URL of an item."""
    path = url_parts(str(as_object(item).get("url"))).path
    operation = where.selector.spec.find("GET", path)
    return {} if operation is None else where.selector.spec.values(operation, path)


def _check_unseen(where: FilteredList, each: Filter, values: PathValues) -> None:
    sources = list(sources_of(where, each, values))
    if not sources:
        where.skip(each, "no value is known")
        return
    for value, item in sources:
        others = [other for other, _ in sources if other != value]
        operators = Operators(where, each, values, value, others)
        where.settle(values, {}, {each.name: value}, each, _Unseen(operators, item).problems)


@frozen
class _Unseen:
    """A value of a filter without a property, and the object that it comes from."""

    operators: Operators
    source: Any

    def problems(self, base: PageSequence, found: PageSequence) -> Iterator[str]:
        """Compare the results with the list and with those of other values."""
        each, text = self.operators.filter, f"{self.operators.filter.name}={self.operators.value}"
        known = keys_of(base.items)
        if base.is_complete and (strange := [key for key in keys_of(found.items) if key not in known]):
            yield f"{text}: {strange[0][:80]} is not in the list without the filter"
        yield from implied_problems(text, each.implies, self.source, found.items)
        if base.is_complete:
            yield from self.operators.problems(base, found)


def implied_problems(text: str, implies: Mapping[str, str], source: Any, items: Sequence[Any]) -> Iterator[str]:
    """Check that the items share some properties with the object that the value of the filter is from."""
    for name, path in implies.items():
        for item in items:
            if (value := at(item, name)) != (expected := at(source, path)):
                yield f"{text}: {name} of {key_of(item)[:80]} is {value!r} instead of {expected!r}"
                return


def sources_of(where: FilteredList, each: Filter, values: PathValues) -> Iterator[tuple[str, Any]]:
    """Yield values of a filter, and the objects that they are from."""
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
            if isinstance(value, str) and value not in seen and len(seen) < _VALUES and not _has_operator(each, value):
                seen.add(value)
                yield f"{each.source.get('prefix', '')}{value}", item


def _has_operator(each: Filter, value: str) -> bool:
    """Return whether a value would select others too, because it contains an operator of the filter."""
    operators = (each.negation, each.wildcard, each.separator, each.groups.get("some"), each.groups.get("only"))
    return any(operator is not None and operator in value for operator in operators)
