"""Parameters of queries: filters alone, combined and on further pages; what is included, left out and sorted.

There is one rule for filters: a list with values of filters has exactly the items of the list without them that the
values select, in the same order and with the same properties. The rest is which values to send. A filter by a hidden
property, which is in no response, has results that add up: those of a value and of its negation are the whole list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import combinations, product
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

from attrs import evolve, field, frozen

from ..._base.json_values import as_object
from ..api import Operation
from ..behaviour import Part, Source
from ..exchange import Pages, PathValues, Query
from ..executor import Executor, Finding
from ..objects import identifier_of
from ..rules.parameters import parts_of
from ..selections import ListFilter, Related, at, duration
from ..values import item_difference, key_of
from .lists import check_pages

CHECK: Final = "filter_mismatch"
#: Lists to try until one has items that a filter selects and others, and further ones with other items.
_PLACES: Final = 60
_MORE_PLACES: Final = 10
_OTHER_PLACES: Final = 5
#: Elements of a list to choose values by. Those whose values are in other responses are fewer.
_ELEMENTS: Final = 100
_RELATED: Final = 30
#: Pages of a list that are compared. Those of nested objects are large.
_PAGES: Final = 2
#: Values of a filter to send, and those to combine with another one.
_VALUES: Final = 6
_PAIRED: Final = 12
#: Items of a page that has all properties, and how many may lack one that is always there.
_ITEMS: Final = 30
_FEW: Final = 3
#: Statuses of a value that is refused.
_REFUSED: Final = frozenset({400, 404, 422})

Value: TypeAlias = tuple[ListFilter, Any]
"""A filter with a value, or with several ones of an array."""


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

    def read(self, query: Query, most: int = _PAGES) -> Pages:
        """Read the list with a query."""
        return self.executor.read_pages(self.operation, self.values, query, self.headers, most)

    def compare(
        self,
        base: Query,
        query: Query,
        values: Sequence[Value] = (),
        but: Collection[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Report how the list with a query differs from what values of filters select of the list with another one.

        Properties of items may differ if they are in `but`.
        """
        place = self if headers is None else evolve(self, headers=headers)
        text = urlencode(query, doseq=True, safe=":/*[],!^~% ") or "without the parameter"
        most = 1 if values and values[0][0].parent else _PAGES

        def judge() -> Iterator[Finding]:
            whole, found = self.read(base, most), place.read(query, most)
            shown = found.exchanges[-1]
            if whole.ok and shown.status in _REFUSED:
                yield Finding(CHECK, f"{text} gets {shown.status}", shown, whole.exchanges[:1])
            for message in self._problems(whole, found, values, but) if whole.ok and found.ok else ():
                yield Finding(
                    CHECK, f"{headers or ''} {text}: {message}".strip(), found.exchanges[0], whole.exchanges[:1]
                )

        self.executor.count(CHECK)
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
        changed = {
            *but,
            *(name for each, _ in values for name in (each.parent.partition("/")[0], *each.behaviour.changes)),
        }
        texts = (
            (key_of(each), item_difference(each, known.get(key_of(each), each), changed)) for each in found.objects
        )
        yield from [f"{key}: {text}" for key, text in texts if text is not None][:1]

    def add_up(
        self, left: Sequence[Query], right: Sequence[Query], counts: str | None = None, *, exact: bool = True
    ) -> None:
        """Report an item that counts more, or also less, in the lists of some queries than in those of others."""

        def judge() -> Iterator[Finding]:
            lists = [[self.read(query) for query in queries] for queries in (left, right)]
            if all(pages.is_whole for side in lists for pages in side):
                one, other = (sum((_counts(pages, counts) for pages in side), Counter[str]()) for side in lists)
                for key in [key for key in one | other if one[key] > other[key] or (exact and one[key] < other[key])][
                    :1
                ]:
                    message = f"{key} counts {one[key]} in the results of {left}, and {other[key]} in those of {right}"
                    yield Finding(CHECK, message, lists[0][0].exchanges[0])

        self.executor.count(CHECK)
        self.executor.check(judge)

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
        direct = [each for each in filters if each.is_direct]
        plain = {path for each in filters if not each.is_array for path in each.paths}
        for each in filters:
            if each.is_direct:
                self._send_alone(each)
            else:
                Hidden.of(self, each, now).send()
        for one, other in combinations([each for each in direct if not (each.is_array and plain & {*each.paths})], 2):
            is_range = {one.behaviour.operator, other.behaviour.operator} == {"from", "before"}
            if one.parent == other.parent and (is_range or not {*one.paths} & {*other.paths}):
                self._send_pair(one, other)

    def _send_alone(self, each: ListFilter) -> None:
        """Send values of a filter where they select some items."""
        best: Choice | None = None
        for number, place in enumerate(self.places):
            found = [*self._choices(each, place), *([best] if best else [])]
            best = max(found, key=lambda choice: choice.rank, default=None)
            if best is not None and (all(best.rank[:3]) or (all(best.rank[:2]) and number > _MORE_PLACES)):
                break
        if best is None or not best.matching:
            self.executor.skip(CHECK, self.operation, f"{each.name}: no item has a value")
            return
        choices = [choice for choice in self._choices(each, best.place) if choice is not best]
        later = max(choices, key=lambda choice: bool(choice.others) * len(choice.matching), default=best)
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
        if self.operation.pagination != "none" and not each.parent:
            several = [[best.value, later.value]] if each.is_array else []
            for value in (best.value, later.value, *several):
                query = {**self._brief([each]), **each.query(value)}
                check_pages(
                    self.executor, self.operation, best.place.values, query, [{"per_page": 1}, {}], each.headers
                )

    def _choices(self, each: ListFilter, place: Place) -> Sequence[Choice]:
        """Return the values of a filter in a list."""
        if (each.name, place) not in self._known:
            pages = evolve(place, headers=each.headers).read({**self._brief([each]), **each.widest}, 1)
            most = _RELATED if each.behaviour.related else _ELEMENTS
            found, related, choices = dict([*elements(each, pages).items()][:most]), place.related(each), list[Choice]()
            for value in each.candidates([*found.values()], related):
                verdicts = {key: each.matches(value, element, related) for key, element in found.items()}
                sets = (frozenset(key for key in verdicts if verdicts[key] is wanted) for wanted in (True, False))
                choices.append(Choice(place, value, *sets))
            self._known[each.name, place] = choices
        return self._known[each.name, place]

    def _send_pair(self, one: ListFilter, other: ListFilter) -> None:
        """Send two filters together, if possible with values that exclude some of the items of each other."""
        pairs = (
            (bool(a.matching & b.matching) + bool(a.matching & b.others) + bool(b.matching & a.others), a, b)
            for place in self.places[:_MORE_PLACES]
            for a, b in product(self._choices(one, place)[:_PAIRED], self._choices(other, place)[:_PAIRED])
        )
        _, a, b = max(pairs, key=lambda pair: pair[0], default=(0, None, None))
        if a is not None and b is not None:
            self._try(a.place, [(one, a.value), (other, b.value)])

    def _try(self, place: Place, values: Sequence[Value], query: Query | None = None) -> None:
        """Send values of filters, or the query that means the same."""
        filters = [each for each, _ in values]
        brief = self._brief(filters)
        widest = {name: text for each in filters for name, text in each.widest.items()}
        sent = (
            {name: text for each, value in values for name, text in each.query(value).items()}
            if query is None
            else query
        )
        headers = {name: value for each in filters for name, value in each.headers.items()}
        evolve(place, headers=headers).compare({**brief, **widest}, {**brief, **sent}, values)

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
            for place in self.places:
                objects = place.read(query, 1).objects
                seen += objects
                if any(at(each, pointer) for each in objects):
                    place.compare(small, {**small, name: "false"})
                    for beside in ({}, *({other: "true"} for other, *_ in flags if other != name)):
                        both, root = {**small, **beside}, pointer.partition("/")[0]
                        place.compare(both, {**both, name: "true"}, but={root})
                    break
            else:
                part = self.operation.query[name].behaviour.includes
                if len(seen) >= _FEW and not (isinstance(part, Part) and part.optional):
                    shown = self.places[0].read(query, 1).exchanges[0]
                    self.executor.report(Finding(CHECK, f"no object has {pointer} with {name}={query[name]}", shown))

    def send_versions(self) -> None:
        """Send dates around that of a version in a header. A rule knows which properties it has."""
        for name, parameter in self.operation.headers.items():
            part = parameter.behaviour.includes
            if isinstance(part, Part) and part.since:
                dates = (date.fromisoformat(part.since) + timedelta(days=days) for days in (-2400, -1, 0, 400))
                for value in ("", *map(str, dates)):
                    self._longest().compare({}, {}, but=part.properties, headers={name: value})

    def send_sorting(self) -> None:
        """Sort a list by each property, in each direction. A rule knows the order."""
        sorts = {name: each for name, each in self.operation.query.items() if each.behaviour.sorts is not None}
        queries: list[Query] = [{}]
        for name, each in sorts.items():
            queries += [{**query, name: value} for query in queries for value in each.choices]
        for query in queries if sorts else ():
            wanted = next(iter(sorts.values())).behaviour.sorts
            headers = (
                {name: text for name, text in wanted.header.items() if name in self.operation.headers} if wanted else {}
            )
            place = evolve(self._longest(), headers=headers)
            place.compare({}, query)
            check_pages(self.executor, self.operation, place.values, query, [{"per_page": 1}], headers)

    def _longest(self) -> Place:
        """Return the longest of some lists."""
        return max(self.places[:_MORE_PLACES], key=lambda place: len(place.read({}, 1).objects))

    def _now(self) -> datetime:
        """Return the time of the server."""
        text = self.places[0].read(self.operation.brief, 1).exchanges[0].headers.get("Date")
        return datetime.now(UTC) if text is None else parsedate_to_datetime(text)


