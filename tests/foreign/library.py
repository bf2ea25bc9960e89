"""The handwritten half of a client of the library, over the package that is generated from its spec.

It is as small as a client can be: it has no retries and no options.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import httpx
import msgspec
from _library.ports import Arguments, ByteStream, Operation
from _library.resources import Resources
from _library.types import UNSET

T = TypeVar("T")


class APIStatusError(Exception):
    """The API refused a request."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.request.method} {response.request.url}: {response.status_code}")
        self.status = response.status_code


class TokenError(APIStatusError): ...


class MissingError(APIStatusError): ...


ERRORS = {401: TokenError, 404: MissingError}


def request(operation: Operation[Any], arguments: Arguments) -> dict[str, Any]:
    """Return the arguments of httpx for a call."""
    sent = {name: value for name, value in arguments.query.items() if value is not None}
    body = {name: value for name, value in arguments.body.items() if value is not UNSET}
    return {
        "method": operation.method,
        "url": operation.path.format_map(arguments.path),
        "params": sent,
        "json": body if operation.body != "none" else None,
        "headers": {"Accept": operation.accept},
    }


def checked(response: httpx.Response) -> httpx.Response:
    """Return a successful response, and raise an error for any other."""
    if response.is_success:
        return response
    raise ERRORS.get(response.status_code, APIStatusError)(response)


def result(operation: Operation[T], response: httpx.Response) -> T:
    """Return what the method returns. The API has no text, and no method without a result."""
    content: Any = checked(response).content
    return content if operation.returns == "bytes" else msgspec.json.decode(content, type=operation.result())


class Page(Generic[T]):
    """A page, whose items are in an array, or in `data` beside `paging`."""

    def __init__(self, operation: Operation[T], response: httpx.Response) -> None:
        decoded: Any = result(operation, response)
        self.items: Sequence[T] = decoded.data if operation.pagination == "cursor" else decoded
        self.next_url: str | None = response.links.get("next", {}).get("url")
        if operation.pagination == "cursor" and decoded.paging.next is not None:
            self.next_url = str(response.url.copy_set_param("cursor", decoded.paging.next))
        self.last_page: int | None = None
        self.headers: Mapping[str, str] = response.headers
        self.content = response.content
        self.json = response.json


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
        return self  # nothing is fetched ahead

    def resume(self, next_url: str) -> ListPager[T]:
        return ListPager(self._client, self._operation, self._client.build_request("GET", next_url), self._limit)


class Stream:
    """A response body that is read in chunks."""

    def __init__(self, response: httpx.Response) -> None:
        self.status, self.headers = response.status_code, response.headers
        self.lines, self.read, self._response = response.iter_lines, response.read, response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_bytes()


class Port:
    """Sends the requests of the generated methods."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        return result(operation, self._client.request(**request(operation, arguments)))

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> ListPager[T]:
        first = self._client.build_request(**request(operation, arguments))
        return ListPager(self._client, operation, first, max_items)

    @contextmanager
    def stream(self, operation: Operation[ByteStream], arguments: Arguments) -> Iterator[Stream]:
        with self._client.stream(**request(operation, arguments)) as response:
            yield Stream(checked(response))


class Library(Resources):
    """A client."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._port = Port(httpx.Client(base_url=url, headers=headers, trust_env=False))
