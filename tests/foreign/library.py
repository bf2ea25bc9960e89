"""The handwritten half of a client of the library, over the package that is generated from its spec.

It is as small as a client can be: no retries, no options, and an error is that of httpx.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, TypeVar

import httpx
import msgspec
from _library.ports import Arguments, AsyncByteStream, AsyncPager, ByteStream, Operation, Pager
from _library.resources import AsyncResources, Resources
from _library.types import UNSET

T = TypeVar("T")


def request(operation: Operation[Any], arguments: Arguments) -> dict[str, Any]:
    """Return the arguments for httpx."""
    sent = {name: value for name, value in arguments.query.items() if value is not None and value is not UNSET}
    body = {name: value for name, value in arguments.body.items() if value is not UNSET}
    url = operation.path.format_map(arguments.path)
    return {"method": operation.method, "url": url, "params": sent, "json": body if operation.body != "none" else None}


def result(operation: Operation[T], response: httpx.Response) -> T:
    """Return the decoded body."""
    response.raise_for_status()
    decoded: T = msgspec.json.decode(response.content, type=operation.result())
    return decoded


class Page(Generic[T]):
    """A page, whose items are in an array, or in `data` beside `paging`."""

    def __init__(self, operation: Operation[T], response: httpx.Response) -> None:
        response.raise_for_status()
        self._response = response
        decoded: Any = msgspec.json.decode(response.content, type=operation.result())
        self.items: Sequence[T] = decoded.data if operation.pagination == "cursor" else decoded
        if operation.pagination == "cursor":
            cursor = decoded.paging.next
            url = None if cursor is None else str(response.url.copy_set_param("cursor", cursor))
        else:
            url = response.links.get("next", {}).get("url")
        self.next_url: str | None = url
        self.last_page: int | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def content(self) -> bytes:
        return self._response.content

    def json(self) -> Any:
        return self._response.json()


class ListPager(Generic[T]):
    """A list that is fetched page by page."""

    def __init__(self, client: httpx.Client, operation: Operation[T], first: httpx.Request, limit: int | None) -> None:
        self._client, self._operation, self._first, self._limit = client, operation, first, limit

    def __iter__(self) -> Iterator[T]:
        left = self._limit
        for page in self.pages():
            yield from page.items[:left]
            if left is not None:
                left -= len(page.items)
                if left <= 0:
                    return

    def pages(self) -> Generator[Page[T], None, None]:
        page = Page(self._operation, self._client.send(self._first))
        yield page
        while page.next_url:
            page = Page(self._operation, self._client.get(page.next_url))
            yield page

    def first(self) -> T | None:
        return next(iter(self), None)

    def prefetch(self, n: int) -> ListPager[T]:
        return self

    def resume(self, next_url: str) -> ListPager[T]:
        request = self._client.build_request("GET", next_url)
        return ListPager(self._client, self._operation, request, self._limit)


class AsyncListPager(Generic[T]):
    """The same with `async for`."""

    def __init__(
        self, client: httpx.AsyncClient, operation: Operation[T], first: httpx.Request, limit: int | None
    ) -> None:
        self._client, self._operation, self._first, self._limit = client, operation, first, limit

    async def __aiter__(self) -> AsyncIterator[T]:
        left = self._limit
        async for page in self.pages():
            for item in page.items[:left]:
                yield item
            if left is not None:
                left -= len(page.items)
                if left <= 0:
                    return

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        page = Page(self._operation, await self._client.send(self._first))
        yield page
        while page.next_url:
            page = Page(self._operation, await self._client.get(page.next_url))
            yield page

    async def first(self) -> T | None:
        return await anext(aiter(self), None)

    def prefetch(self, n: int) -> AsyncListPager[T]:
        return self

    def resume(self, next_url: str) -> AsyncListPager[T]:
        request = self._client.build_request("GET", next_url)
        return AsyncListPager(self._client, self._operation, request, self._limit)


class _Port:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        return result(operation, self._client.request(**request(operation, arguments)))

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> Pager[T]:
        first = self._client.build_request(**request(operation, arguments))
        return ListPager(self._client, operation, first, max_items)

    def stream(self, operation: Operation[ByteStream], arguments: Arguments) -> AbstractContextManager[ByteStream]:
        raise TypeError(f"{operation.id} has no stream")


class _AsyncPort:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        return result(operation, await self._client.request(**request(operation, arguments)))

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncPager[T]:
        first = self._client.build_request(**request(operation, arguments))
        return AsyncListPager(self._client, operation, first, max_items)

    def stream(
        self, operation: Operation[ByteStream], arguments: Arguments
    ) -> AbstractAsyncContextManager[AsyncByteStream]:
        raise TypeError(f"{operation.id} has no stream")


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Library(Resources):
    """A client."""

    def __init__(self, url: str, token: str) -> None:
        self._port = _Port(httpx.Client(base_url=url, headers=_headers(token), trust_env=False))


class AsyncLibrary(AsyncResources):
    """A client for asyncio."""

    def __init__(self, url: str, token: str) -> None:
        self._port = _AsyncPort(httpx.AsyncClient(base_url=url, headers=_headers(token), trust_env=False))
