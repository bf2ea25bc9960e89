"""The client of the library for asyncio. It shares with the other what does not send anything."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import httpx
from _library.ports import Arguments, ByteStream, Operation
from _library.resources import AsyncResources
from library import Page, checked, request, result, same_list

T = TypeVar("T")


class AsyncListPager(Generic[T]):
    """A list that is fetched page by page."""

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
            page = Page(self._operation, await self._client.send(self._request(page.next_url)))
            yield page

    async def first(self) -> T | None:
        return await anext(aiter(self), None)

    def prefetch(self, n: int) -> AsyncListPager[T]:
        return self

    def resume(self, next_url: str) -> AsyncListPager[T]:
        return AsyncListPager(self._client, self._operation, self._request(next_url), self._limit)

    def _request(self, next_url: str) -> httpx.Request:
        url = same_list(self._first.url, next_url)
        return self._client.build_request("GET", url, headers=self._first.headers)


class AsyncStream:
    """A response body that is read in chunks."""

    def __init__(self, response: httpx.Response) -> None:
        self.status, self.headers = response.status_code, response.headers
        self.lines, self.read, self._response = response.aiter_lines, response.aread, response

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._response.aiter_bytes()


class AsyncPort:
    """Sends the requests of the generated methods."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        return result(operation, await self._client.request(**request(operation, arguments)))

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncListPager[T]:
        first = self._client.build_request(**request(operation, arguments))
        return AsyncListPager(self._client, operation, first, max_items)

    @asynccontextmanager
    async def stream(self, operation: Operation[ByteStream], arguments: Arguments) -> AsyncIterator[AsyncStream]:
        async with self._client.stream(**request(operation, arguments)) as response:
            yield AsyncStream(checked(response))


class AsyncLibrary(AsyncResources):
    """A client for asyncio."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._port = AsyncPort(httpx.AsyncClient(base_url=url, headers=headers, trust_env=False))
