"""Lists in pages: of several sizes, by number or cursor, to their end and beyond it; and lists that have grown.

The rules of lists compare the pages. Here is what to send so that they see each kind of page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Final

from ..api import Operation
from ..exchange import Exchange, PathValues, Query, Request, query_of
from ..executor import Executor, Finding
from ..rules.lists import KnownList, page_size
from ..values import identity, key_of

CHECK: Final = "list_inconsistent"
#: Lists of a kind to try until one is longer than a page of the default size.
_LISTS: Final = 20
#: Small pages that a list is divided into.
_SMALL_PAGES: Final = 4
#: Pages to follow by their links.
_MOST: Final = 6
#: A page that no list reaches.
_FAR_PAGE: Final = 1_000_000
#: Items of a page that is larger than any.
_TOO_LARGE: Final = 200
#: Items of a list that is longer than a page of the default size, and how many may be created for it.
_LONG: Final = 31


def send_lists(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read each list in pages of several sizes."""
    for operation in operations:
        if operation.method == "GET" and is_list(executor, operation):
            yield operation
            values = _longest(executor, operation)
            if values is None:
                executor.skip(CHECK, operation, "no list could be read")
            else:
                _read_in_pages(executor, operation, values)


def is_list(executor: Executor, operation: Operation) -> bool:
    """Return whether an operation returns a list."""
    return operation.pagination != "none" or "items" in executor.api.response_schema(operation)


def _longest(executor: Executor, operation: Operation) -> PathValues | None:
    """Return the path values of the longest of some lists, or of one that is long enough."""
    most, longest = -1, None
    default = page_size(operation, {}) or 1
    for values in executor.world.objects(operation)[:_LISTS]:
        pages = executor.read_pages(operation, values, operation.brief)
        if pages.ok and len(pages.objects) > most:
            most, longest = len(pages.objects), values
        if most > default:
            break
    return longest


def _read_in_pages(executor: Executor, operation: Operation, values: PathValues) -> None:
    """Read a list in many ways, and compare what was read. On this machine, a rule compares it too."""

    def judge() -> Iterator[Finding]:
        known: dict[bool, KnownList] = {False: KnownList(), True: KnownList()}
        for exchange in _pages(executor, operation, values):
            is_brief = bool(operation.brief.keys() & exchange.request.query.keys())
            for message in known[is_brief].problems(exchange) if exchange.ok else ():
                yield Finding(CHECK, message, exchange)

    executor.count(CHECK)
    executor.check(judge)


def _pages(executor: Executor, operation: Operation, values: PathValues) -> Iterator[Exchange]:
    """Read pages as large as possible, and then others of each kind."""
    small = operation.brief
    whole = executor.read_pages(operation, values, small)
    yield from whole.exchanges
    count = len(whole.objects)
    size = max(1, count // _SMALL_PAGES)
    uneven = next((each for each in range(max(2, size), count) if count % each), size)
    queries: list[Query] = [{"per_page": size}, {"per_page": uneven}, {"per_page": 1}]
    queries += [{}] if page_size(operation, {}) else []
    if "page" in operation.query or operation.pagination == "none":
        queries.append({"per_page": 1, "page": 2})
    if "page" in operation.query:
        queries += [{"per_page": 100, "page": len(whole.exchanges) + 1}, {"per_page": size, "page": _FAR_PAGE}]
        queries += [{"per_page": _TOO_LARGE}] if page_size(operation, {"per_page": _TOO_LARGE}) != _TOO_LARGE else []
    for query in queries:
        first = executor.read(operation, values, {**small, **query} if query else query)
        yield first
        yield from _linked(executor, first, _MOST if query in ({}, queries[0]) else 1)


def _linked(executor: Executor, first: Exchange, most: int) -> Iterator[Exchange]:
    """Follow all links of a page, that to the next page several times."""
    page = first
    for _ in range(most):
        cursor = query_of(page.links.get("next", "")).get("after")
        if cursor is not None and "before" in page.operation.query:
            query = {name: value for name, value in page.request.query.items() if name not in {"after", "before"}}
            yield executor.read(page.operation, page.values, {**query, "before": cursor})
        for relation in ("next", "last", "first", "prev"):
            if page.ok and relation in page.links:
                yield executor.read(page.operation, page.values, query_of(page.links[relation]))
        if "next" not in page.links or not page.ok:
            return
        page = executor.read(page.operation, page.values, query_of(page.links["next"]))


def send_grown_lists(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Create objects until each list is longer than a page of the default size, and read it again."""
    for kind in executor.api.kinds if executor.is_local else ():
        listing, create = kind.list, kind.create
        if listing in operations and create in operations and listing is not None and create is not None:
            yield listing
            for values in executor.world.objects(listing)[:1]:
                _grow(executor, listing, create, values)


def _grow(executor: Executor, listing: Operation, create: Operation, values: PathValues) -> None:
    first = executor.read(listing, values, {"per_page": 1} if "per_page" in listing.query else {})
    before = executor.read_pages(listing, values, most=1)
    made: set[str] = set()
    for number in range(_LONG - len(before.objects) if before.ok else 0):
        body = next(iter(create.body_examples), None)
        if body is None:
            break
        request = Request(create, values, body=executor.world.body(create, body), why=f"to create object {number}")
        exchange = executor.send(request) if executor.permits(request) else None
        if exchange is None or not exchange.ok:
            executor.skip(CHECK, listing, f"no {_LONG} objects can be created")
            break
        made |= {key for each in exchange.objects if (key := identity(each)) is not None}
    _read_in_pages(executor, listing, values)
    executor.check(lambda: _missing(executor, listing, values, made))
    if made and "next" in first.links and listing.pagination == "cursor":
        _check_cursor(executor, first)


def _missing(executor: Executor, listing: Operation, values: PathValues, made: Set[str]) -> Iterator[Finding]:
    """Yield the first created object that a list lacks."""
    pages = executor.read_pages(listing, values)
    missing = made - {key_of(each) for each in pages.objects}
    if pages.is_whole and missing:
        message = f"{len(missing)} of {len(made)} new objects are missing in the list, such as {min(missing)}"
        yield Finding(CHECK, message, pages.exchanges[-1])


def _check_cursor(executor: Executor, first: Exchange) -> None:
    """Check that the page after a cursor has nothing that was before it, after a creation."""
    page = executor.read(first.operation, first.values, query_of(first.links["next"]))
    repeated = {key_of(each) for each in first.objects} & {key_of(each) for each in page.objects}
    for key in repeated:
        executor.report(Finding(CHECK, f"after a creation, the page after a cursor has {key} again", page))
