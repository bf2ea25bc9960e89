"""Filters whose property is not in the items, beside other filters: both together have what each of them has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import combinations, islice
from typing import Any, Final

from attrs import evolve, frozen

from ..filter_trials import best, candidates, is_direct, query_text, trial
from ..filters import INDIRECT, Filter
from ..objects import PathValues
from ..page_items import keys_of
from ..pages import PageSequence
from .filtered_list import FilteredList
from .indirect_filters import default_problems, sources_of

#: Values of a filter to choose from.
_VALUES: Final = 4
#: Items that a list needs, and lists to try until one has them.
_ITEMS: Final = 2
_LISTS: Final = 10


def check_indirect_pairs(where: FilteredList, filters: Sequence[Filter]) -> None:
    """Check each filter without a property beside each other one, on the first list with several items."""
    usable = [each for each in filters if each.parent is None and each.same_as is None]
    indirect = [each for each in usable if each.operator in INDIRECT]
    for values in where.parents[:_LISTS] if indirect else ():
        sides = [side for each in usable if (side := _side(where, each, values)) is not None]
        if len(where.read(values, {}).items) >= _ITEMS and len(sides) >= _ITEMS:
            for one, other in combinations(sides, 2):
                if not (is_direct(one.filter) and is_direct(other.filter)):
                    _check_pair(where, values, one, other)
                    _check_default(where, values, one, other)
                    _check_default(where, values, other, one)
            return


@frozen
class _Side:
    """A filter, and the queries with some of its values."""

    filter: Filter
    queries: Sequence[Mapping[str, Any]]

    @property
    def selects_items(self) -> bool:
        """Whether the filter selects items by what they are, and not by parts of them, such as executions."""
        each = self.filter
        return is_direct(each) or each.operator == "partition" or (each.negation is not None and each.counts is None)


def _side(where: FilteredList, each: Filter, values: PathValues) -> _Side | None:
    queries: list[Mapping[str, Any]] = []
    if is_direct(each):
        items, related = where.read(values, each.widest, each).items, where.related(each, values)
        for path in each.properties or ("",):  # a text may be in any of several properties
            single = evolve(each, properties=(path,)) if path else each
            trials = [trial(single, value, related) for value in candidates(single, items, related)]
            one = best((one for one in trials if one.parent is None), items)
            queries += [] if one is None else [one.query]
    elif each.enum:
        queries += [{each.name: value} for value in each.enum]
    else:
        queries += [{each.name: value} for value, _ in islice(sources_of(where, each, values), _VALUES)]
    return _Side(each, queries) if queries else None


def _check_pair(where: FilteredList, values: PathValues, one: _Side, other: _Side) -> None:
    """Check the values of the first filter, each with a value of the second that has some of its results."""
    headers = evolve(one.filter, headers={**one.filter.headers, **other.filter.headers})
    for first in one.queries:
        base_query = {**other.filter.widest, **first}
        base = set(keys_of(where.read(values, base_query, headers).items))
        lists = {
            number: set(keys_of(where.read(values, {**one.filter.widest, **second}, headers).items))
            for number, second in enumerate(other.queries)
        }
        # Each filter should have some of the results of the other one, and further ones.
        number = max(lists, key=lambda each: (bool(lists[each] & base), _further(base, lists[each])))
        second = other.queries[number]
        both = _Both(where, values, headers, {**one.filter.widest, **second}, one.selects_items or other.selects_items)
        where.settle(values, base_query, {**second, **first}, headers, both.problems, may_refuse=True)


def _check_default(where: FilteredList, values: PathValues, one: _Side, other: _Side) -> None:
    """Check that the default of the second filter has no effect beside the first one."""
    if other.filter.default is not None:
        headers = evolve(one.filter, headers={**one.filter.headers, **other.filter.headers})
        for first in one.queries:
            both = {**first, other.filter.name: other.filter.default}
            where.settle(values, first, both, headers, default_problems, may_refuse=True)


def _further(one: Set[str], other: Set[str]) -> int:
    """Return how many of two sets of results have further ones than the other."""
    return bool(one - other) + bool(other - one)


@frozen
class _Both:
    """The second of two filters."""

    where: FilteredList
    values: PathValues
    headers: Filter
    """A filter with the headers of both."""
    query: Mapping[str, Any]
    is_exact: bool
    """Whether an item in the results of each filter is in those of both."""

    def problems(self, base: PageSequence, found: PageSequence) -> Iterator[str]:
        """Compare the results of both filters with what those of the first one and of the second one share."""
        other = self.where.read(self.values, self.query, self.headers, again=True)
        if not (base.is_complete and other.is_complete and found.is_complete):
            return
        text = f"{query_text(self.query)} beside another filter"
        shared, both = set(keys_of(base.items)) & set(keys_of(other.items)), set(keys_of(found.items))
        if added := sorted(both - shared):
            yield f"{text}: {added[0][:80]} is not in the results of each of them"
        if self.is_exact and (missing := sorted(shared - both)):
            yield f"{text}: {missing[0][:80]} is missing, which is in the results of each of them"
