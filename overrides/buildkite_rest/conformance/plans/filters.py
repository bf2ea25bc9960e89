"""Parameters of queries: filters alone, combined and on further pages; what is included, left out and sorted.

There is one rule for filters: a list with values of filters has exactly the items of the list without them that the
values select, in the same order and with the same properties. The rest is which values to send.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import combinations, product
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

from attrs import evolve, field, frozen

from ..api import Operation
from ..behaviour import Part
from ..exchange import Pages, PathValues, Query
from ..executor import Executor, Finding
from ..objects import identifier_of
from ..rules.lists import parts_of
from ..selections import ListFilter, Related, at
from ..values import item_difference, key_of
from .lists import check_pages

CHECK: Final = "filter_mismatch"

Value: TypeAlias = tuple[ListFilter, Any]
"""A filter with a value, or with several ones of an array."""
#: Lists to try until one has items that a filter selects and others, and further ones with other items.
_PLACES: Final = 60
_MORE_PLACES: Final = 20
_OTHER_PLACES: Final = 5
#: Elements of a list to choose values by. Those whose values are in other responses are fewer.
_ELEMENTS: Final = 100
_RELATED: Final = 30
#: Values of a filter to send, and those to combine with another one.
_VALUES: Final = 4
_PAIRED: Final = 12
#: Items of a page that has all properties, and how many may lack one that is always there.
_ITEMS: Final = 30
_FEW: Final = 3


def send_filters(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send the parameters of each list or object whose effect is known."""
    for operation in operations:
        places = [Place(executor, operation, each) for each in executor.world.objects(operation)[:_PLACES]]
        known = [each.behaviour for each in (*operation.query.values(), *operation.headers.values())]
        if operation.method != "GET" or not places:
            continue
        if any(each.filters or each.includes or each.excludes or each.sorts for each in known):
            yield operation
            trials = Trials(executor, operation, places)
            trials.send_filters()
            trials.send_flags()
            trials.send_versions()
            trials.send_sorting()


@frozen(eq=False)
class Place:
    """A list or an object, and the headers of requests for it."""

    executor: Executor
    operation: Operation
    values: PathValues
    headers: Mapping[str, str] = field(factory=dict[str, str])

    def read(self, query: Query) -> Pages:
        """Read the first page of the list with a query, which is large enough for a comparison."""
        return self.executor.read_pages(self.operation, self.values, query, self.headers, most=1)

    def compare(self, base: Query, query: Query, values: Sequence[Value] = (), but: Collection[str] = ()) -> None:
        """Report how the list with a query differs from what values of filters select of the list with another one.

        Properties of items may differ if they are in `but`.
        """
        text = urlencode(query, doseq=True, safe=":/*[],!^~% ") or "without the parameter"

        def judge() -> Iterator[Finding]:
            whole, found = self.read(base), self.read(query)
            shown, before = found.exchanges[-1], whole.exchanges[:1]
            is_refused = shown.status == 404 or (self.executor.is_local and shown.status in {400, 422})
            if whole.ok and is_refused:
                yield Finding(CHECK, f"{text} gets {shown.status}", shown, before)
            for message in self._problems(whole, found, values, but) if whole.ok and found.ok else ():
                yield Finding(CHECK, f"{text}: {message}", found.exchanges[0], before)

        self.executor.check(judge)

    def _problems(self, base: Pages, found: Pages, values: Sequence[Value], but: Collection[str]) -> Iterator[str]:
        nested = values[0][0] if values else None
        tests = [partial(each.matches, value, related=self.related(each)) for each, value in values]
        whole, listed = elements(nested, base), elements(nested, found)
        verdicts = {key: {test(each) for test in tests} for key, each in {**listed, **whole}.items()}
        wrong = [key for key in listed if False in verdicts[key]]
        missing = [key for key in whole if verdicts[key] <= {True} and key not in listed and found.is_whole]
        strange = [key for key in listed if key not in whole and base.is_whole]
        for keys, text in ((wrong, "do not match"), (missing, "are missing"), (strange, "are not in the whole list")):
            if keys:
                yield f"{len(keys)} items {text}, such as {keys[0]}"
        common = [key for key in whole if key in listed]
        if values and self.executor.is_local and common != [key for key in listed if key in whole]:
            yield "the order is not that of the whole list"
        known = {key_of(each): each for each in base.objects}
        changed = {*but}.union(*(each.changed for each, _ in values))
        for each in found.objects:
            if (text := item_difference(each, known.get(key_of(each), each), changed) or "") != "":
                yield f"{key_of(each)}: {text}"
                return

    def related(self, each: ListFilter) -> Related | None:
        """Return a function that reads the values of an element that are in another response."""
        return partial(self._related, each) if each.behaviour.related else None

    def _related(self, each: ListFilter, element: Any) -> Sequence[Any] | None:
        related = each.behaviour.related
        assert related is not None  # noqa: S101 - for the type checker
        operation = self.executor.api.by_id[related.operation]
        known: PathValues | None = self.values
        if related.url is not None:
            known = operation.values_in(urlsplit(str(at(element, related.url))).path)
        elif related.items is None:
            key = identifier_of(operation.parameters[-1], element)
            known = None if key is None else {**self.values, operation.parameters[-1]: key}
        if known is None:
            return []
        pages = self.executor.read_pages(operation, known, related.query)
        objects = pages.objects
        if related.items is not None and objects:
            objects = [one for one in at(objects[0], related.items) or () if key_of(one) == key_of(element)]
        found = [at(one, related.property or "") for one in objects]
        is_known = pages.is_whole and (objects or related.items is None)
        return [value for value in found if value is not None] if is_known else None


