"""Lists that are fetched page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from attrs import define, evolve, field, frozen

from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.types import UNSET

from .._base.errors import DecodeError, PaginationError
from .._base.json_values import is_array, loads
from .._base.numbers import whole
from .._base.safe_text import safe_excerpt
from .links import parse_links

if TYPE_CHECKING:
    from .._base.cancellation import Stop

T = TypeVar("T")

_LARGEST_PAGE = 100
_MOST_EMPTY_PAGES = 100
"""Empty pages in a row. The API may filter after it has cut a list into pages, but then not so many are empty."""


@frozen
class HTTPPage(Generic[T]):
    """One page of a list and the headers that came with it."""

    items: Sequence[T]
    headers: Mapping[str, str] = field(repr=False)
    next_url: str | None = field(repr=lambda url: "None" if url is None else repr(without_query(url)))
    last_page: int | None


@define
class Progress:
    """What has been read so far, and so what may come next."""

    max_items: int | None
    start: str
    """The URL of the first page."""
    operation_id: str
    count: int = field(default=0, init=False)
    _empty: int = field(default=0, init=False)
    """How many empty pages have come in a row."""
    _seen: set[str] = field(factory=set[str], init=False)

    def __attrs_post_init__(self) -> None:
        self._seen.add(self.start)

    def take(self, page: HTTPPage[T]) -> HTTPPage[T]:
        """Count the items of `page` and cut off those that are too many."""
        self._empty = 0 if page.items else self._empty + 1
        if self.max_items is not None and self.count + len(page.items) > self.max_items:
            page = evolve(page, items=page.items[: self.max_items - self.count])
        self.count += len(page.items)
        return page

    def next(self, page: HTTPPage[Any]) -> str | None:
        """Return the address of the page after `page`, or None when there is none or nothing more is wanted."""
        if page.next_url is None or (self.max_items is not None and self.count >= self.max_items):
            return None
        if self._empty >= _MOST_EMPTY_PAGES:
            raise PaginationError(
                f"{self.operation_id}: {self._empty} pages in a row are empty: {without_query(page.next_url)}"
            )
        if page.next_url in self._seen:
            raise PaginationError(
                f"{self.operation_id}: the URL of the next page was read before: {without_query(page.next_url)}"
            )
        self._seen.add(page.next_url)
        return page.next_url

    def pages_left(self, page: HTTPPage[Any], most: int) -> int:
        """Return how many of the `most` pages after `page` will be wanted, if they are as full as they can be."""
        if page.next_url is None or page.next_url in self._seen:
            return 0
        if self.max_items is None:
            return most
        left = self.max_items - self.count
        asked = min(_number("per_page", page.next_url) or 0, _LARGEST_PAGE)  # more counts as this
        size = max(len(page.items), asked) or left
        return min(most, -(-left // size)) if left else 0


def first_arguments(arguments: Arguments, max_items: int | None) -> Arguments:
    """Ask for the largest useful page when the caller did not choose a size."""
    if max_items is not None:
        whole("max_items", max_items, least=0)
    if arguments.query.get("per_page", UNSET) not in (None, UNSET):
        return arguments
    size = _LARGEST_PAGE if max_items is None else max(1, min(_LARGEST_PAGE, max_items))
    return Arguments(
        path=arguments.path, query={**arguments.query, "per_page": size}, headers=arguments.headers, body=arguments.body
    )


def make_page(operation: Operation[Any], body: Any, content: bytes, headers: Mapping[str, str]) -> HTTPPage[Any]:
    """Return the page in a response: an array, whose links are in the `Link` header, or an object of items and links.

    Args:
        operation: The operation.
        body: The decoded `content`.
        content: The response body.
        headers: The headers of the response.

    Raises:
        DecodeError: There is no list of items.
        PaginationError: The next page is not a string.
    """
    if operation.pagination == "link" or is_array(body):
        links = parse_links(headers.get("Link", ""))
        return HTTPPage(_items(operation, body), headers, links.get("next"), _number("page", links.get("last")))
    items = getattr(body, "items", body)
    if items is None and body is not None and "items" in loads(content.decode(errors="replace")):
        items = list[Any]()  # null, which was logged as a mismatch; pages may follow
    next_url = getattr(getattr(body, "links", None), "next", None)
    if next_url is not None and not isinstance(next_url, str):
        raise PaginationError(f"{operation.id}: the URL of the next page is not a string")
    return HTTPPage(_items(operation, items), headers, next_url, None)


def _items(operation: Operation[Any], value: object) -> Sequence[Any]:
    """Return the items. Anything but a list, read as an empty list, would silently lose items."""
    if not is_array(value):
        raise DecodeError(f"{operation.id}: the response has no list of items")
    return value


def without_query(url: str) -> str:
    """Return `url` in one bounded line without its query and user, which may hold credentials."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an invalid URL"
    host = parts.netloc.rpartition("@")[2]
    return safe_excerpt(parts._replace(netloc=host, query="…" if parts.query else "", fragment="").geturl())


