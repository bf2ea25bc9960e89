"""Traversal of a list from page to page."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from msgspec.structs import replace

from .._base.errors import PaginationError
from .._base.urls import without_query
from .page import MAX_PAGE_SIZE, HTTPPage, number_in

T = TypeVar("T")

_MAX_EMPTY_PAGES: Final = 100
"""Empty pages in a row. The API may filter items after dividing a list into pages, but not leave so many empty."""


class Traversal:
    """One iteration of a list: how many items it has returned and which pages it has fetched.

    Args:
        max_items: Number of items after which it ends.
        start: The URL of the first page.
        operation_id: The operation that returns a page.
        keep_content: Whether pages keep their response body.
    """

    def __init__(self, max_items: int | None, start: str, operation_id: str, *, keep_content: bool = True) -> None:
        self._max_items = max_items
        self._operation_id = operation_id
        self._keep_content = keep_content
        self._count = 0
        self._empty = 0
        """Empty pages in a row."""
        self._seen = {start}

    def accept(self, page: HTTPPage[T], url: str) -> HTTPPage[T]:
        """Count the items of `page`, which is at `url`, and drop those beyond `max_items`.

        The next URL of a page without some of its items is its own, so that a list that is resumed has all of them.
        """
        if not self._keep_content:
            page = replace(page, content=b"")
        self._empty = 0 if page.items else self._empty + 1
        if self._max_items is not None and self._count + len(page.items) > self._max_items:
            page = replace(page, items=page.items[: self._max_items - self._count], next=url)
        self._count += len(page.items)
        return page

    def next_url(self, page: HTTPPage[Any]) -> str | None:
        """Return the URL of the page after `page`, or None after the last page or `max_items` items.

        Raises:
            PaginationError: The URL is invalid or was already fetched, or too many pages in a row are empty.
        """
        if self._max_items is not None and self._count >= self._max_items:
            return None
        url = page.next_url
        if url is None:
            return None
        if self._empty >= _MAX_EMPTY_PAGES:
            raise PaginationError(f"{self._empty} pages in a row are empty: {_shown(url)}", self._operation_id)
        if url in self._seen:
            raise PaginationError(f"the pages form a cycle: {_shown(url)} was already fetched", self._operation_id)
        self._seen.add(url)
        return url

    def pages_left(self, page: HTTPPage[Any], limit: int) -> int:
        """Return how many of the `limit` pages after `page` are needed for `max_items` items if all are full."""
        url = page.valid_next_url
        if url is None or url in self._seen:
            return 0
        if self._max_items is None:
            return limit
        left = self._max_items - self._count
        per_page = min(number_in("per_page", url) or 0, MAX_PAGE_SIZE)
        size = max(len(page.items), per_page) or left
        return min(limit, -(-left // size)) if left else 0


def _shown(url: str) -> str:
    """Return `url` for a message: without its query, but with the numbers of its page."""
    numbers = [f"{name}={number}" for name in ("page", "per_page") if (number := number_in(name, url)) is not None]
    return f"{without_query(url)} ({', '.join(numbers)})" if numbers else without_query(url)