def elements(each: ListFilter | None, pages: Pages) -> Mapping[str, Any]:
    """Return what a filter selects in a list, by key."""
    if each is None or not each.parent:
        return {key_of(item): item for item in pages.objects}
    return {f"{key_of(item)}/{key_of(one)}": one for item in pages.objects for one in each.elements(item)}


@frozen(eq=False)
class Choice:
    """A value of a filter in a list, and which elements of the list it selects."""

    place: Place
    value: Any
    matching: frozenset[str]
    others: frozenset[str]

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """The usefulness of the value: it divides the elements, and selects several but few ones."""
        return bool(self.matching), bool(self.others), len(self.matching) > 1, -len(self.matching)


@frozen(eq=False)
class Trials:
    """The parameters of an operation, which are tried where they have an effect."""

    executor: Executor
    operation: Operation
    places: Sequence[Place]
    _known: dict[tuple[str, Place], Sequence[Choice]] = field(
        factory=dict[tuple[str, Place], Sequence[Choice]], init=False
    )

    def send_filters(self) -> None:
        """Send each filter alone, then pairs of them."""
        now = self._now()
        filters = [
            ListFilter.of(self.operation, each, each.behaviour.filters, now, is_local=self.executor.is_local)
            for each in self.operation.query.values()
            if each.behaviour.filters is not None
        ]
        plain = {path for each in filters if not each.is_array for path in each.paths}
        for each in filters:
            self._send_alone(each)
        for one, other in combinations([each for each in filters if not (each.is_array and plain & {*each.paths})], 2):
            is_range = {one.behaviour.operator, other.behaviour.operator} == {"from", "before"}
            if one.parent == other.parent and (is_range or not {*one.paths} & {*other.paths}):
                self._send_pair(one, other)

    def _send_alone(self, each: ListFilter) -> None:
        """Send values of a filter where they select some items."""
        best: Choice | None = None
        for number, place in enumerate(self.places):
            found = list[Choice](self._choices(each, place))
            if best is not None:
                found.append(best)
            best = max(found, key=lambda choice: choice.rank, default=None)
            if best is not None and (all(best.rank[:3]) or (all(best.rank[:2]) and number > _MORE_PLACES)):
                break
        if best is None or not best.matching:
            self.executor.skip(CHECK, self.operation, f"{each.name}: no item has a value")
            return
        choices = [choice for choice in self._choices(each, best.place) if choice is not best]
        later = max([best, *choices], key=lambda choice: bool(choice.others) * len(choice.matching))
        shown = [choice.value for choice in choices if choice.matching or each.choices]
        values = [best.value, later.value, *shown[: None if each.choices else _VALUES]]
        for value in {repr(value): value for value in (*values, *each.forms(best.value, shown))}.values():
            self._try(best.place, [(each, value)])
        for place in self.places[:_OTHER_PLACES] if each.choices else ():
            for choice in self._choices(each, place):
                if choice.matching:
                    self._try(place, [(each, choice.value)])
        if each.behaviour.default is not None:
            self._try(best.place, [(each, each.behaviour.default)], {})
        if not each.parent:
            for value in (later.value, *([[best.value, later.value]] if each.is_array else [])):
                query = {**self._brief([each]), **each.query(value)}
                self._check_pages(evolve(best.place, headers=each.headers), query)

    def _choices(self, each: ListFilter, place: Place) -> Sequence[Choice]:
        """Return the values of a filter in a list."""
        if (each.name, place) not in self._known:
            pages = evolve(place, headers=each.headers).read({**self._brief([each]), **each.widest})
            most = _RELATED if each.behaviour.related else _ELEMENTS
            found, related, choices = dict([*elements(each, pages).items()][:most]), place.related(each), list[Choice]()
            for value in each.candidates([*found.values()], related):
                verdicts = {key: each.matches(value, element, related) for key, element in found.items()}
                sets = (frozenset(key for key in verdicts if verdicts[key] is wanted) for wanted in (True, False))
                choices.append(Choice(place, value, *sets))
            self._known[each.name, place] = choices
        return self._known[each.name, place]

    def _send_pair(self, one: ListFilter, other: ListFilter) -> None:
        """Send two filters with values that exclude some of the items of each other, and others or all of them."""
        pairs = [
            (bool(a.matching & b.others) + bool(b.matching & a.others), a, b)
            for place in self.places[:_MORE_PLACES]
            for a, b in product(self._choices(one, place)[:_PAIRED], self._choices(other, place)[:_PAIRED])
        ]
        for overlaps in (True, False):
            found = [pair for pair in pairs if bool(pair[1].matching & pair[2].matching) is overlaps]
            for _, a, b in sorted(found, key=lambda pair: -pair[0])[:1]:
                self._try(a.place, [(one, a.value), (other, b.value)])
                if overlaps and other.behaviour.default is not None:
                    self._try(a.place, [(one, a.value), (other, other.behaviour.default)], one.query(a.value))

    def _try(self, place: Place, values: Sequence[Value], query: Query | None = None) -> None:
        """Send values of filters, or the query that means the same."""
        filters = [each for each, _ in values]
        brief = self._brief(filters)
        sent = query if query is not None else merged(each.query(value) for each, value in values)
        place = evolve(place, headers=merged(each.headers for each in filters))
        place.compare({**brief, **merged(each.widest for each in filters)}, {**brief, **sent}, values)

    def _check_pages(self, place: Place, query: Query) -> None:
        """Read a list with a query in pages of one item and of the default size."""
        if "per_page" in self.operation.query:
            check_pages(self.executor, self.operation, place.values, query, [{"per_page": 1}, {}], place.headers)

    def _brief(self, filters: Sequence[ListFilter]) -> Query:
        """Return the query that leaves out what the filters do not need."""
        roots = {root for each in filters for root in each.roots}
        flags = ((name, part) for name in self.operation.brief for part, *_ in parts_of(self.operation.query[name]))
        return {name: "true" for name, part in flags if part not in roots}

    def send_flags(self) -> None:
        """Send each parameter that includes or leaves out something where that shows: alone, and beside others."""
        flags = [(name, *part) for name, each in self.operation.query.items() for part in parts_of(each)]
        small: Query = {"per_page": _ITEMS} if "per_page" in self.operation.query else {}
        for name, pointer, includes, _ in flags:
            query, seen = {**small, name: str(includes).lower()}, list[Any]()
            for place in sorted(self.places[:_MORE_PLACES], key=lambda place: -len(place.read(query).objects)):
                objects = place.read(query).objects
                seen += objects
                if any(at(each, pointer) for each in objects):
                    place.compare(small, {**small, name: "false"})
                    self._check_pages(place, {**small, name: "true"})
                    self.executor.check(partial(self._flag_problems, place, small, name, pointer))
                    for beside in ({}, *({other: "true"} for other, *_ in flags if other != name)):
                        both, root = {**small, **beside}, pointer.partition("/")[0]
                        place.compare(both, {**both, name: "true"}, but={root})
                    break
            else:
                part = self.operation.query[name].behaviour.includes
                if len(seen) >= _FEW and not (isinstance(part, Part) and part.optional):
                    shown = self.places[0].read(query).exchanges[0]
                    self.executor.report(Finding(CHECK, f"no object has {pointer} with {name}={query[name]}", shown))

    @staticmethod
    def _flag_problems(place: Place, query: Query, name: str, pointer: str) -> Iterator[Finding]:
        """Yield a problem if all objects have the same with and without a flag."""
        pages = [place.read({**query, name: value}) for value in ("false", "true")]
        one, other = ([at(each, pointer) for each in found.objects] for found in pages)
        if one == other and pages[1].ok:
            yield Finding(CHECK, f"{name}={{true,false}} has no effect on {pointer}", pages[1].exchanges[0])

    def send_versions(self) -> None:
        """Send dates around that of a version in a header. A rule knows which properties it has."""
        for name, parameter in self.operation.headers.items():
            part = parameter.behaviour.includes
            if isinstance(part, Part) and part.since:
                dates = (date.fromisoformat(part.since) + timedelta(days=days) for days in (-2400, -1, 0, 400))
                for value in ("", *map(str, dates)):
                    shown = evolve(self._longest(), headers={name: value}).read({}).exchanges[0]
                    if not shown.ok:
                        self.executor.report(Finding(CHECK, f"{name}: {value or '(empty)'} gets {shown.status}", shown))

    def send_sorting(self) -> None:
        """Sort a list by each property, in each direction. A rule knows the order."""
        sorts = {name: each for name, each in self.operation.query.items() if each.behaviour.sorts is not None}
        queries: list[Query] = [{}]
        for name, each in sorts.items():
            queries += [{**query, name: value} for query in queries for value in each.choices]
        for query in queries if sorts else ():
            wanted = merged(each.behaviour.sorts.header for each in sorts.values() if each.behaviour.sorts)
            headers = {name: text for name, text in wanted.items() if name in self.operation.headers}
            place = evolve(self._longest(), headers=headers)
            place.compare({}, query)
            self._check_pages(place, query)

    def _longest(self) -> Place:
        """Return the longest of some lists."""
        return max(self.places[:_MORE_PLACES], key=lambda place: len(place.read({}).objects))

    def _now(self) -> datetime:
        """Return the time of the server."""
        return self.places[0].read(self.operation.brief).exchanges[0].time or datetime.now(UTC)


def merged(queries: Iterable[Query]) -> Query:
    """Return all of several queries, or headers."""
    return {name: value for query in queries for name, value in query.items()}