def _number(name: str, url: str | None) -> int | None:
    """Return the number that is the argument `name` of `url`, if there is one."""
    try:
        values = parse_qs(urlsplit(url).query).get(name, []) if url is not None else []
        return int(values[0]) if values and values[0].isdecimal() else None
    except ValueError:
        return None


class HTTPPager(Generic[T]):
    """A list that is fetched while it is read. Each iteration starts again at the first page.

    Args:
        fetch: Reads the page at an address, in a thread that may be stopped.
        max_items: After how many items to stop.
        check: Returns the URL to request for one that the list is resumed from, or raises `PaginationError`.
        start: The URL of the first page.
        operation_id: The operation that returns a page.
        ahead: How many pages to read before they are asked for.
    """

    def __init__(
        self,
        fetch: Callable[[str, Stop | None], HTTPPage[T]],
        max_items: int | None,
        check: Callable[[str], str],
        *,
        start: str,
        operation_id: str,
        ahead: int = 0,
    ) -> None:
        self._fetch = fetch
        self._max_items = max_items
        self._check = check
        self._start = start
        self._operation_id = operation_id
        self._ahead = ahead

    def __iter__(self) -> Iterator[T]:
        """Iterate the items of all pages."""
        with closing(self.pages()) as pages:
            for page in pages:
                yield from page.items

    def pages(self) -> Generator[HTTPPage[T], None, None]:
        """Iterate whole pages, with their headers."""
        if self._max_items == 0:
            return
        progress = Progress(self._max_items, self._start, self._operation_id)
        if self._ahead:
            from .prefetch import read_ahead  # noqa: PLC0415 - threads are for those who want them

            yield from read_ahead(self._fetch, self._start, progress, self._ahead)
            return
        url = self._start
        while True:
            page = progress.take(self._fetch(url, None))
            yield page
            following = progress.next(page)
            if following is None:
                return
            url = following

    def prefetch(self, n: int) -> HTTPPager[T]:
        """Return the same list, read ahead with at most `n` requests in flight; see `Pager.prefetch`."""
        ahead = whole("n", n, least=1)
        return HTTPPager(
            self._fetch, self._max_items, self._check, start=self._start, operation_id=self._operation_id, ahead=ahead
        )

    def resume(self, next_url: str) -> HTTPPager[T]:
        """Return the rest of the list from the `next_url` of a page on; see `Pager.resume`."""
        start = self._check(next_url)
        return HTTPPager(
            self._fetch, self._max_items, self._check, start=start, operation_id=self._operation_id, ahead=self._ahead
        )


class AsyncHTTPPager(Generic[T]):
    """A list that is fetched while it is read with `async for`. Each iteration starts again at the first page.

    It is made of the same things as `HTTPPager`.
    """

    def __init__(
        self,
        fetch: Callable[[str], Awaitable[HTTPPage[T]]],
        max_items: int | None,
        check: Callable[[str], str],
        *,
        start: str,
        operation_id: str,
        ahead: int = 0,
    ) -> None:
        self._fetch = fetch
        self._max_items = max_items
        self._check = check
        self._start = start
        self._operation_id = operation_id
        self._ahead = ahead

    async def __aiter__(self) -> AsyncIterator[T]:
        """Iterate the items of all pages."""
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for item in page.items:
                    yield item

    async def pages(self) -> AsyncGenerator[HTTPPage[T], None]:
        """Iterate whole pages, with their headers."""
        if self._max_items == 0:
            return
        progress = Progress(self._max_items, self._start, self._operation_id)
        if self._ahead:
            from .prefetch import async_read_ahead  # noqa: PLC0415 - only needed here

            async with aclosing(async_read_ahead(self._fetch, self._start, progress, self._ahead)) as pages:
                async for page in pages:
                    yield page
            return
        url = self._start
        while True:
            page = progress.take(await self._fetch(url))
            yield page
            following = progress.next(page)
            if following is None:
                return
            url = following

    def prefetch(self, n: int) -> AsyncHTTPPager[T]:
        """Return the same list, read ahead with at most `n` requests in flight; see `AsyncPager.prefetch`."""
        ahead = whole("n", n, least=1)
        return AsyncHTTPPager(
            self._fetch, self._max_items, self._check, start=self._start, operation_id=self._operation_id, ahead=ahead
        )

    def resume(self, next_url: str) -> AsyncHTTPPager[T]:
        """Return the rest of the list from the `next_url` of a page on; see `AsyncPager.resume`."""
        start = self._check(next_url)
        return AsyncHTTPPager(
            self._fetch, self._max_items, self._check, start=start, operation_id=self._operation_id, ahead=self._ahead
        )
