"""The phase *filters*: query parameters of lists and objects have their documented effect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, permutations
from typing import Any, Final

from attrs import evolve, frozen

from ..._base.json_values import as_array, is_array
from ..._base.plurals import plural
from ..filter_effects import brief_query, effects_of
from ..filter_trials import (
    Trial,
    arrays,
    best,
    candidates,
    filter_problems,
    is_direct,
    literal_values,
    most_matches,
    order_problems,
    query_text,
    reference_problems,
    split,
    trial,
    unknown,
    variants,
)
from ..filters import INDIRECT, Filter, at, filters_of
from ..list_rules import item_problems, last_number_problems, property_problems
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues
from ..page_items import keys_of
from ..pages import PageSequence, read_pages
from ..spec import Operation, Spec, object_path
from ..traffic import Session
from .default_pages import check_default_page
from .effect_pairs import check_effect_pairs
from .filtered_cursors import check_page_before
from .filtered_list import ATTEMPTS, CHECK, FilteredList
from .indirect_filters import check_indirect
from .indirect_pairs import check_indirect_pairs
from .parameter_effects import check_effect

#: Items to choose a value by.
_CHOICE: Final = 100
#: Objects or lists to look for values in.
_PARENTS: Final = 80
#: Further lists to look in for a value that several items have.
_MORE_PARENTS: Final = 10
#: Pairs of a value and a type of items to try.
_TYPES: Final = 8
#: Values of a filter to try beside those of another one, in each further list.
_PAIRED: Final = 6
#: Items whose related objects are read.
_RELATED: Final = 30
#: Single values of an array to try. Those of a parameter that is not an array are all tried.
_ARRAY_VALUES: Final = 2
#: Pages of one item to read of the results of a filter.
_FIRST_PAGES: Final = 2
#: A request without headers.
_NO_HEADERS: Final = Filter("")
#: Operators that may be combined on one property.
_RANGE: Final = {"from", "before"}


def check_filters(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Try each filter with values of listed items. Yields each operation before its requests are sent."""
    for operation in operations:
        if operation.method != "GET":
            continue
        filters = list(filters_of(selector.spec, operation))
        effects = list(effects_of(selector.spec, operation))
        if filters or effects:
            yield operation
            parents: Sequence[PathValues] = selector.usable(operation)[:_PARENTS] if operation.parameters else [{}]
            where = FilteredList(session, selector, operation, parents, _brief(selector.spec, operation, filters))
            FilterChecker(where).check(filters)
            for effect in effects:
                check_effect(where, effect)
            check_effect_pairs(where, filters, effects)
            check_indirect_pairs(where, filters)


@frozen
class Chosen:
    """A trial, and the list that it is for."""

    filter: Filter
    values: PathValues
    base: PageSequence
    trial: Trial
    splits: bool
    """Whether some items match and others do not."""


