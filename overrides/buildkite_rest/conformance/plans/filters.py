"""Parameters of queries: filters alone, combined and on further pages; what is included, left out and sorted.

There is one rule for filters: a list with values of filters has exactly the items of the list without them that the
values select, in the same order and with the same properties. The rest is which values to send.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations, permutations, product
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

from attrs import evolve, field, frozen

from ..api import Operation
from ..exchange import Pages, PathValues, Query, query_of
from ..executor import Executor, Finding
from ..objects import identifier_of
from ..rules.parameters import parts_of
from ..selections import ListFilter, as_text, at
from ..values import item_difference, key_of
from .parameters import send_parameters

CHECK: Final = "filter_mismatch"
#: Lists to try until one has items that a filter selects and others, and further ones for types of items.
_PLACES: Final = 30
_MORE_PLACES: Final = 10
#: Elements of a list to choose values by. Those whose values are in other responses are fewer.
_ELEMENTS: Final = 100
_RELATED: Final = 30
#: Pages of a list that are compared. Those of nested objects are large.
_PAGES: Final = 2
#: Values of a filter to combine with those of another one.
_PAIRED: Final = 12
#: Pairs of a value and a type of items to try.
_TYPES: Final = 8
#: Statuses of a value that is refused.
_REFUSED: Final = frozenset({400, 404, 422})

Value: TypeAlias = tuple[ListFilter, Any]
"""A filter with a value, or with several ones of an array."""


def send_filters(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send the parameters of each list or object whose effect is known."""
    for operation in operations:
        filters = [
            ListFilter.of(operation, each, each.behaviour.filters, likely=executor.is_local)
            for each in operation.query.values()
            if each.behaviour.filters is not None
        ]
        places = executor.world.objects(operation)[:_PLACES]
        parameters = (*operation.query.values(), *operation.headers.values())
        effects = [each.behaviour for each in parameters if each.behaviour.includes or each.behaviour.excludes]
        if operation.method == "GET" and (filters or effects) and places:
            yield operation
            FilterTrials(executor, operation, places, filters).run()
            send_parameters(executor, operation, places, filters)


@frozen(eq=False)
class Choice:
    """A value of a filter in a list, and which elements of the list it selects."""

    filter: ListFilter
    place: PathValues
    value: Any
    matching: frozenset[str]
    others: frozenset[str]

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """The usefulness of the value: it divides the elements, and selects several but few ones."""
        return bool(self.others), len(self.matching) > 1, -len(self.matching)