@frozen(eq=False)
class Hidden:
    """A filter by a property that is in no response."""

    filter: ListFilter
    place: Place
    values: Sequence[str]
    now: datetime

    @classmethod
    def of(cls, trials: Trials, each: ListFilter, now: datetime) -> Hidden:
        """Return a filter with the list whose items count most values, and with values that other lists have."""
        groups, source, executor = each.behaviour.groups, each.behaviour.source, trials.executor

        def usefulness(place: Place) -> tuple[int, int]:
            objects = place.read(each.widest, 1).objects
            numbers = [as_object(at(item, groups.property)) for item in objects] if groups else []
            return sum(len([*filter(None, counts.values())]) > 1 for counts in numbers), len(objects)

        place = max((evolve(one, headers=each.headers) for one in trials.places), key=usefulness)
        values = [*each.choices]
        if isinstance(source, Source):
            values = [*map(str, source.values)]
            operation = executor.api.by_id.get(source.operation or "")
            known = executor.world.objects(operation) if operation else []
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
            self.place.add_up(queries, [{}])
            return
        for value in self.filter.forms(None, ()):
            counts = behaviour.counts if self.place.operation.pagination == "none" else None
            self.place.add_up([self.filter.query(value)], [], counts) if not behaviour.groups else None
        for value in self.values:
            if behaviour.same_as is None:
                for left, right, exact in self._laws(value, [other for other in self.values if other != value]):
                    one, other = ([self.filter.query(text) if text else {} for text in side] for side in (left, right))
                    self.place.add_up(one, other, behaviour.counts, exact=exact)
                if behaviour.groups is not None and value.startswith(behaviour.groups.key):
                    self.place.executor.check(partial(self._group_problems, value.rpartition(":")[2]))
            else:
                begin = (self.now - duration(value)).strftime("%Y-%m-%dT%H:%M:%SZ")
                self.place.compare({behaviour.same_as: begin}, {self.filter.name: value})

    def _laws(self, value: str, others: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
        """Yield values whose results add up to those of others, or are at most those, and which of both."""
        behaviour = self.filter.behaviour
        key, colon, rest = value.rpartition(":")
        yield [value], [""], False
        if behaviour.negation is not None:
            yield [value, f"{key}{colon}{behaviour.negation}{rest}"], [""], True
        if behaviour.wildcard is not None and len(rest) > 1:
            yield [value, value[:-1]], [f"{value[:-1]}{behaviour.wildcard}"], False
            for begin in (value[:-1], f"{key}{colon}{rest[len(rest) // 2 :]}"):
                alike = [other for other in (value, *others) if other.rpartition(":")[0] == key]
                disjoint = [other for other in alike if not other.startswith(begin)]
                yield [f"{begin}{behaviour.wildcard}", *disjoint], [""], False
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


def elements(each: ListFilter | None, pages: Pages) -> Mapping[str, Any]:
    """Return what a filter selects in a list, by key."""
    if each is None or not each.parent:
        return {key_of(item): item for item in pages.objects}
    return {f"{key_of(item)}/{key_of(one)}": one for item in pages.objects for one in each.elements(item)}


def _counts(pages: Pages, counts: str | None) -> Counter[str]:
    """Return how often each item is in a list: once, or as often as it counts."""
    found = Counter[str]()
    for item in pages.objects:
        number = at(item, counts) if counts else 1
        found[key_of(item)] += number if isinstance(number, int) else 0
    return found
