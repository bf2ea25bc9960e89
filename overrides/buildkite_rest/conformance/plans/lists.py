"""Lists in pages: of several sizes, by number or cursor, to their end and beyond it; and the reads of a sampled run.

The rules of lists compare the pages. Here is what to send so that they see each kind of page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from ..api import Kind, Operation
from ..exchange import Exchange, PathValues, Query, Request, query_of
from ..executor import Executor, Finding
from ..objects import object_from_item
from ..options import SAMPLED_OPERATIONS
from ..rules.lists import KnownList, page_size
from ..sender import BudgetSpentError

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
#: Objects that each operation of a sampled run reads, and the size of pages.
_SAMPLED: Final = 2
_SAMPLED_SIZE: Final = 5


def send_lists(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read each list in pages of several sizes."""
    for operation in operations:
        if operation.method == "GET" and executor.api.is_list(operation):
            yield operation
            values = _longest(executor, operation)
            if values is None:
                executor.skip(CHECK, operation, "no list could be read")
            else:
                _read_in_pages(executor, operation, values)


def _longest(executor: Executor, operation: Operation) -> PathValues | None:
    """Return the path values of the longest of some lists, or of one that is long enough."""
    most, longest = -1, None
    default = page_size(operation, {}) or 1
    for values in executor.world.objects(operation)[:_LISTS]:
        pages = executor.read_pages(operation, values, operation.brief)
        if pages.exchanges[0].ok and len(pages.objects) > most:
            most, longest = len(pages.objects), values
        if most > default:
            break
    return longest


def _read_in_pages(executor: Executor, operation: Operation, values: PathValues) -> None:
    """Read a list in pages of several sizes, by number and beyond its end."""
    count = len(executor.read_pages(operation, values, operation.brief).objects)
    size = max(1, count // _SMALL_PAGES)
    uneven = next((each for each in range(max(2, size), count) if count % each), size)
    queries: list[Query] = [{"per_page": size}, {"per_page": uneven}, {"per_page": 1}, {}]
    if "page" in operation.query or operation.pagination == "none":
        queries.append({"per_page": 1, "page": 2})
    if "page" in operation.query:
        queries += [{"per_page": size, "page": count // size + 2}, {"per_page": size, "page": _FAR_PAGE}]
        queries += [{"per_page": _TOO_LARGE}] if page_size(operation, {"per_page": _TOO_LARGE}) != _TOO_LARGE else []
    check_pages(executor, operation, values, operation.brief, queries, most=_MOST)


def check_pages(  # noqa: PLR0917 - the parts of a request
    executor: Executor,
    operation: Operation,
    values: PathValues,
    query: Query,
    sizes: Sequence[Query],
    headers: Mapping[str, str] | None = None,
    *,
    most: int = 2,
) -> None:
    """Read the list with a query in pages of several sizes, follow their links, and compare all of them."""

    def pages() -> Iterator[Exchange]:
        yield from executor.read_pages(operation, values, query, headers).exchanges
        for size in sizes:
            first = executor.read(operation, values, {**query, **size}, headers)
            yield first
            yield from _linked(executor, first, most if size in (sizes[0], {}) else 1)
            if "next" in first.links and size is sizes[0]:
                yield executor.send(Request(operation, values, query_of(first.links["next"]), headers or {}))

    def judge() -> Iterator[Finding]:
        known = KnownList()
        linked: set[str] = set()
        for exchange in pages():
            yield from (Finding(CHECK, message, exchange) for message in known.problems(exchange))
            if not exchange.ok and exchange.url in linked:
                yield Finding(CHECK, f"a link of another page leads to {exchange.status}", exchange)
            linked |= {*exchange.links.values()}

    executor.check(judge)


def _linked(executor: Executor, page: Exchange, most: int) -> Iterator[Exchange]:
    """Follow all links of a page, and the one to the next page several times."""
    read = partial(executor.read, page.operation, page.values, headers=page.request.headers)
    for _ in range(most):
        links = {relation: query_of(url) for relation, url in page.links.items()} if page.ok else {}
        cursor = links.get("next", {}).get("after")
        if cursor is not None and "before" in page.operation.query:
            query = {name: value for name, value in page.request.query.items() if name not in {"after", "before"}}
            yield read(query={**query, "before": cursor})
        yield from (read(query=links[relation]) for relation in ("next", "last", "first", "prev") if relation in links)
        if "next" not in links:
            return
        page = read(query=links["next"])


def send_sample(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read the operations of a sampled run until the budget is spent, and the lists that name their objects."""
    known, needed = executor.world.known, _with_lists(executor, operations)
    for number, operation in enumerate(needed):
        yield operation
        try:
            for values in executor.world.objects(operation)[:_SAMPLED]:
                size = {"per_page": _SAMPLED_SIZE} if "per_page" in operation.query else {}
                pages, kind = executor.read_pages(operation, values, size, most=2), _listed(executor, operation)
                items = () if kind is None else (object_from_item(kind.path, values, each) for each in pages.objects)
                known.add("" if kind is None else kind.path, filter(None, items))
        except BudgetSpentError:
            executor.results.over_budget = sum(each in operations for each in needed[number:])
            return


def _with_lists(executor: Executor, operations: Sequence[Operation]) -> list[Operation]:
    """Return operations and the lists of a sampled run that name their objects, in the order of their requests."""
    needed: list[Operation] = []
    names: set[str] = set()
    for operation in (executor.api.by_id[name] for name in reversed(SAMPLED_OPERATIONS)):
        kind = _listed(executor, operation)
        if operation in operations or (kind is not None and kind.parameter in names):
            needed.append(operation)
            names |= {*operation.parameters}
    return needed[::-1]


def _listed(executor: Executor, operation: Operation) -> Kind | None:
    """Return the kind of objects that an operation lists."""
    return next((kind for kind in executor.api.kinds if kind.list is operation and kind.parameter), None)
