"""The handwritten half of a client of the library, over the package that is generated from its spec.

It is as small as a client can be: it has no retries and no options.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

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


class PaginationError(Exception):
    """The URL of a next page is invalid, or is not one of the same list."""


ERRORS = {401: TokenError, 404: MissingError}


def request(operation: Operation[Any], arguments: Arguments) -> dict[str, Any]:
    """Return the arguments of httpx for a call. The API has no forms with files."""
    headers = {name: text(value) for name, value in arguments.headers.items() if value not in (None, UNSET)}
    body = {name: aware(value) for name, value in arguments.body.items() if value is not UNSET}
    has_body = operation.body == "required" or (operation.body == "optional" and body)
    if has_body:
        headers["Content-Type"] = operation.body_media
    return {
        "method": operation.method,
        "url": operation.path.format_map({name: segment(name, value) for name, value in arguments.path.items()}),
        "params": list(pairs(operation, arguments.query)),
        "content": msgspec.json.encode(body) if has_body else None,
        "headers": {"Accept": operation.accept, **headers},
    }


def segment(name: str, value: str | int) -> str:
    """Quote a path parameter so that it stays one segment."""
    if value in ("", ".", ".."):
        raise ValueError(f"{name} is {value!r}, which would change the path")
    return quote(str(value), safe="")


def pairs(operation: Operation[Any], query: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the query, those with several values in their style."""
    for name, value in query.items():
        if value is None or value is UNSET:
            continue
        style = operation.query_styles.get(name)
        if style and value in ([], (), {}):
            raise ValueError(f"{name} is empty, so that nothing would be sent")
        if isinstance(value, Mapping):
            yield from ((f"{name}[{key}]", text(item)) for key, item in value.items())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from ((f"{name}[]", text(item)) for item in value)
        else:
            yield f"{name}[]" if style == "array" else name, text(value)


def text(value: object) -> str:
    """Return an argument as text: true, 1, 2026-03-02T09:15:00Z."""
    return str(value).lower() if isinstance(value, bool) else str(msgspec.to_builtins(aware(value)))


def aware(value: object) -> object:
    """Return a value, unless it is a datetime that the API cannot place in time."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a datetime needs a time zone")
    return value


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
        self._url, self._next = response.url, response.links.get("next", {}).get("url")
        if operation.pagination == "cursor" and decoded.paging.next is not None:
            self._next = str(response.url.copy_set_param("cursor", decoded.paging.next))
        self.last_page: int | None = None
        self.headers: Mapping[str, str] = response.headers
        self.content = response.content
        self.json = response.json

    @property
    def next_url(self) -> str | None:
        return None if self._next is None else same_list(self._url, self._next)


def same_list(url: httpx.URL, next_url: str) -> str:
    """Return the URL of another page of the list at `url`. No other server may get the token."""
    try:
        found = url.join(next_url)
    except httpx.InvalidURL:
        raise PaginationError("the URL of the next page is invalid") from None
    if found.copy_with(query=None, fragment=None) != url.copy_with(query=None, fragment=None):
        raise PaginationError("the URL of the next page is that of another list or server")
    return str(found)


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
            page = Page(self._operation, self._client.send(self._request(page.next_url)))
            yield page

    def first(self) -> T | None:
        return next(iter(self), None)

    def prefetch(self, n: int) -> ListPager[T]:
        return self  # nothing is fetched ahead

    def resume(self, next_url: str) -> ListPager[T]:
        return ListPager(self._client, self._operation, self._request(next_url), self._limit)

    def _request(self, next_url: str) -> httpx.Request:
        """Return the first request for another page, so that it has the same headers."""
        url = same_list(self._first.url, next_url)
        return self._client.build_request("GET", url, headers=self._first.headers)


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
