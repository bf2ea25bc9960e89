"""Sends requests over httpx. No other module of this package touches it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import httpx

from _buildkite_rest.ports import Arguments, Operation

from ._errors import APIConnectionError, APITimeoutError, DownloadError, PaginationError
from ._exchange import Exchange, Failure, Settings, Timing, origin_of
from ._pagination import AsyncHTTPPager, HTTPPage, HTTPPager, first_arguments, make_page, without_query
from ._raw import record
from ._request import WireRequest, build_request
from ._resume import check_address
from ._uploads import open_form
from ._version import __version__

T = TypeVar("T")

USER_AGENT = f"buildkite-rest/{__version__}"

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def default_timeout(seconds: float) -> httpx.Timeout:
    """Return the time allowed for a read, a write and a free connection; a connect gets ten seconds at most."""
    return httpx.Timeout(seconds, connect=min(seconds, 10.0))


def new_client(timeout: float) -> httpx.Client:
    """Return a client of httpx as this package uses it."""
    return httpx.Client(timeout=default_timeout(timeout))


def new_async_client(timeout: float) -> httpx.AsyncClient:
    """Return an asynchronous client of httpx as this package uses it."""
    return httpx.AsyncClient(timeout=default_timeout(timeout))


def _failure(error: httpx.RequestError) -> Failure:
    """Say what happened without the address, whose query may hold credentials."""
    said = str(error) or type(error).__name__
    return Failure(said, isinstance(error, httpx.TimeoutException), not isinstance(error, _NOT_SENT))


def _read_error(error: httpx.RequestError) -> APIConnectionError | APITimeoutError:
    failure = _failure(error)
    return (APITimeoutError if failure.timed_out else APIConnectionError)(f"the answer broke off: {failure.reason}")


def _result(settings: Settings, operation: Operation[Any], response: httpx.Response) -> Any:
    match operation.returns:
        case "json":
            return settings.decoder.decode(operation, response.content)
        case "headers":
            return response.headers
        case "text":
            return response.text
        case _:
            return None


def _page(settings: Settings, operation: Operation[Any], response: httpx.Response) -> HTTPPage[Any]:
    body = settings.decoder.decode(operation, response.content)
    links = {link["rel"]: link["url"] for link in response.links.values() if "rel" in link and "url" in link}
    page = make_page(operation, body, response.headers, links)
    if page.next_url is None:
        return page
    try:
        url = str(response.url.join(page.next_url))
        same = origin_of(url) == settings.origin
    except (httpx.InvalidURL, ValueError):
        raise PaginationError(f"{operation.id}: the address of the next page is no URL") from None
    if not same:
        raise PaginationError(f"{operation.id}: the next page lies on another origin: {without_query(url)}")
    return HTTPPage(page.items, page.headers, url, page.last_page)


class _Port:
    """What both ports share."""

    def __init__(self, settings: Settings, default: httpx.Timeout) -> None:
        self._settings = settings
        self._timeout = default if settings.timeout is None else default_timeout(settings.timeout)

    @property
    def timing(self) -> Timing:
        """The clock and the ways to sleep."""
        return self._settings.timing

    @property
    def settings(self) -> Settings:
        """What all calls have in common."""
        return self._settings

    def _url(self, wire: WireRequest) -> str:
        return self._settings.base_url + wire.target

    @staticmethod
    def _headers(headers: Mapping[str, str]) -> dict[str, str]:
        return {"User-Agent": USER_AGENT, **headers}


def _prepare(request: httpx.Request, headers: Mapping[str, str]) -> httpx.Request:
    """Make sure that no credentials but ours are sent, whatever the client adds by itself."""
    if "Authorization" not in headers:
        request.headers.pop("Authorization", None)
    return request


def _outside(client: httpx.Client | httpx.AsyncClient, url: object, headers: Mapping[str, str]) -> httpx.Request:
    """Return a request without credentials for an address that the API gave, which may be anything."""
    if isinstance(url, str) and url.startswith(("https://", "http://")):
        with suppress(httpx.InvalidURL, ValueError):
            return _prepare(client.build_request("GET", url, headers=headers), {})
    raise DownloadError("the API gave no address to download from")


class HTTPPort(_Port):
    """The port that generated resources call, over `httpx.Client`."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        super().__init__(settings, client.timeout)
        self._client = client

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return its decoded answer."""
        wire = build_request(operation, arguments)
        response = self._exchange(operation, self._url(wire), wire, stream=False)
        record(response.status_code, response.headers, response.content)
        result: T = _result(self._settings, operation, response)
        return result

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> HTTPPager[T]:
        """Return the list that starts with this request; nothing is sent before it is read."""
        wire = build_request(operation, first_arguments(arguments, max_items))

        def fetch(url: str | None) -> HTTPPage[T]:
            address = self._url(wire) if url is None else url
            response = self._exchange(operation, address, wire, stream=False)
            return _page(self._settings, operation, response)

        return HTTPPager(fetch, max_items, partial(check_address, operation.id, self._settings.origin))

    @contextmanager
    def stream(self, operation: Operation[Any], arguments: Arguments) -> Generator[HTTPByteStream]:
        """Send a request and give its body unread."""
        wire = build_request(operation, arguments)
        response = self._exchange(operation, self._url(wire), wire, stream=True)
        with _closing(response):
            yield HTTPByteStream(response)

    @contextmanager
    def stream_url(self, url: str, start: int = 0) -> Generator[HTTPByteStream]:
        """Give the body of an address outside the API, to which no credentials are sent, whatever its status.

        Only what comes after the first `start` bytes is asked for; a status of 206 tells that it is what came.
        """
        request = _outside(self._client, url, self._headers({"Range": f"bytes={start}-"} if start else {}))
        try:
            response = self._client.send(request, auth=None, follow_redirects=True, stream=True)
        except httpx.RequestError as error:
            raise _read_error(error) from error
        with _closing(response):
            yield HTTPByteStream(response)

    def with_settings(self, settings: Settings) -> HTTPPort:
        """Return a port with other settings over the same connections."""
        return HTTPPort(settings, self._client)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _exchange(self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool) -> httpx.Response:
        with open_form(wire.form) as form:
            exchange = Exchange(self._settings, operation, url, form.can_repeat)
            while True:
                sent = exchange.headers(self._headers(wire.headers))
                request = _prepare(
                    self._client.build_request(
                        wire.method,
                        url,
                        headers=sent,
                        content=wire.content,
                        files=form.parts or None,
                        timeout=self._timeout,
                    ),
                    sent,
                )
                try:
                    response = self._client.send(request, auth=None, follow_redirects=False, stream=stream)
                    self._settings.limits.headers = response.headers
                    if exchange.succeeded(response.status_code):
                        return response
                    with _closing(response):
                        body = response.read()
                except httpx.RequestError as error:
                    delay = exchange.failed(_failure(error))
                else:
                    delay = exchange.refused(response.status_code, response.headers, body)
                self._settings.timing.sleep(delay)


class AsyncHTTPPort(_Port):
    """The port that generated resources call, over `httpx.AsyncClient`."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client.timeout)
        self._client = client

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return its decoded answer."""
        wire = build_request(operation, arguments)
        response = await self._exchange(operation, self._url(wire), wire, stream=False)
        record(response.status_code, response.headers, response.content)
        result: T = _result(self._settings, operation, response)
        return result

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncHTTPPager[T]:
        """Return the list that starts with this request; nothing is sent before it is read."""
        wire = build_request(operation, first_arguments(arguments, max_items))

        async def fetch(url: str | None) -> HTTPPage[T]:
            address = self._url(wire) if url is None else url
            response = await self._exchange(operation, address, wire, stream=False)
            return _page(self._settings, operation, response)

        return AsyncHTTPPager(fetch, max_items, partial(check_address, operation.id, self._settings.origin))

    @asynccontextmanager
    async def stream(self, operation: Operation[Any], arguments: Arguments) -> AsyncGenerator[AsyncHTTPByteStream]:
        """Send a request and give its body unread."""
        wire = build_request(operation, arguments)
        response = await self._exchange(operation, self._url(wire), wire, stream=True)
        async with _aclosing(response):
            yield AsyncHTTPByteStream(response)

    @asynccontextmanager
    async def stream_url(self, url: str, start: int = 0) -> AsyncGenerator[AsyncHTTPByteStream]:
        """Give the body of an address outside the API, to which no credentials are sent, whatever its status.

        Only what comes after the first `start` bytes is asked for; a status of 206 tells that it is what came.
        """
        request = _outside(self._client, url, self._headers({"Range": f"bytes={start}-"} if start else {}))
        try:
            response = await self._client.send(request, auth=None, follow_redirects=True, stream=True)
        except httpx.RequestError as error:
            raise _read_error(error) from error
        async with _aclosing(response):
            yield AsyncHTTPByteStream(response)

    def with_settings(self, settings: Settings) -> AsyncHTTPPort:
        """Return a port with other settings over the same connections."""
        return AsyncHTTPPort(settings, self._client)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _exchange(
        self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool
    ) -> httpx.Response:
        with open_form(wire.form) as form:
            exchange = Exchange(self._settings, operation, url, form.can_repeat)
            while True:
                sent = exchange.headers(self._headers(wire.headers))
                request = _prepare(
                    self._client.build_request(
                        wire.method,
                        url,
                        headers=sent,
                        content=wire.content,
                        files=form.parts or None,
                        timeout=self._timeout,
                    ),
                    sent,
                )
                try:
                    response = await self._client.send(request, auth=None, follow_redirects=False, stream=stream)
                    self._settings.limits.headers = response.headers
                    if exchange.succeeded(response.status_code):
                        return response
                    async with _aclosing(response):
                        body = await response.aread()
                except httpx.RequestError as error:
                    delay = exchange.failed(_failure(error))
                else:
                    delay = exchange.refused(response.status_code, response.headers, body)
                await self._settings.timing.async_sleep(delay)


@contextmanager
def _closing(response: httpx.Response) -> Generator[None]:
    try:
        yield
    finally:
        response.close()


@asynccontextmanager
async def _aclosing(response: httpx.Response) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await response.aclose()


class HTTPByteStream:
    """The body of a response, read piece by piece."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        """Status of the response."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        return self._response.headers

    def __iter__(self) -> Iterator[bytes]:
        """Iterate the pieces as they arrive. Raises `APIConnectionError` when the body breaks off."""
        try:
            yield from self._response.iter_bytes()
        except httpx.RequestError as error:
            raise _read_error(error) from error

    def lines(self) -> Iterator[str]:
        """Iterate the lines; bytes that are not UTF-8 are replaced."""
        try:
            yield from self._response.iter_lines()
        except httpx.RequestError as error:
            raise _read_error(error) from error

    def read(self) -> bytes:
        """Return all that is left."""
        return b"".join(self)


class AsyncHTTPByteStream:
    """The body of a response, read piece by piece with `async for`."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        """Status of the response."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        return self._response.headers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate the pieces as they arrive. Raises `APIConnectionError` when the body breaks off."""
        try:
            async for piece in self._response.aiter_bytes():
                yield piece
        except httpx.RequestError as error:
            raise _read_error(error) from error

    async def lines(self) -> AsyncIterator[str]:
        """Iterate the lines; bytes that are not UTF-8 are replaced."""
        try:
            async for line in self._response.aiter_lines():
                yield line
        except httpx.RequestError as error:
            raise _read_error(error) from error

    async def read(self) -> bytes:
        """Return all that is left."""
        return b"".join([piece async for piece in self])