@frozen
class FilterChecker:
    """Checks the filters of one operation."""

    where: FilteredList

    def check(self, filters: Sequence[Filter]) -> None:
        """Check each filter alone, then pairs of them."""
        chosen: list[Chosen] = []
        for each in filters:
            if not is_direct(each):
                check_indirect(self.where, each)
            elif (one := self._choose(each)) is not None:
                chosen.append(one)
                self._check_alone(one)
                self._check_types(one)
                self._check_parent_types(one)
            if is_direct(each) and each.source:
                check_indirect(self.where, each)
            if is_local(self.where.session.options.base_url):
                self._check_likely(each)
            self._check_unknown(each)
            if each.refers is not None:
                self._check_references(each)
        self._check_disabled([each for each in filters if self.where.declared(each.headers)])
        single = {name for one in chosen if not one.filter.is_array for name in one.filter.properties}
        singles = [
            one
            for one in chosen
            if one.trial.parent is None and not (one.filter.is_array and single & set(one.filter.properties))
        ]
        for one, other in combinations(singles, 2):
            if one.splits:
                self._check_pair(one, other.filter)
            elif other.splits:
                self._check_pair(other, one.filter)
        for first, second in permutations([one.filter for one in chosen if one.trial.parent is not None], 2):
            self._check_nested_pair(first, second)

    def _check_disabled(self, filters: Sequence[Filter]) -> None:
        """Check that filters for a version of the API have no effect without its header."""
        query = {each.name: value for each in filters if (value := _excluding(each)) is not None}
        for values in self.where.parents if query else ():
            base, found = (self.where.read(values, each, _NO_HEADERS, again=True) for each in ({}, query))
            if found.error is not None or not base.items_or_object:
                continue
            self.where.session.count(CHECK)
            if keys_of(base.items_or_object) != keys_of(found.items_or_object):
                message = f"{query_text(query)}: the filters have an effect without {', '.join(filters[0].headers)}"
                self.where.report(message, found.pages[0], base.pages[:1])
            return

    def _choose(self, each: Filter) -> Chosen | None:
        """Find a list and a value that divides it, if possible one of several items."""
        fallback: Chosen | None = None
        errors = 0
        searched = 0
        for values in self.where.parents:
            if fallback is not None and fallback.splits and (searched := searched + 1) > _MORE_PARENTS:
                break
            base = self.where.read(values, each.widest, each)
            errors += base.error is not None
            items = _elements(base.items_or_object[:_CHOICE], each)
            related = self.where.related(each, values)
            trials = [
                trial(each, value, related)
                for value in candidates(each, items[:_RELATED] if related else items, related)
            ]
            if (one := best(trials, items)) is not None:
                matching, others = split(one, items)
                chosen = Chosen(each, values, base, one, splits=others > 0)
                if chosen.splits and matching > 1:
                    return chosen
                fallback = chosen if fallback is None or (chosen.splits and not fallback.splits) else fallback
        if fallback is not None and fallback.splits:
            return fallback
        if fallback is not None:
            self.where.skip(each, "all items match, so that a filter without effect would not be noticed")
        elif self.where.parents and errors == len(self.where.parents):
            self.where.skip(each, "the list cannot be read")
        else:
            self.where.skip(each, "no item has a value")
        return fallback

    def _check_alone(self, chosen: Chosen) -> None:
        each, items = chosen.filter, _elements(chosen.base.items_or_object[:_CHOICE], chosen.filter)
        related = self.where.related(each, chosen.values)
        make = partial(trial, each, related=related)
        self._try(chosen, chosen.trial)
        value = _value(chosen.trial, each)
        for other in variants(each, value, items):
            self._try(chosen, make(other))
        for other in literal_values(each, value):
            self._try(chosen, make(other), may_refuse=True)
        others = [make(other) for other in candidates(each, items, related) if other != value]
        if (most := most_matches(others, items)) is not None:
            self._try(chosen, most)
        if each.enum and not isinstance(value, dict):
            texts = [name for name in candidates(each, items, related) if name != value]
            unmatched = [name for name in texts if not split(make(name), items)[0]]
            for other in texts if not each.is_array else texts[:_ARRAY_VALUES]:
                if other not in unmatched[1:]:
                    self._try(chosen, make(other))
        if each.is_array:
            unions = [make([value, other]) for other in candidates(each, items, related) if other != value]
            if (union := best(unions, items)) is not None:
                self._try(chosen, union)
            for values in arrays(each, value, [other for other in candidates(each, items, related) if other != value]):
                self._try(chosen, make(values))
        if each.default is not None:
            default = make(each.default)
            self._try(chosen, Trial({}, default.matches, default.parent, default.may_omit_items))
        self._check_pages(chosen)
        if self.where.operation.pagination == "cursor" and chosen.trial.parent is None and each.related is None:
            check_page_before(self.where, each)

    def _check_types(self, chosen: Chosen) -> None:
        """Try values of items of other types than those that were selected, each where such an item is listed."""
        each = chosen.filter
        if each.related is not None or each.parent is not None:
            return
        known = _types(chosen.trial, chosen.base.items_or_object)
        seen: set[tuple[str, str]] = set()
        for values in self.where.parents[:_MORE_PARENTS]:
            base = self.where.read(values, each.widest, each)
            for one in (trial(each, value) for value in candidates(each, base.items_or_object[:_CHOICE], None)):
                pairs = {(name, one.text) for name in _types(one, base.items_or_object) - known}
                if not pairs <= seen and len(seen) < _TYPES:
                    seen |= pairs
                    self._try(Chosen(each, values, base, one, splits=True), one)

    def _check_parent_types(self, chosen: Chosen) -> None:
        """Try a value in a list of each other type of the object that a list belongs to."""
        each, session, spec = chosen.filter, self.where.session, self.where.selector.spec
        reading = spec.find("GET", object_path(self.where.operation.path))
        if reading is None or reading == self.where.operation or not reading.parameters:
            return
        known = {at(session.read(reading, chosen.values).body, "type")}
        for values in () if None in known else self.where.parents:
            kind, base = at(session.read(reading, values).body, "type"), self.where.read(values, each.widest, each)
            items, related = _elements(base.items_or_object[:_CHOICE], each), self.where.related(each, values)
            one = best((trial(each, value, related) for value in candidates(each, items, related)), items)
            if kind not in known and one is not None:
                known.add(kind)
                self._try(Chosen(each, values, base, one, splits=True), one)

    def _check_likely(self, each: Filter) -> None:
        """Try a value of each property that the filter compares only for some items."""
        for path, pattern in each.likely.items():
            certain = evolve(each, properties=(*each.properties, path), perhaps=())
            for values in self.where.parents:
                base = self.where.read(values, each.widest, each)
                texts = [
                    str(at(item, path)) for item in base.items_or_object if re.search(pattern, str(at(item, path)))
                ]
                if texts:
                    one = trial(certain, texts[0])
                    self._try(Chosen(certain, values, base, one, splits=True), one)
                    break

    def _check_references(self, each: Filter) -> None:
        for values in self.where.parents:
            base = self.where.read(values, each.widest, each)
            if base.is_complete and any(reference_problems(each, base.items_or_object)):
                self.where.settle(values, each.widest, each.widest, each, partial(_references, each))

    def _try(self, chosen: Chosen, one: Trial, *, may_refuse: bool = False) -> None:
        keeps_order = is_local(self.where.session.options.base_url)
        compare = partial(_compare, one, chosen.filter, keeps_order=keeps_order)
        self.where.settle(chosen.values, chosen.filter.widest, one.query, chosen.filter, compare, may_refuse=may_refuse)

    def _check_unknown(self, each: Filter) -> None:
        value = unknown(each)
        if value is None or not self.where.parents:
            return
        for values in self.where.parents:
            if (base := self.where.read(values, each.widest, each)).items_or_object:
                one = trial(each, value)
                found = self.where.read(values, one.query, each)
                objects = [] if found.items else found.items_or_object
                listed = found.items + [item for item in objects if each.counts is None or at(item, each.counts)]
                finds = each.counts is not None or (is_direct(each) and not each.source)
                if finds and found.error is not None and found.error.status == 404:
                    message = f"{query_text(one.query)}: 404, although the same request without it succeeds"
                    self.where.report(message, found.error, base.pages[:1])
                elif listed:
                    message = f"{query_text(one.query)}: {plural(len(listed), 'item')}, although none has this value"
                    self.where.report(message, found.pages[0], base.pages[:1])
                self.where.session.count(CHECK)
                return

    def _check_pair(self, one: Chosen, each: Filter) -> None:
        """Check two filters together, the second with a value that divides the matches of the first.

        If there is none, it has a value that excludes all matches of the first, and selects other items if possible.
        Further lists are tried until one has such values.
        """
        if set(one.filter.properties) & set(each.properties) and {one.filter.operator, each.operator} != _RANGE:
            return
        both, divides = self._both(one, each)
        for other in () if divides else self._elsewhere(one.filter):
            found, divides = self._both(other, each)
            if divides:
                one, both = other, found
                break
        if both is not None:
            self._try(one, both)

    def _elsewhere(self, each: Filter) -> Iterator[Chosen]:
        """Yield values of a filter in all lists."""
        for values in self.where.parents:
            base, related = self.where.read(values, each.widest, each), self.where.related(each, values)
            for value in candidates(each, base.items_or_object[:_RELATED], related)[:_PAIRED]:
                yield Chosen(each, values, base, trial(each, value, related), splits=True)

    def _both(self, one: Chosen, each: Filter) -> tuple[Trial | None, bool]:
        """Return the trial of a filter and another one, and whether each of them excludes matches of the other."""
        base, related = one.base.items_or_object[:_CHOICE], self.where.related(each, one.values)
        matching = [item for item in base if one.trial.matches(item)]
        trials = [trial(each, value, related) for value in candidates(each, matching, related)]
        both = [one.trial & second for second in trials]
        # The second filter alone should select other items too.
        other = best([pair for pair, second in zip(both, trials, strict=True) if split(second, base)[1]], matching)
        if other is not None and split(other, matching)[1]:
            return other, True
        more = [trial(each, value, related) for value in candidates(each, base, related)]
        useful = [second for second in more if not split(one.trial & second, base)[0]]
        second = max(useful, key=lambda each: min(1, split(each, base)[0]), default=None)
        if second is None:
            return other, False
        return one.trial & second, bool(matching) and split(second, base)[0] > 0

    def _check_nested_pair(self, one: Filter, each: Filter) -> None:
        """Check a filter of nested objects beside the default of another one."""
        if one.parent != each.parent or each.default is None:
            return
        for values in self.where.parents:
            base = self.where.read(values, {**one.widest, **each.widest}, one)
            elements = _elements(base.items_or_object[:_CHOICE], one)
            related = self.where.related(each, values)
            default = evolve(trial(each, each.default, related), query={})
            trials = (trial(one, value, self.where.related(one, values)) for value in candidates(one, elements, None))
            for first in trials if one.related is None else ():
                matching = [element for element in elements if first.matches(element)]
                if any(default.matches(element) is False for element in matching):
                    both = evolve(first & default, may_omit_items=one.may_omit_items or each.may_omit_items)
                    compare = partial(_compare, both, evolve(one, changes=(*one.changes, *each.changes)))
                    self.where.settle(values, {**one.widest, **each.widest}, both.query, one, compare)
                    return

    def _check_pages(self, chosen: Chosen) -> None:
        """Check the first pages of the results, with several values if the filter accepts them.

        The filter must come before the division into pages: the first page has a match that an unfiltered one lacks.
        """
        each, one, items = chosen.filter, chosen.trial, chosen.base.items_or_object[:_CHOICE]
        if self.where.operation.pagination == "none" or one.parent is not None:
            return
        related = self.where.related(each, chosen.values)
        later = [trial(each, value, related) for value in candidates(each, items[:0:-1], related)]
        check_default_page(self.where, each, chosen.values, [*later, one], items)
        if (first := next((found for found in later if _is_later(found, items)), None)) is not None:
            self._check_first_pages(chosen, first, 1)
        if split(one, items)[0] >= _FIRST_PAGES:
            other = _excluding(each) if each.is_array and each.related is None else None
            several = one if other is None else trial(each, [*as_array(one.query[each.name]), other])
            self._check_first_pages(chosen, several, _FIRST_PAGES)

    def _check_first_pages(self, chosen: Chosen, one: Trial, count: int) -> None:
        """Check the first pages of the results of a trial, of one item each."""
        pages, problems = PageSequence((), is_complete=False), list[str]()
        for attempt in range(ATTEMPTS):
            pages = read_pages(
                self.where.session,
                self.where.operation,
                chosen.values,
                1,
                count,
                query={**self.where.brief, **one.query},
                headers=self.where.declared(chosen.filter.headers),
                again=attempt > 0,
            )
            whole = self.where.read(chosen.values, one.query, chosen.filter, again=attempt > 0)
            base = self.where.read(chosen.values, chosen.filter.widest, chosen.filter, again=attempt > 0)
            # Meanwhile, items may have changed so that fewer of them match.
            least = min(count, split(one, base.items_or_object)[0]) if attempt else count
            problems = list(_page_problems(one, self.where.operation, pages, whole, range(least, count + 1)))
            if not problems:
                self.where.session.count(CHECK)
                return
        for problem in problems if pages.pages else ():
            self.where.report(f"{one.text}: {problem}", pages.pages[-1], pages.pages[:1])


