"""Parameters whose results are compared with each other: flags, sorting, versions, and filters by hidden properties.

A hidden property is in no response, such as the branch of a test's executions. But the results of its values add up:
those of a value and of its negation are the whole list, and those of a value are a part of the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import frozen

from ..._base.json_values import as_object
from ..api import Operation
from ..behaviour import Groups, Part, Source
from ..exchange import Pages, PathValues, Query
from ..executor import Executor, Finding
from ..rules.parameters import parts_of
from ..selections import ListFilter, at
from ..values import item_difference, key_of

CHECK: Final = "parameter_mismatch"
#: Lists to try until one shows the effect of a parameter.
_PLACES: Final = 20
#: Items of a page that has all properties.
_ITEMS: Final = 30
#: Values of a filter by a hidden property.
_VALUES: Final = 4
#: Objects without a property that is always there, after which it is missed.
_FEW: Final = 3


@frozen(eq=False)
class Place:
    """A list or an object, and the headers of requests for it."""

    executor: Executor
    operation: Operation
    values: PathValues
    headers: Mapping[str, str]

    def read(self, query: Query) -> Pages:
        """Read the list with a query."""
        return self.executor.read_pages(self.operation, self.values, query, self.headers)

    def check(
        self, text: str, left: Iterable[Query], right: Iterable[Query], *, exact: bool = True, counts: str | None = None
    ) -> None:
        """Report an item that is more often in the lists of the first queries than in those of the others, or less."""

        def judge() -> Iterator[Finding]:
            lists = [[self.read(query) for query in queries] for queries in (left, right)]
            if all(pages.is_whole for side in lists for pages in side):
                one, other = (sum((_counts(pages, counts) for pages in side), Counter[str]()) for side in lists)
                wrong = [key for key in one | other if one[key] > other[key] or (exact and one[key] < other[key])]
                if wrong:
                    message = (
                        f"{text}: {len(wrong)} items differ, such as {wrong[0]}: {one[wrong[0]]} and {other[wrong[0]]}"
                    )
                    yield Finding(CHECK, message, lists[0][0].exchanges[0])

        self.executor.count(CHECK)
        self.executor.check(judge)

    def compare(self, base: Query, query: Query, but: Iterable[str], headers: Mapping[str, str] | None = None) -> None:
        """Report other items than with another query, or other properties, except for some."""
        names = {*but}
        place = self if headers is None else Place(self.executor, self.operation, self.values, headers)

        def judge() -> Iterator[Finding]:
            one, other = self.read(base), place.read(query)
            shown = other.exchanges[0]
            known = {key_of(each): each for each in one.objects}
            text = f"with {dict(query)}" if headers is None else f"with {dict(headers)}"
            if one.ok and not other.ok:
                yield Finding(CHECK, f"{text}, the request gets {other.exchanges[-1].status}", shown)
            elif one.is_whole and other.is_whole and known.keys() != {*map(key_of, other.objects)}:
                yield Finding(CHECK, f"{text}, the list has other items", shown)
            for each in other.objects if one.ok else ():
                if (problem := item_difference(each, known.get(key_of(each), each), names)) is not None:
                    yield Finding(CHECK, f"{text}: {key_of(each)}: {problem}", shown)
                    return

        self.executor.count(CHECK)
        self.executor.check(judge)


def send_parameters(
    executor: Executor, operation: Operation, values: Sequence[PathValues], filters: Sequence[ListFilter]
) -> None:
    """Send the parameters of a list or an object whose results are compared with each other."""
    places = [Place(executor, operation, each, {}) for each in values[:_PLACES]]
    _send_flags(places)
    _send_versions(places)
    _send_sorting(places)
    for each in filters:
        if not each.is_direct:
            _send_hidden(places, each)
    _send_pairs(places, filters)


def _send_flags(places: Sequence[Place]) -> None:
    """Send each flag where its effect shows: alone, and beside the others."""
    operation, executor = places[0].operation, places[0].executor
    flags = [(name, *part) for name, each in operation.query.items() for part in parts_of(each)]
    small: Query = {"per_page": _ITEMS} if "per_page" in operation.query else {}
    for name, pointer, includes, _ in flags:
        seen: list[Any] = []
        for place in places:
            pages = place.read({**small, name: str(includes).lower()})
            seen += pages.objects
            if not any(at(each, pointer) for each in pages.objects):
                continue
            root = pointer.partition("/")[0]
            place.compare(small, {**small, name: "false"}, ())
            for beside in ({}, *({other: "true"} for other, *_ in flags if other != name)):
                place.compare({**small, **beside}, {**small, **beside, name: "true"}, {root})
            break
        else:
            part = operation.query[name].behaviour.includes
            is_optional = isinstance(part, Part) and part.optional
            if len(seen) >= _FEW and not is_optional:
                shown = executor.read(operation, places[0].values, {**small, name: str(includes).lower()})
                executor.report(Finding(CHECK, f"no object has {pointer} with {name}={str(includes).lower()}", shown))


def _send_versions(places: Sequence[Place]) -> None:
    """Send dates around that of a version. A rule knows which properties it has."""
    operation = places[0].operation
    for name, parameter in operation.headers.items():
        part = parameter.behaviour.includes
        place = next((each for each in places if each.read({}).objects), None)
        if isinstance(part, Part) and part.since and place is not None:
            since = date.fromisoformat(part.since)
            dates = [since + timedelta(days=days) for days in (-2400, -1, 0, 400)]
            for value in ("", *map(str, dates)):
                place.compare({}, {}, part.properties, {name: value})


def _send_sorting(places: Sequence[Place]) -> None:
    """Sort a list by each property, in each direction. A rule knows the order."""
    sorts = [each for each in places[0].operation.query.values() if each.behaviour.sorts is not None]
    place = next((each for each in places if len(each.read({}).objects) > 1), None)
    if not sorts or place is None:
        return
    first = sorts[0].behaviour.sorts
    headers = {} if first is None else _declared(place.operation, first.header)
    place = Place(place.executor, place.operation, place.values, headers)
    queries: list[Query] = [{}]
    for each in sorts:
        queries += [{**query, each.name: value} for query in queries for value in each.choices]
    for query in queries:
        place.compare({}, query, ())
        place.executor.read(place.operation, place.values, {**query, "per_page": 1, "page": 2}, headers)


def _send_hidden(places: Sequence[Place], each: ListFilter) -> None:
    """Send the values of a filter whose property is in no response."""
    facts, name = each.behaviour, each.name
    places = [Place(place.executor, place.operation, place.values, each.headers) for place in places]
    place = max(places, key=lambda place: _usefulness(place.read(each.widest), facts.groups))
    values = [*each.choices] if facts.operator in {"partition", "period"} else [*_source_values(place, each)]
    queries = [each.query(value) for value in values]
    if facts.operator == "partition":
        place.check(name, queries, [{}])
        _check_listed(place, each)
    elif facts.operator in {"from", "before"}:
        _check_nothing(place, each)
    elif facts.same_as is not None:
        for value in values:
            begin = _now(place) - _duration(value)
            place.compare({facts.same_as: begin.strftime("%Y-%m-%dT%H:%M:%SZ")}, each.query(value), ())
    elif facts.operator == "period":
        for shorter, longer in pairwise(queries):
            place.check(f"{name}={shorter[name]} and {longer[name]}", [shorter], [longer], exact=False)
        place.check(f"the default of {name}", [{}], [each.query(facts.default)])
        for value in values:
            _check_period(place, each, value)
    else:
        if not facts.groups:
            _check_nothing(place, each)
        for value in values:
            _send_operators(place, each, value, [other for other in values if other != value])


def _send_operators(place: Place, each: ListFilter, value: str, others: Sequence[str]) -> None:
    """Check that the results of a value with operators add up with those of other values."""
    facts, name, counts = each.behaviour, each.name, each.behaviour.counts
    key, colon, rest = value.rpartition(":")
    place.check(f"{name}={value}", [{name: value}], [{}], exact=False, counts=counts)
    if facts.negation is not None:
        negated = f"{key}{colon}{facts.negation}{rest}"
        place.check(f"{name}={value} and {negated}", [{name: value}, {name: negated}], [{}], counts=counts)
    if facts.wildcard is not None and len(rest) > 1:
        start = value[:-1]
        wide = {name: f"{start}{facts.wildcard}"}
        place.check(f"{wide}", [{name: value}, {name: start}], [wide], exact=False, counts=counts)
        for begin in (value[:-1], f"{key}{colon}{rest[len(rest) // 2 :]}"):
            disjoint = [
                other for other in (value, *others) if other.rpartition(":")[0] == key and not other.startswith(begin)
            ]
            queries = [{name: text} for text in (f"{begin}{facts.wildcard}", *disjoint)]
            place.check(f"{queries}", queries, [{}], exact=False, counts=counts)
    other = next((other for other in others if not key or other.rpartition(":")[0] != key), None)
    if facts.separator is not None and other is not None:
        both = (f"{value}{facts.separator}{other}", f"{other}{facts.separator}{value}")
        place.check(" and ".join(both), [{name: both[0]}], [{name: both[1]}], counts=counts)
    if facts.groups is not None and facts.groups.key == key:
        _check_groups(place, each, rest)


def _check_groups(place: Place, each: ListFilter, value: str) -> None:
    """Check the operators that select items by all of their counts: some of them, or only they, are of a value."""
    groups = each.behaviour.groups
    if groups is None:
        return

    def judge() -> Iterator[Finding]:
        numbers = {key_of(item): as_object(at(item, groups.property)) for item in place.read({}).objects}
        total = {key: sum(counts.values()) for key, counts in numbers.items()}
        own = {key: counts.get(value, 0) for key, counts in numbers.items() if counts.get(value)}
        some = {key: total[key] for key in own}
        only = {key: count for key, count in own.items() if count == total[key]}
        for operator, expected in (("", own), (groups.some, some), (groups.only, only)):
            pages = place.read({each.name: f"{groups.key}:{operator}{value}"})
            found = {key_of(item): sum(as_object(at(item, groups.property)).values()) for item in pages.objects}
            if pages.ok and found != expected:
                key = min(found.items() ^ expected.items())[0]
                text = f"{each.name}={groups.key}:{operator}{value}"
                message = f"{text}: {key} counts {found.get(key)} instead of {expected.get(key)}"
                yield Finding(CHECK, message, pages.exchanges[0])

    place.executor.check(judge)


def _check_nothing(place: Place, each: ListFilter) -> None:
    """Check that a value of no item selects nothing. An object is returned, but counts nothing."""

    def judge() -> Iterator[Finding]:
        pages = place.read(each.query(each.unknown))
        is_list = bool(pages.exchanges[0].is_list)
        found = [item for item in pages.objects if is_list or at(item, each.behaviour.counts or "")]
        if pages.ok and found:
            yield Finding(CHECK, f"{each.name}={each.unknown} selects {key_of(found[0])}", pages.exchanges[0])

    place.executor.check(judge)


def _check_period(place: Place, each: ListFilter, value: str) -> None:
    """Check that the times of the items of a period are as close to each other as it is long."""

    def judge() -> Iterator[Finding]:
        pages = place.read(each.query(value))
        times = [datetime.fromisoformat(str(at(item, each.paths[0]))) for item in pages.objects]
        if times and max(times) - min(times) > _duration(value):
            yield Finding(CHECK, f"{each.name}={value} has items from {min(times)} to {max(times)}", pages.exchanges[0])

    place.executor.check(judge)


def _check_listed(place: Place, each: ListFilter) -> None:
    """Check that the lists of the objects with a value have the items of that value, and no others."""
    api, executor = place.executor.api, place.executor

    def judge() -> Iterator[Finding]:
        for value in each.choices:
            pages = place.read(each.query(value))
            for item in pages.objects:
                found = api.find("GET", urlsplit(str(item.get("url"))).path)
                known = {**place.values, **(found[1] if found else {})}
                for wanted, name in each.behaviour.listed_by.items():
                    operation = api.by_id[name]
                    if not {*operation.parameters} <= known.keys():
                        continue
                    listed = executor.read_pages(operation, known)
                    is_listed = key_of(item) in {key_of(one) for one in listed.objects}
                    if listed.is_whole and is_listed != (value == wanted):
                        verb = "is" if is_listed else "is not"
                        yield Finding(
                            CHECK, f"{each.name}={value}: {key_of(item)} {verb} in {name}", pages.exchanges[0]
                        )
                        return

    executor.check(judge)


def _send_pairs(places: Sequence[Place], filters: Sequence[ListFilter]) -> None:
    """Send filters by hidden properties beside other filters: both select what each of them selects."""


def _source_values(place: Place, each: ListFilter) -> Iterator[str]:
    """Yield values of a filter from other lists, without those that have an operator in them."""
    source = each.behaviour.source
    if not isinstance(source, Source):
        return
    yield from map(str, source.values)
    if source.operation is None or source.property is None:
        return
    operation, executor = place.executor.api.by_id[source.operation], place.executor
    values = next((one for one in executor.world.objects(operation) if one.items() <= place.values.items()), None)
    texts = (
        {}
        if values is None
        else {
            str(at(item, source.property)): None
            for item in executor.read_pages(operation, values, operation.brief, most=1).objects
        }
    )
    facts = each.behaviour
    operators = [one for one in (facts.negation, facts.wildcard, facts.separator) if one]
    plain = [text for text in texts if not any(one in text for one in operators)]
    yield from (f"{source.prefix}{text}" for text in plain[:_VALUES])


def _usefulness(pages: Pages, groups: Groups | None) -> tuple[int, int]:
    """Return how many items of a list count several values, and how many there are."""
    numbers = [as_object(at(item, groups.property)) for item in pages.objects] if groups else []
    return sum(len([*filter(None, each.values())]) > 1 for each in numbers), len(pages.objects)


def _counts(pages: Pages, counts: str | None) -> Counter[str]:
    """Return how often each item is in a list: once, or as often as it counts."""
    found = Counter[str]()
    for item in pages.objects:
        number = at(item, counts) if counts else 1
        found[key_of(item)] += number if isinstance(number, int) else 0
    return found


def _declared(operation: Operation, headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name in operation.headers}


def _duration(text: str) -> timedelta:
    """Return a duration such as `4hours`."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = "hours" if text.removeprefix(number).startswith("hour") else "days"
    return timedelta(**{unit: int(number)})


def _now(place: Place) -> datetime:
    """Return the time of the server."""
    text = place.read({}).exchanges[0].headers.get("Date")
    return datetime.now(UTC) if text is None else parsedate_to_datetime(text)
