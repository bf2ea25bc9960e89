"""Pagers: lists that are fetched page by page while they are iterated."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing, closing
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeVar

from .._base.arguments import check_int
from .page import HTTPPage, Traversal, with_one_item

if TYPE_CHECKING:
    from .._base.workers import Cancellation

T = TypeVar("T")
Fetch = TypeVar("Fetch")


class _Pager(Generic[T, Fetch]):
    """A list that is fetched while it is iterated. Each iteration starts again at the first page.

    Before that it has no truth value, which would be that of a list that was not fetched, and no length and index.

    Args:
        fetch: Fetches the page at a URL. In threads, it accepts their `Cancellation`.
        max_items: Number of items after which the iteration ends.
        resolve_resume_url: Returns the URL to request when the list is resumed from another page, or raises
            `PaginationError`.
        start: The URL of the first page.
        operation_id: The operation that returns a page.
    """

    _instead: ClassVar[str]

    def __init__(
        self,
        fetch: Fetch,
        max_items: int | None,
        resolve_resume_url: Callable[[str], str],
        *,
        start: str,
        operation_id: str,
    ) -> None:
        self._fetch = fetch
        self._max_items = max_items
        self._resolve_resume_url = resolve_resume_url
        self._start = start
        self._operation_id = operation_id
        self._prefetch_count = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__.replace('HTTP', '')} of {self._operation_id}>"

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self!r} is fetched when it is iterated, not by bool(). {self._instead}")

    def prefetch(self, n: int) -> Self:
        """Return the same list, prefetched with at most `n` requests in flight; see `Pager.prefetch`."""
        check_int("n", n, minimum=1)
        pager = copy(self)
        pager._prefetch_count = n
        return pager

    def resume(self, next_url: str) -> Self:
        """Return the rest of the list from the `next_url` of a page on; see `Pager.resume`."""
        pager = copy(self)
        pager._start = self._resolve_resume_url(next_url)
        return pager


class HTTPPager(_Pager[T, Callable[[str, "Cancellation | None"], HTTPPage[T]]]):
    """A list that is fetched while it is iterated with `for`."""

    _instead = "Use .first(), or list(…) for all items"

    def __iter__(self) -> Generator[T, None, None]:
        """Iterate the items of all pages."""
        with closing(self._pages(keep_content=False)) as pages:
            for page in pages:
                yield from page.items

    def pages(self) -> Generator[HTTPPage[T], None, None]:
        """Iterate whole pages, with their headers."""
        return self._pages(keep_content=True)

    def _pages(self, *, keep_content: bool) -> Generator[HTTPPage[T], None, None]:
        if self._max_items == 0:
            return
        traversal = Traversal(self._max_items, self._start, self._operation_id, keep_content=keep_content)
        if self._prefetch_count:
            from .prefetch import prefetch_pages  # noqa: PLC0415 - threads are for those who want them

            yield from prefetch_pages(self._fetch, self._start, traversal, self._prefetch_count)
            return
        url = self._start
        while True:
            page = traversal.accept(self._fetch(url, None), url)
            yield page
            next_url = traversal.next_url(page)
            if next_url is None:
                return
            url = next_url

    def first(self) -> T | None:
        """Return the first item, or None; see `Pager.first`."""
        if self._max_items == 0:
            return None
        page = self._fetch(with_one_item(self._start), None)
        if page.items or page.next_url is None:
            return next(iter(page.items), None)
        with closing(iter(self)) as items:
            return next(items, None)


class AsyncHTTPPager(_Pager[T, Callable[[str], Coroutine[Any, Any, HTTPPage[T]]]]):
    """A list that is fetched while it is iterated with `async for`."""

    _instead = "Use await ….first(), or [item async for item in …] for all items"

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        """Iterate the items of all pages."""
        async with aclosing(self._pages(keep_content=False)) as pages:
            async for page in pages:
                for item in page.items:
                    yield item

    def pages(self) -> AsyncGenerator[HTTPPage[T], None]:
        """Iterate whole pages, with their headers."""
        return self._pages(keep_content=True)

    async def _pages(self, *, keep_content: bool) -> AsyncGenerator[HTTPPage[T], None]:
        if self._max_items == 0:
            return
        traversal = Traversal(self._max_items, self._start, self._operation_id, keep_content=keep_content)
        if self._prefetch_count:
            from .prefetch import async_prefetch_pages  # noqa: PLC0415 - only needed here

            async with aclosing(
                async_prefetch_pages(self._fetch, self._start, traversal, self._prefetch_count)
            ) as pages:
                async for page in pages:
                    yield page
            return
        url = self._start
        while True:
            page = traversal.accept(await self._fetch(url), url)
            yield page
            next_url = traversal.next_url(page)
            if next_url is None:
                return
            url = next_url

    async def first(self) -> T | None:
        """Return the first item, or None; see `AsyncPager.first`."""
        if self._max_items == 0:
            return None
        page = await self._fetch(with_one_item(self._start))
        if page.items or page.next_url is None:
            return next(iter(page.items), None)
        async with aclosing(aiter(self)) as items:
            return await anext(items, None)