@frozen(eq=False)
class FilterTrials:
    """The filters of an operation, which are tried where there are items that they select."""

    executor: Executor
    operation: Operation
    places: Sequence[PathValues]
    filters: Sequence[ListFilter]
    _known: dict[tuple[str, int], Sequence[Choice]] = field(factory=dict[tuple[str, int], Sequence[Choice]], init=False)

    def run(self) -> None:
        """Try each filter alone, then pairs of them."""
        direct = [each for each in self.filters if each.is_direct]
        for each in direct:
            choice = self._choose(each)
            if choice is None:
                self.executor.skip(CHECK, self.operation, f"{each.name}: no item has a value")
            else:
                self._try_alone(choice)
                self._try_types(choice)
        for one, other in combinations([each for each in direct if not each.parent], 2):
            if not self._is_same(one, other):
                self._try_pair(one, other)
        for one, other in permutations([each for each in direct if each.parent], 2):
            if one.parent == other.parent and other.behaviour.default and not one.behaviour.related:
                self._try_beside_default(one, other)

    def _is_same(self, one: ListFilter, other: ListFilter) -> bool:
        """Return whether two filters compare the same property, or do so but for another one in its place."""
        is_range = {one.behaviour.operator, other.behaviour.operator} == {"from", "before"}
        plain = {path for each in self.filters if not each.is_array for path in each.paths}
        repeats = any(each.is_array and plain & {*each.paths} for each in (one, other))
        return repeats or (bool({*one.paths} & {*other.paths}) and not is_range)

    def _choose(self, each: ListFilter) -> Choice | None:
        """Return the most useful value of a filter in the lists."""
        best: Choice | None = None
        searched = 0
        for number in range(len(self.places)):
            found = [choice for choice in self._choices(each, number) if choice.matching]
            best = max([*found, *([best] if best else [])], key=lambda choice: choice.rank, default=None)
            searched += best is not None and bool(best.others)
            if best is not None and (best.rank[:2] == (True, True) or searched > _MORE_PLACES):
                break
        return best

    def _choices(self, each: ListFilter, number: int) -> Sequence[Choice]:
        """Return the values of a filter in a list."""
        if (each.name, number) not in self._known:
            place = self.places[number]
            elements = dict([*_elements(each, self._base([each], place))][: self._limit(each)])
            related = self._related(each, place)
            choices = []
            for value in each.candidates([*elements.values()], related):
                verdicts = {key: each.matches(value, element, related) for key, element in elements.items()}
                sets = (frozenset(key for key in verdicts if verdicts[key] is wanted) for wanted in (True, False))
                choices.append(Choice(each, place, value, *sets))
            self._known[each.name, number] = choices
        return self._known[each.name, number]

    @staticmethod
    def _limit(each: ListFilter) -> int:
        return _RELATED if each.behaviour.related else _ELEMENTS

    def _try_alone(self, choice: Choice) -> None:
        """Try the values of a filter that are worth it in one list."""
        each, value, place = choice.filter, choice.value, choice.place
        choices = [one for one in self._choices(each, self.places.index(place)) if one is not choice]
        others = [one.value for one in choices]
        several = max(choices, key=lambda one: bool(one.others) * len(one.matching), default=choice)
        first = next(iter(dict(_elements(each, self._base([each], place)))), "")
        later = next((one for one in choices if one.matching and first in one.others), choice)
        values = [value, several.value, later.value, *self._by_path(each, place), *each.forms(value, others)]
        if each.choices and not isinstance(value, dict):
            values += [one.value for one in choices if one.matching] + [
                one.value for one in choices if not one.matching
            ][:1]
        if each.is_array:
            values += each.arrays(value, others)
        if not each.parent and each.unknown is not None:
            values.append([each.unknown] if each.is_array else each.unknown)
        for one in {repr(one): one for one in values}.values():
            self._try(place, [(each, one)])
        for one in each.literals(value):
            self._try(place, [(each, one)], may_refuse=True)
        if each.behaviour.default is not None:
            self._try(place, [(each, each.behaviour.default)], query={})
        if self.operation.pagination != "none" and not each.parent:
            for one in {value, later.value} if isinstance(value, str) else [value]:
                self._read_pages(place, each, each.query(one))

    def _by_path(self, each: ListFilter, place: PathValues) -> Iterator[Any]:
        """Yield a value of each property that a filter compares, if there are several."""
        paths = [*each.paths, *(each.behaviour.likely if each.likely else ())]
        items = [element for _, element in _elements(each, self._base([each], place))]
        for path in paths if len(paths) > 1 else ():
            others = evolve(each, paths=tuple(other for other in paths if other != path), likely=False)
            texts = (
                as_text(at(item, path)) for item in items if not others.matches(at(item, path) or each.unknown, item)
            )
            yield from [text for text in texts if text and each.matches(text, {path: text})][:1]

    def _read_pages(self, place: PathValues, each: ListFilter, query: Query) -> None:
        """Read filtered pages of one item and of the default size, which a rule compares with the whole."""
        full = {**self._brief([each]), **query}
        for size in ({"per_page": 1}, {}):
            page = self.executor.read(self.operation, place, {**full, **size}, each.headers)
            for relation in ("next", "prev"):
                if page.ok and relation in page.links:
                    page = self.executor.read(self.operation, place, query_of(page.links[relation]), each.headers)

    def _try_types(self, choice: Choice) -> None:
        """Try values in lists that have matching items of further types."""
        each = choice.filter
        seen: set[tuple[str, str]] = set()
        for number, place in enumerate(self.places[:_MORE_PLACES] if each.choices and not each.parent else ()):
            types = {key: str(at(item, "type")) for key, item in _elements(each, self._base([each], place))}
            for one in self._choices(each, number):
                new = {(types.get(key, ""), str(one.value)) for key in one.matching} - seen
                if new and len(seen) < _TYPES:
                    seen |= new
                    self._try(place, [(each, one.value)])

    def _try_pair(self, one: ListFilter, other: ListFilter) -> None:
        """Try two filters together, if possible with values that exclude some of the items of each other."""
        best: tuple[int, Choice, Choice] | None = None
        for number in range(min(len(self.places), _MORE_PLACES)):
            choices = (self._choices(each, number)[:_PAIRED] for each in (one, other))
            for first, second in product(*choices):
                a, b = first.matching, second.matching
                rank = bool(a & b) + bool(a & second.others) + bool(b & first.others)
                if (a or b) and (best is None or rank > best[0]):
                    best = rank, first, second
            if best is not None and best[0] == 3:
                break
        if best is not None:
            self._try(best[1].place, [(one, best[1].value), (other, best[2].value)])

    def _try_beside_default(self, one: ListFilter, other: ListFilter) -> None:
        """Try a filter of nested objects beside the default of another one, where that hides some of them."""
        hidden = other.behaviour.default
        for number, place in enumerate(self.places):
            elements = dict(_elements(one, self._base([one, other], place)))
            related = self._related(other, place)
            for choice in self._choices(one, number):
                if any(other.matches(hidden, elements.get(key), related) is False for key in choice.matching):
                    self._try(place, [(one, choice.value), (other, hidden)], query=one.query(choice.value))
                    return

    def _try(
        self, place: PathValues, values: Sequence[Value], query: Query | None = None, *, may_refuse: bool = False
    ) -> None:
        """Send values of filters, and report how the list differs from what they select of the whole list."""
        filters = [each for each, _ in values]
        alone = {name: text for each, value in values for name, text in each.query(value).items()}
        sent = alone if query is None else query

        def judge() -> Iterator[Finding]:
            base, found = self._base(filters, place), self._read(filters, place, sent)
            if not found.ok and base.ok and found.exchanges[-1].status in _REFUSED and not may_refuse:
                yield Finding(CHECK, f"{_text(sent)} gets {found.exchanges[-1].status}", found.exchanges[-1])
            if found.ok and base.ok:
                for message in self._problems(place, values, base, found):
                    yield Finding(CHECK, f"{_text(sent)}: {message}", found.exchanges[0], base.exchanges[:1])

        self.executor.count(CHECK)
        self.executor.check(judge)

    def _problems(self, place: PathValues, values: Sequence[Value], base: Pages, found: Pages) -> Iterator[str]:
        """Yield how a list differs from what values of filters select of the whole list."""
        first = values[0][0]
        tests = [partial(each.matches, value, related=self._related(each, place)) for each, value in values]
        whole, listed = dict(_elements(first, base)), dict(_elements(first, found))
        verdicts = {key: _all(test(each) for test in tests) for key, each in {**listed, **whole}.items()}
        wrong = [key for key in listed if verdicts[key] is False]
        missing = [key for key in whole if verdicts[key] is True and key not in listed and found.is_whole]
        strange = [key for key in listed if key not in whole and base.is_whole]
        for keys, text in ((wrong, "do not match"), (missing, "are missing"), (strange, "are not in the whole list")):
            if keys:
                yield f"{len(keys)} items {text}, such as {keys[0]}"
        if self.executor.is_local and [key for key in whole if key in listed] != [
            key for key in listed if key in whole
        ]:
            yield "the order is not that of the whole list"
        changed = {name for each, _ in values for name in (each.parent.partition("/")[0], *each.behaviour.changes)}
        known = {key_of(each): each for each in base.objects}
        texts = (
            (key_of(each), item_difference(each, known.get(key_of(each), each), changed)) for each in found.objects
        )
        yield from [f"{key}: {text}" for key, text in texts if text is not None][:1]

    def _related(self, each: ListFilter, place: PathValues) -> Any:
        """Return a function that reads the values of an element that are in another response."""
        return partial(self._related_values, each, place) if each.behaviour.related else None

    def _related_values(self, each: ListFilter, place: PathValues, element: Any) -> Sequence[Any] | None:
        related = each.behaviour.related
        assert related is not None  # noqa: S101 - for the type checker
        operation = self.executor.api.by_id[related.operation]
        known: PathValues | None = place
        if related.url is not None:
            known = operation.values_in(urlsplit(str(at(element, related.url))).path)
        elif related.items is None:
            key = identifier_of(operation.parameters[-1], element)
            known = None if key is None else {**place, operation.parameters[-1]: key}
        if known is None:
            return []
        pages = self.executor.read_pages(operation, known, related.query)
        if not pages.is_whole:
            return None
        objects = pages.objects
        if related.items is not None:
            nested = at(objects[0], related.items) or ()
            objects = [one for one in nested if key_of(one) == key_of(element)]
        found = [at(one, related.property or "") for one in objects]
        return [value for value in found if value is not None] if objects or related.items is None else None

    def _base(self, filters: Sequence[ListFilter], place: PathValues) -> Pages:
        """Read the list without the effect of filters."""
        return self._read(filters, place, {name: value for each in filters for name, value in each.widest.items()})

    def _read(self, filters: Sequence[ListFilter], place: PathValues, query: Query) -> Pages:
        headers = {name: value for each in filters for name, value in each.headers.items()}
        most = 1 if filters[0].parent else _PAGES
        return self.executor.read_pages(self.operation, place, {**self._brief(filters), **query}, headers, most)

    def _brief(self, filters: Sequence[ListFilter]) -> Query:
        """Return the query that leaves out what the filters do not need."""
        roots = {root for each in filters for root in each.roots}
        names = (
            name
            for name in self.operation.brief
            for part in parts_of(self.operation.query[name])
            if part[0] not in roots
        )
        return dict.fromkeys(names, "true")


def _elements(each: ListFilter, pages: Pages) -> Iterator[tuple[str, Any]]:
    """Yield what a filter selects in a list, with keys."""
    for item in pages.objects:
        key = key_of(item)
        if not each.parent:
            yield key, item
        yield from ((f"{key}/{key_of(element)}", element) for element in each.elements(item) if each.parent)


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    found = {*verdicts}
    return False if False in found else None if None in found else True


def _text(query: Query) -> str:
    return urlencode(query, doseq=True, safe=":/*[],!^~% ") or "without the parameter"
