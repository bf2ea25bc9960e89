"""Traversal of a list from page to page."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from attrs import define, evolve, field

from .._base.errors import PaginationError
from .._base.urls import without_query
from .page import MAX_PAGE_SIZE, HTTPPage, number_in

T = TypeVar("T")

_MAX_EMPTY_PAGES: Final = 100
"""Empty pages in a row. The API may filter items after dividing a list into pages, but not leave so many empty."""


@define
class Traversal:
    """One iteration of a list: how many items it has returned and which pages it has fetched."""

    max_items: int | None
    start: str
    """The URL of the first page."""
    operation_id: str
    keep_content: bool = True
    """Whether pages keep their response body."""
    count: int = field(default=0, init=False)
    _empty: int = field(default=0, init=False)
    """Empty pages in a row."""
    _seen: set[str] = field(factory=set[str], init=False)

    def __attrs_post_init__(self) -> None:
        self._seen.add(self.start)

    def accept(self, page: HTTPPage[T]) -> HTTPPage[T]:
        """Count the items of `page`, and drop those beyond `max_items`."""
        if not self.keep_content:
            page = evolve(page, content=b"")
        self._empty = 0 if page.items else self._empty + 1
        if self.max_items is not None and self.count + len(page.items) > self.max_items:
            page = evolve(page, items=page.items[: self.max_items - self.count])
        self.count += len(page.items)
        return page

    def next_url(self, page: HTTPPage[Any]) -> str | None:
        """Return the URL of the page after `page`, or None after the last page or `max_items` items."""
        if page.next_url is None or (self.max_items is not None and self.count >= self.max_items):
            return None
        if self._empty >= _MAX_EMPTY_PAGES:
            raise PaginationError(
                f"{self.operation_id}: {self._empty} pages in a row are empty: {without_query(page.next_url)}"
            )
        if page.next_url in self._seen:
            raise PaginationError(
                f"{self.operation_id}: the pages form a cycle: {without_query(page.next_url)} was already fetched"
            )
        self._seen.add(page.next_url)
        return page.next_url

    def pages_left(self, page: HTTPPage[Any], limit: int) -> int:
        """Return how many of the `limit` pages after `page` are needed for `max_items` items if all are full."""
        if page.next_url is None or page.next_url in self._seen:
            return 0
        if self.max_items is None:
            return limit
        left = self.max_items - self.count
        per_page = min(number_in("per_page", page.next_url) or 0, MAX_PAGE_SIZE)
        size = max(len(page.items), per_page) or left
        return min(limit, -(-left // size)) if left else 0