def _is_later(one: Trial, items: Sequence[Any]) -> bool:
    """Whether a trial matches some of the items, but not the first one."""
    return one.matches(items[0]) is False and split(one, items)[0] > 0


def _page_problems(
    one: Trial, operation: Operation, pages: PageSequence, whole: PageSequence, counts: range
) -> Iterator[str]:
    """Check the first pages of one item each, and that their last page is that of the filtered list."""
    if any(one.matches(item) is False for item in pages.items):
        yield "a page of one item has an item that does not match"
    elif len(pages.items) not in counts:
        yield f"the {'second' if pages.items else 'first'} page of one item is missing or empty"
    elif operation.pagination == "link" and whole.is_complete:
        for page in pages.pages:
            yield from last_number_problems(page, 1, len(whole.items))


def _excluding(each: Filter) -> Any:
    """Return a value that matches few items or none."""
    value = unknown(each)
    return each.enum[-1] if value is None and each.enum else value


def _brief(spec: Spec, operation: Operation, filters: Sequence[Filter]) -> Mapping[str, str]:
    """Return the query that leaves out properties that no filter compares."""
    compared = {path.partition("/")[0] for each in filters for path in each.properties if each.parent is None}
    return brief_query(spec, operation, compared)


def _compare(
    one: Trial, each: Filter, base: PageSequence, found: PageSequence, *, keeps_order: bool = False
) -> Iterator[str]:
    yield from filter_problems(
        one,
        base.items_or_object,
        found.items_or_object,
        is_complete=found.is_complete,
        base_is_complete=base.is_complete,
    )
    if keeps_order:
        yield from order_problems(one, base.items, found.items)
    if each.counts is None and each.operator not in INDIRECT:
        changed = {(each.parent or "").partition("/")[0], *each.changes}
        yield from item_problems(base.items_or_object, found.items_or_object, one.text, changed)
        yield from property_problems(base.items_or_object, found.items_or_object, one.text, changed)


def _types(one: Trial, items: Sequence[Any]) -> set[str]:
    """Return the types of the items that match."""
    types = ((at(item, "type"), item) for item in items)
    return {name for name, item in types if isinstance(name, str) and one.matches(item) is True}


def _references(each: Filter, _: PageSequence, found: PageSequence) -> Iterator[str]:
    return reference_problems(each, found.items_or_object) if found.is_complete else iter(())


def _elements(items: Sequence[Any], each: Filter) -> list[Any]:
    """Return the objects that a filter selects."""
    if each.parent is None:
        return list(items)
    return [element for item in items for element in as_array(at(item, each.parent))]


def _value(one: Trial, each: Filter) -> Any:
    """Return the value of a filter in a trial."""
    if each.operator == "entries":
        return {name.removeprefix(f"{each.name}[").removesuffix("]"): value for name, value in one.query.items()}
    value = one.query.get(each.name, one.query)
    return value[0] if is_array(value) else value
