"""Rules of lists: links between pages, their items and order, one list on all pages, and what parameters include."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import define, field

from ..._base.json_values import as_object
from ..._pagination.links import parse_links
from ..api import Operation, Parameter
from ..behaviour import Part
from ..exchange import Exchange, query_of
from ..values import MISSING, get, item_difference, key_of, moment, shown
from . import Context, rule

_CURSORS: Final = frozenset({"after", "before"})
_PAGING: Final = frozenset({"page", "per_page"}) | _CURSORS
_RELATIONS: Final = frozenset({"first", "prev", "next", "last"})
#: Relation that is appended to a header to see whether it can be parsed to its end.
_SENTINEL: Final = "end-of-header"
#: Parameters that are positive numbers. What a server makes of other values is not documented.
_NUMBERS: Final = frozenset({"page", "per_page"})
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@rule("link_conformance")
def links(exchange: Exchange, context: Context) -> Iterator[str]:
    """Links lead to other pages of the same list, and their numbers fit."""
    if not _is_page(exchange):
        return
    kind, found = exchange.operation.pagination, exchange.links
    if kind == "none":
        yield from (f"a list without pages has a link {relation}" for relation in sorted(_RELATIONS & found.keys()))
        return
    header = exchange.headers.get("Link") or ""
    if header and len(parse_links(f"{header}, <end>; rel={_SENTINEL}")) != header.count("<") + 1:
        yield f"the header Link is malformed: {header}"
    for relation, url in found.items():
        if relation not in _RELATIONS | ({"self"} if kind == "cursor" else set()):
            yield f"the relation {relation} is unknown"
        elif (problem := _link_problem(exchange, relation, url)) is not None:
            yield f"the link {relation} {problem}: {url}"
    if not exchange.items and "before" in query_of(exchange.url):
        return  # before the first page, whose link has no cursor
    if not exchange.items and exchange.has_next:
        yield "the page is empty and has a next page"
    yield from _cursor_problems(exchange, header) if kind == "cursor" else _number_problems(exchange)
    if context.is_local and exchange.items:
        yield from (
            f"the page has no link {relation}" for relation in _expected_links(exchange) if relation not in found
        )


@rule("list_unsorted")
def order(exchange: Exchange, context: Context) -> Iterator[str]:
    """The items of a page are in the documented order, or in that of the query. Those without a value are anywhere."""
    expected = _expected_order(exchange) if _is_page(exchange) else None
    path = (expected or "").lstrip("-")
    known = [(get(path, item), item) for item in exchange.items if get(path, item)] if expected else []
    for (one, first), (other, second) in pairwise(known):
        if _is_after(*((other, one) if str(expected).startswith("-") else (one, other))):
            where = f"{key_of(second)} ({shown(other)}) comes after {key_of(first)} ({shown(one)})"
            yield f"the order is not {expected}: {where}"
            return


@rule("list_inconsistent")
def items(exchange: Exchange, context: Context) -> Iterator[str]:
    """Items are distinct, and not more than requested."""
    if not _is_page(exchange):
        return
    size = page_size(exchange.operation, query_of(exchange.url))
    if size is not None and len(exchange.items) > size:
        yield f"the page has {len(exchange.items)} instead of {size} items"
    yield from _distinct_problems(exchange, context)


@define
class KnownList:
    """A list as several pages show it, between which nothing has changed: the item at each position."""

    known: dict[int, Any] = field(factory=dict[int, Any])
    positions: dict[str, int] = field(factory=dict[str, int])
    """The position of each item by its key."""
    end: int | None = None
    """Number of items."""
    cursors: dict[str, int] = field(factory=dict[str, int])
    """Positions of the items that cursors are for."""

    def problems(self, exchange: Exchange) -> Iterator[str]:
        """Compare a page with the earlier ones, and add its items if it fits."""
        window = self._window(exchange) if exchange.is_list else None
        if window is None:
            return
        problems = [*self._item_problems(exchange, *window), *self._end_problems(exchange, *window)]
        yield from problems[:1]
        if not problems:
            self._add(exchange, window[0])

    def _window(self, exchange: Exchange) -> tuple[int, int] | None:
        """Return the position of the first item of a page and the number of items of a full one, if they are known."""
        query, size = query_of(exchange.url), page_size(exchange.operation, query_of(exchange.url))
        if exchange.operation.pagination == "none":
            return 0, max(len(exchange.items), len(self.known))
        before, after = (self.cursors.get(str(query.get(name))) for name in ("before", "after"))
        if size is None or (_CURSORS & query.keys() and before is after is None):
            return None
        if before is not None:
            return max(0, before - size), min(before, size)
        return (int(query.get("page", 1)) - 1) * size if after is None else after + 1, size

    def _item_problems(self, exchange: Exchange, start: int, size: int) -> Iterator[str]:
        positions = self.positions.copy()
        for position, item in enumerate(exchange.items, start):
            key, known = key_of(item), self.known.get(position, item)
            if known is not item and key_of(known) != key:
                yield f"item {position + 1} of the list is {key}, but {key_of(known)} on another page"
            elif positions.setdefault(key, position) != position:
                yield f"item {position + 1} of the list is {key}, which is item {positions[key] + 1} too"
            elif (found := item_difference(as_object(item), as_object(known))) is not None:
                yield f"{key} is different on another page: {found}"
        for position in range(start + len(exchange.items), start + size):
            if position in self.known:
                yield f"the page ends before {key_of(self.known[position])}, which another page has"

    def _end_problems(self, exchange: Exchange, start: int, size: int) -> Iterator[str]:
        count, end, has_next = len(exchange.items), self.end, exchange.has_next
        if exchange.operation.pagination == "none":
            return
        if has_next and count < size:
            yield f"the page has {count} instead of {size} items, although it has a next page"
        if end is not None and exchange.items and start + count + has_next > end:
            yield f"the page has {'a next page' if has_next else 'items'}, although the list has only {end} items"
        if exchange.items and not has_next and start + count <= max(self.known, default=-1):
            yield "the page has no next page, although the list has further items"
        last = query_of(exchange.links.get("last", "")).get("page")
        if end is not None and last is not None and str(last) != str(max(1, ceil(end / size))):
            yield f"the last page is {last}, although the list has {end} items in pages of {size}"

    def _add(self, exchange: Exchange, start: int) -> None:
        self.known.update(enumerate(exchange.items, start))
        self.positions.update((key_of(item), position) for position, item in enumerate(exchange.items, start))
        end = start + len(exchange.items)
        if not exchange.has_next and (exchange.items or start == 0):
            self.end = end
        for relation, name, position in (("next", "after", end - 1), ("prev", "before", start)):
            if (cursor := query_of(exchange.links.get(relation, "")).get(name)) is not None:
                self.cursors[str(cursor)] = position


def page_size(operation: Operation, query: Mapping[str, Any]) -> int | None:
    """Return the number of items of a full page, if it is documented."""
    parameter = operation.query.get("per_page")
    facts = None if parameter is None else parameter.behaviour.page_size
    size = str(query.get("per_page", facts.default)) if facts is not None else ""
    if facts is None or not size.isdecimal() or int(size) == 0:
        return None
    return min(int(size), facts.maximum or int(size))


def _is_page(exchange: Exchange) -> bool:
    request = exchange.request
    numbers = [value for name, value in query_of(exchange.url).items() if name in _NUMBERS]
    is_valid = all(isinstance(each, str) and each.isdecimal() and int(each[:9]) > 0 for each in numbers)
    return is_valid and exchange.is_list and request.is_plain and request.sent_method == "GET"


def _link_problem(exchange: Exchange, relation: str, url: str) -> str | None:
    """Return how a link differs from the list. Only the parameters of pages may differ."""
    try:
        sent, found = urlsplit(exchange.url), urlsplit(url)
    except ValueError:
        return "is not a URL"
    if found[:2] != sent[:2]:
        return "has another origin"
    if found.path != sent.path:
        return "has another path"
    query = query_of(exchange.url)
    free = _PAGING if "per_page" not in query else _PAGING - {"per_page"}
    free = free - _CURSORS if relation == "self" else free
    declared = exchange.operation.query
    wanted, linked = (
        sorted(
            (name, value)
            for name, value in parse_qsl(each.query, keep_blank_values=True)
            if name not in free and (name in declared or name.partition("[")[0] in declared)
        )
        for each in (sent, found)
    )
    return None if wanted == linked else f"has the parameters {urlencode(linked)} instead of {urlencode(wanted)}"


def _number_problems(exchange: Exchange) -> Iterator[str]:
    """Yield what is wrong with the numbers of linked pages."""
    numbers = {relation: str(query_of(url).get("page", "")) for relation, url in exchange.links.items()}
    own = str(query_of(exchange.url).get("page", "1"))
    if not all(text.isdecimal() for text in (own, *numbers.values())):
        yield from (f"the link {relation} has no page number" for relation, text in numbers.items() if not text)
        return
    page, last = int(own), int(numbers.get("last", own))
    expected = {"first": 1, "next": page + 1, "prev": page - 1 if exchange.items else int(numbers.get("prev", 0))}
    for relation in expected.keys() & numbers.keys():
        if int(numbers[relation]) != expected[relation]:
            yield f"the link {relation} of page {page} leads to page {numbers[relation]}"
    if (last > page and "next" not in numbers) or (last <= page and "next" in numbers and "last" in numbers):
        yield f"the last page is {last}, but page {page} has {'a' if 'next' in numbers else 'no'} next one"


def _cursor_problems(exchange: Exchange, header: str) -> Iterator[str]:
    """Yield what is wrong with cursors, and how the header differs from the body."""
    queries = {relation: query_of(url) for relation, url in exchange.links.items()}
    if "after" not in queries.get("next", {"after": ""}):
        yield "the link next has no cursor"
    if _CURSORS & queries.get("first", {}).keys():
        yield "the link first has a cursor"
    found = parse_links(header)
    has_header = found or get("responses/200/headers/Link", exchange.operation.node) is not MISSING
    for relation in exchange.links.keys() - {"self"} if has_header else ():
        if found.get(relation) != exchange.links[relation]:
            yield f"the link {relation} of the body and that of the header Link are different"


def _expected_links(exchange: Exchange) -> Iterator[str]:
    """Yield the relations that a page with items has."""
    query = query_of(exchange.url)
    if exchange.operation.pagination == "cursor":
        yield from exchange.operation.behaviour.page_links if "after" in query else ()
        return
    yield from ("first", "prev") if str(query.get("page", "1")) != "1" else ()
    yield from ("last",) if exchange.has_next else ()


def _expected_order(exchange: Exchange) -> str | None:
    """Return a property, after `-` if the order descends."""
    operation, query = exchange.operation, query_of(exchange.url)
    by, direction = "", ""
    for parameter in operation.query.values():
        sorts = parameter.behaviour.sorts
        if sorts is None:
            continue
        sent = exchange.request.headers
        if any(sent.get(name) != value for name, value in sorts.header.items() if name in operation.headers):
            return None
        value = str(query.get(parameter.name, sorts.default or ""))
        by, direction = (value, direction) if sorts.by == "property" else (by, value)
    if not by:
        return operation.behaviour.order
    return by if direction == "asc" else f"-{by}"


def _is_after(one: Any, other: Any) -> bool:
    """Return whether `one` is greater. Texts may be compared without case."""
    if isinstance(one, str) and isinstance(other, str):
        times = moment(one), moment(other)
        if times[0] is not None and times[1] is not None:
            return times[0] > times[1]
        return one > other and one.casefold() > other.casefold()
    return isinstance(one, int | float) and isinstance(other, int | float) and one > other


def _distinct_problems(exchange: Exchange, context: Context) -> Iterator[str]:
    """Yield values that two items share, although no two objects can: as documented, or as creation refuses them."""
    operation = exchange.operation
    create = context.api.at("POST", operation.path)
    unique = () if create is None else context.api.facts_of(create.body_schema).effects.unique
    for name in {*operation.behaviour.distinct, *unique}:
        values = Counter(str(each.get(name)) for each in exchange.objects if each.get(name) is not None)
        yield from (f"{count} items have the {name} {value}" for value, count in values.most_common(1) if count > 1)


@rule("filter_mismatch")
def parts(exchange: Exchange, context: Context) -> Iterator[str]:
    """No object has what a flag leaves out; from a version on, objects have the properties of that version."""
    request = exchange.request
    if not request.is_plain or request.sent_method != "GET":
        return
    for parameter in exchange.operation.query.values():
        is_on = str(request.query.get(parameter.name, "false")) == "true"
        for pointer, includes, is_partial in parts_of(parameter):
            if includes == is_on or is_partial:
                continue
            for each in exchange.objects:
                found = get(pointer, each)
                if found is not MISSING and (found is not None or not includes):
                    yield f"{parameter.name}={str(is_on).lower()}: {key_of(each)} has {pointer}"
                    break
    for parameter in exchange.operation.headers.values():
        if isinstance(parameter.behaviour.includes, Part) and parameter.behaviour.includes.since:
            yield from _version_problems(exchange, parameter.name, parameter.behaviour.includes)


def parts_of(parameter: Parameter) -> Iterator[tuple[str, bool, bool]]:
    """Yield what a flag includes or leaves out, whether it includes it, and whether a part of it may remain."""
    for declared, includes in ((parameter.behaviour.includes, True), (parameter.behaviour.excludes, False)):
        pointer = declared.property if isinstance(declared, Part) else declared
        if pointer:
            yield pointer, includes, isinstance(declared, Part) and declared.details


def _version_problems(exchange: Exchange, name: str, part: Part) -> Iterator[str]:
    version, names = exchange.request.headers.get(name, ""), {*part.properties}
    is_new = _DATE.fullmatch(version) is not None and version >= (part.since or "")
    for each in exchange.objects:
        if wrong := names - each.keys() if is_new else names & each.keys():
            yield f"{name}: {version or '(none)'}: {key_of(each)} {'lacks' if is_new else 'has'} {min(wrong)}"
            return
