"""The phase *lists*: the pages of a list contain each item once, at any page size."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from ..._base.json_values import as_object, is_object
from ..._pagination.links import parse_links
from ..objects import ObjectSelector, PathValues
from ..spec import Operation
from ..traffic import Response, Session, items_of

#: Items of a large page.
_LARGE_PAGE: Final = 100
#: Large pages to read.
_LARGE_PAGES: Final = 3
#: Small pages that the same items are divided into.
_SMALL_PAGES: Final = 4
#: Attempts to read a list while it does not change.
_ATTEMPTS: Final = 3
#: Lists of a kind to try until one has enough items.
_LISTS: Final = 6


@frozen
class PageSequence:
    """Pages of a list, starting with the first."""

    pages: Sequence[Response]
    is_complete: bool
    """Whether the last page of the list is included."""

    @property
    def items(self) -> list[Any]:
        """The items of all pages."""
        return [item for page in self.pages for item in items_of(page.body) or ()]


def check_lists(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read the lists of the operations in pages of two sizes. Yields each operation before its requests are sent."""
    for operation in operations:
        if operation.method == "GET" and operation.pagination != "none" and "per_page" in operation.query:
            yield operation
            _check(session, operation, selector.usable(operation) if operation.parameters else [{}])


def _check(session: Session, operation: Operation, candidates: Sequence[PathValues]) -> None:
    large, values = PageSequence((), is_complete=False), None
    for candidate in candidates[:_LISTS]:
        sequence = read_pages(session, operation, candidate, _LARGE_PAGE, _LARGE_PAGES)
        if values is None or len(sequence.items) > len(large.items):
            large, values = sequence, candidate
        if len(large.items) > _SMALL_PAGES:
            break
    if values is None or len(large.items) < 2:
        return
    size = min(_LARGE_PAGE - 1, max(1, len(large.items) // _SMALL_PAGES))
    for remaining in reversed(range(_ATTEMPTS)):
        small = read_pages(session, operation, values, size, _SMALL_PAGES + 2)
        problems = list(pagination_problems(large, small, size))
        if not problems or not small.pages:
            return
        if remaining:
            # The list may have changed between the two sequences.
            large = read_pages(session, operation, values, _LARGE_PAGE, _LARGE_PAGES)
            continue
        for problem in problems:
            before = [*large.pages[:1], *small.pages[:-1]]
            session.record_failure("list_inconsistent", "BK101", problem, small.pages[-1], before)


def read_pages(session: Session, operation: Operation, values: PathValues, size: int, max_pages: int) -> PageSequence:
    """Read a list page by page, until an error or a repeated page."""
    pages: list[Response] = []
    query: Mapping[str, Any] | None = {"per_page": size}
    queries: list[Mapping[str, Any]] = []
    while query is not None and query not in queries and len(pages) < max_pages:
        queries.append(query)
        pages.append(session.send(operation, values, query=query))
        if not pages[-1].ok:
            return PageSequence(pages[:-1], is_complete=False)
        query = _next_query(pages[-1], size)
    return PageSequence(pages, is_complete=query is None)


def pagination_problems(large: PageSequence, small: PageSequence, size: int) -> Iterator[str]:
    """Compare a list in large pages with the same list in pages of `size` items."""
    expected, seen = _keys(large.items), _keys(small.items)
    if len(set(seen)) < len(seen) and len(set(expected)) == len(expected):
        yield f"pages of {size} repeat {len(seen) - len(set(seen))} of {len(seen)} items"
    elif seen[: len(expected)] != expected[: len(seen)]:
        yield f"pages of {size} have other items or another order than a page of {_LARGE_PAGE}"
    elif large.is_complete and small.is_complete and len(seen) != len(expected):
        yield f"pages of {size} have {len(seen)} items, a page of {_LARGE_PAGE} has {len(expected)}"
    for number, page in enumerate(small.pages[:-1], 1):
        if (count := len(items_of(page.body) or ())) != size:
            yield f"page {number} has {count} of {size} items and is not the last"
            return


def _next_query(page: Response, size: int) -> Mapping[str, Any] | None:
    """Return the query of the next page. The check `link_conformance` compares the rest of its URL."""
    if page.operation.pagination == "cursor":
        url = as_object(as_object(page.body).get("links")).get("next")
    else:
        url = parse_links(page.headers.get("Link", "")).get("next")
    return {"per_page": str(size), **dict(parse_qsl(urlsplit(url).query))} if isinstance(url, str) else None


def _keys(items: Sequence[Any]) -> list[str]:
    return [str(item["id"]) if is_object(item) and "id" in item else json.dumps(item, sort_keys=True) for item in items]
