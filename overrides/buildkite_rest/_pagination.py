"""Lists that are fetched page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from attrs import define, evolve, field, frozen

from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.types import UNSET

from ._errors import DecodeError, PaginationError
from ._json import is_array

T = TypeVar("T")

_LARGEST_PAGE = 100


@frozen
class HTTPPage(Generic[T]):
    """One page of a list and the headers that came with it."""

    items: Sequence[T]
    headers: Mapping[str, str]
    next_url: str | None
    last_page: int | None


@define
class _Progress:
    """What has been read so far, and so what may come next."""

    max_items: int | None
    count: int = field(default=0, init=False)
    _seen: set[str] = field(factory=set[str], init=False)

    def take(self, page: HTTPPage[T]) -> HTTPPage[T]:
        """Count the items of `page` and cut off those that are too many."""
        if self.max_items is not None and self.count + len(page.items) > self.max_items:
            page = evolve(page, items=page.items[: self.max_items - self.count])
        self.count += len(page.items)
        return page

    def next(self, page: HTTPPage[Any]) -> str | None:
        """Return the address of the page after `page`, or None when there is none or nothing more is wanted."""
        if page.next_url is None or (self.max_items is not None and self.count >= self.max_items):
            return None
        if page.next_url in self._seen:
            raise PaginationError(f"the address of the next page was read before: {without_query(page.next_url)}")
        self._seen.add(page.next_url)
        return page.next_url


def first_arguments(arguments: Arguments, max_items: int | None) -> Arguments:
    """Ask for the largest useful page when the caller did not choose a size."""
    if max_items is not None and max_items < 0:
        raise ValueError(f"max_items must not be negative, not {max_items}")
    if arguments.query.get("per_page", UNSET) is not UNSET:
        return arguments
    size = _LARGEST_PAGE if max_items is None else max(1, min(_LARGEST_PAGE, max_items))
    return Arguments(
        path=arguments.path, query={**arguments.query, "per_page": size}, headers=arguments.headers, body=arguments.body
    )


def make_page(
    operation: Operation[Any], body: Any, headers: Mapping[str, str], links: Mapping[str, str]
) -> HTTPPage[Any]:
    """Return the page in an answer: an array with `links` from the `Link` header, or an object with items and links."""
    if operation.pagination == "link":
        return HTTPPage(_items(operation, body), headers, links.get("next"), _page_number(links.get("last")))
    items = getattr(body, "items", body)
    next_url = getattr(getattr(body, "links", None), "next", None)
    return HTTPPage(_items(operation, items), headers, next_url if isinstance(next_url, str) else None, None)


def _items(operation: Operation[Any], value: object) -> Sequence[Any]:
    """Return the items. Anything but a list or null would look like an empty list, and that would be a lie."""
    if value is None:
        return []
    if not is_array(value):
        raise DecodeError(f"{operation.id}: the answer has no list of items")
    return value


def without_query(url: str) -> str:
    """Return `url` without its query and user, which may hold credentials and so are not for logs and errors."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="…" if parts.query else "", fragment="").geturl()


def _page_number(url: str | None) -> int | None:
    try:
        values = parse_qs(urlsplit(url).query).get("page", []) if url is not None else []
        return int(values[0]) if values and values[0].isdecimal() else None
    except ValueError:
        return None


class HTTPPager(Generic[T]):
    """A list that is fetched while it is read. Each iteration starts again at the first page."""

    def __init__(self, fetch: Callable[[str | None], HTTPPage[T]], max_items: int | None) -> None:
        self._fetch = fetch
        self._max_items = max_items

    def __iter__(self) -> Iterator[T]:
        """Iterate the items of all pages."""
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[HTTPPage[T]]:
        """Iterate whole pages, with their headers."""
        if self._max_items == 0:
            return
        progress = _Progress(self._max_items)
        url: str | None = None
        while True:
            page = progress.take(self._fetch(url))
            yield page
            url = progress.next(page)
            if url is None:
                return


class AsyncHTTPPager(Generic[T]):
    """A list that is fetched while it is read with `async for`. Each iteration starts again at the first page."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[HTTPPage[T]]], max_items: int | None) -> None:
        self._fetch = fetch
        self._max_items = max_items

    async def __aiter__(self) -> AsyncIterator[T]:
        """Iterate the items of all pages."""
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[HTTPPage[T]]:
        """Iterate whole pages, with their headers."""
        if self._max_items == 0:
            return
        progress = _Progress(self._max_items)
        url: str | None = None
        while True:
            page = progress.take(await self._fetch(url))
            yield page
            url = progress.next(page)
            if url is None:
                return
