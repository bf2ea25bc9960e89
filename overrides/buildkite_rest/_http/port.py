"""The ports of generated resources over clients of the HTTP library: results, lists, streams and downloads.

The redirect of a download is followed here, without credentials.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec.structs import replace

from _buildkite_rest.ports import Arguments, Operation

from .._base.errors import REQUEST_ID, APIConnectionError, DecodeError, DownloadError, PaginationError, SentRequest
from .._base.urls import add_query, without_query
from .._pagination.next_urls import NextURLs
from .._pagination.page import HTTPPage, chooses_page, first_arguments, make_page, next_page_query
from .._pagination.pager import AsyncHTTPPager, HTTPPager
from .body import AsyncHTTPByteStream, HTTPByteStream
from .calls import AsyncHTTPCaller, BaseCaller, HTTPCaller, ReceivedResponse
from .connection_errors import Failure, connection_error, failure_of, library_call
from .connections import closed_client_error
from .library import DEFAULT_HEADERS
from .request import WireRequest, build_request

if TYPE_CHECKING:
    from .._base.workers import Cancellation
    from .library import Request, Response
    from .options import Settings

MAX_REDIRECTS: Final = 20
DOWNLOAD: Final = "getArtifactDownload"
"""The operation whose response contains the URL of a download."""
T = TypeVar("T")


def _without_credentials(request: Request) -> Request:
    """Remove what identifies the user from a request to the storage, which may be on the host of the API."""
    if request.url.userinfo:
        raise DownloadError(
            f"a URL of the download has a user, whose password is not sent: {without_query(str(request.url))}"
        )
    request.headers.pop("Authorization", None)
    request.headers.pop("Cookie", None)
    return request


def sent_to_storage(request: Request, attempt: int, response: Response | None = None) -> SentRequest:
    """Return a request of a download, for an error. `attempt` is the number of the download's attempt."""
    request_id = None if response is None else response.headers.get(REQUEST_ID)
    return SentRequest(DOWNLOAD, request.method, str(request.url), attempt, request_id, is_to_storage=True)


class BasePort(BaseCaller):
    """Base class of both ports: URLs, results and pages."""

    def _wire(self, operation: Operation[Any], arguments: Arguments) -> tuple[str, WireRequest]:
        """Return the URL and the request of a call."""
        wire = build_request(operation, arguments)
        url = f"{self.settings.base_url.url}{wire.target}"
        return add_query(url, self.settings.query) if self.settings.query else url, wire

    def _first_page(
        self, operation: Operation[Any], arguments: Arguments, max_items: int | None
    ) -> tuple[str, WireRequest, Settings]:
        """Return the request of the first page of a list, of the largest useful size by default.

        The settings are those for its pages. The URL of the first one has the parameters of options.
        """
        options = self.settings.query
        if not options:
            return *self._wire(operation, first_arguments(arguments, max_items)), self.settings
        paged = first_arguments(arguments, max_items, starts_elsewhere=chooses_page(options))
        url, wire = self._wire(operation, arguments if any(name == "per_page" for name, _ in options) else paged)
        return url, wire, replace(self.settings, query=next_page_query(options, wire.target))

    def _result(self, operation: Operation[Any], received: ReceivedResponse) -> Any:
        match operation.returns:
            case "json":
                try:
                    return self.settings.decoder.decode(operation, received.content)
                except DecodeError as error:
                    received.call.identify(error)
                    raise
            case "headers":
                return received.response.headers
            case "text":
                return received.content.decode(errors="replace")
            case "bytes":
                return received.content
            case _:
                return None

    def _page(self, operation: Operation[Any], received: ReceivedResponse, urls: NextURLs) -> HTTPPage[Any]:
        response = received.response
        try:
            body = self.settings.decoder.decode(operation, received.content)
            resolve = partial(urls.resolve, join=partial(self._join, response))
            page = make_page(operation, body, received.content, response.headers, resolve)
        except DecodeError as error:
            received.call.identify(error)
            raise
        if isinstance(page.next, PaginationError):
            received.call.identify(page.next)
        return page

    def _join(self, response: Response, url: str) -> str:
        try:
            return str(response.url.join(url))
        except self._library.invalid_url as error:
            raise ValueError("not a URL") from error

    def _storage_request(self, url: object, headers: dict[str, str]) -> Request:
        """Return a request without credentials for a URL that the API returned, which may be any value."""
        headers = {**DEFAULT_HEADERS, "Accept-Encoding": "identity", **headers}
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            with suppress(self._library.invalid_url, ValueError):
                request: Request = self._builder.build_request("GET", url, headers=headers, timeout=self._timeout)
                if self._builder.params:  # They would invalidate the signature of the URL.
                    request.url = self._library.url_type(url)
                if request.url.host:
                    return _without_credentials(request)
        if not isinstance(url, str) or not url:
            raise DownloadError("the API returned no URL to download from")
        raise DownloadError(f"the API returned a URL of a download that is not an HTTP URL: {without_query(url)}")

    def _redirect_request(self, response: Response, redirect: Request, attempt: int, left: int) -> Request:
        """Return the request that follows a redirect of a download."""
        if left < 1:
            failure = Failure(f"more than {MAX_REDIRECTS} redirects", timed_out=False, maybe_sent=True)
            raise connection_error(failure, sent_to_storage(response.request, attempt, response))
        return _without_credentials(redirect)

    def _storage_error(self, error: Exception, request: Request, attempt: int) -> APIConnectionError:
        """Return the error for a failed request of a download."""
        return connection_error(failure_of(self._library, error), sent_to_storage(request, attempt))


class HTTPPort(HTTPCaller, BasePort):
    """The port of blocking resources, over `httpx.Client`."""

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return the decoded response."""
        return self.send_wire(operation, *self._wire(operation, arguments))

    def send_wire(self, operation: Operation[T], url: str, wire: WireRequest) -> T:
        """Send an encoded request and return the decoded response."""
        result: T = self._result(operation, self.call(operation, url, wire))
        return result

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> HTTPPager[T]:
        """Return the list that starts with this request. Nothing is sent before it is iterated."""
        url, wire, settings = self._first_page(operation, arguments, max_items)
        port = self if settings is self.settings else self.with_settings(settings)
        return port.paginate_wire(operation, url, wire, max_items)

    def paginate_wire(
        self, operation: Operation[T], start: str, wire: WireRequest, max_items: int | None
    ) -> HTTPPager[T]:
        """Return the list that starts with this encoded request. Nothing is sent before it is iterated."""
        urls = NextURLs(operation.id, operation.path, self.settings.base_url, self.settings.rewrite_next_urls)

        def fetch(url: str, cancellation: Cancellation | None) -> HTTPPage[T]:
            if cancellation is None:
                return self._page(operation, self.call(operation, url, wire), urls)
            port = self.cancellable(cancellation)
            with port.in_background():
                return port._page(operation, port.call(operation, url, wire), urls)

        return HTTPPager(fetch, max_items, urls.resume, start=start, operation_id=operation.id)

    @contextmanager
    def stream(self, operation: Operation[Any], arguments: Arguments) -> Generator[HTTPByteStream]:
        """Send a request and yield the response body as a stream."""
        received = self.call(operation, *self._wire(operation, arguments), stream=True)
        request = received.call.sent_request()
        with closing(HTTPByteStream(self._library, received.response, request)) as stream:
            yield stream

    @contextmanager
    def stream_url(self, url: str, headers: dict[str, str], attempt: int = 1) -> Generator[HTTPByteStream]:
        """Yield the response body of a URL outside the API as it is sent, for any status. No credentials are sent.

        `attempt` is the number of the request in its download, for errors.
        """
        if self._is_closed():
            raise closed_client_error()
        response = self._open(self._storage_request(url, headers), attempt)
        request = sent_to_storage(response.request, attempt, response)
        with closing(HTTPByteStream(self._library, response, request, decodes=False)) as stream:
            yield stream

    def _open(self, request: Request, attempt: int, redirects: int = MAX_REDIRECTS) -> Response:
        """Send a request and follow redirects. Bodies of redirects are not read, since they may never end."""
        try:
            with library_call(self._library):
                response: Response = self._connections.client().send(
                    request, auth=None, follow_redirects=False, stream=True
                )
        except self._library.request_error as error:
            failure = self._storage_error(error, request, attempt)
        else:
            if response.next_request is None:
                return response
            response.close()
            redirect = self._redirect_request(response, response.next_request, attempt, redirects)
            return self._open(redirect, attempt, redirects - 1)
        raise failure  # outside the except block, so that its context is not the error of the library

    def with_settings(self, settings: Settings) -> HTTPPort:
        """Return a port with other settings over the same connections."""
        return HTTPPort(settings, self._connections)

    def cancellable(self, cancellation: Cancellation) -> HTTPPort:
        """Return a port over the same connections for a thread that `cancellation` cancels."""
        return self.with_settings(replace(self.settings, timing=cancellation.timing(self.timing)))

    def in_background(self) -> AbstractContextManager[None]:
        """Return a block for a background thread, during which closing the client does not close its connection."""
        return self._connections.keep_open()

    def close(self) -> None:
        """Close all connections, unless they belong to another process."""
        if not self._connections.is_inherited():
            self._connections.close(self._connections.current.close)


class AsyncHTTPPort(AsyncHTTPCaller, BasePort):
    """The port of asynchronous resources, over `httpx.AsyncClient`."""

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return the decoded response."""
        return await self.send_wire(operation, *self._wire(operation, arguments))

    async def send_wire(self, operation: Operation[T], url: str, wire: WireRequest) -> T:
        """Send an encoded request and return the decoded response."""
        result: T = self._result(operation, await self.call(operation, url, wire))
        return result

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncHTTPPager[T]:
        """Return the list that starts with this request. Nothing is sent before it is iterated."""
        url, wire, settings = self._first_page(operation, arguments, max_items)
        port = self if settings is self.settings else self.with_settings(settings)
        return port.paginate_wire(operation, url, wire, max_items)

    def paginate_wire(
        self, operation: Operation[T], start: str, wire: WireRequest, max_items: int | None
    ) -> AsyncHTTPPager[T]:
        """Return the list that starts with this encoded request. Nothing is sent before it is iterated."""
        urls = NextURLs(operation.id, operation.path, self.settings.base_url, self.settings.rewrite_next_urls)

        async def fetch(url: str) -> HTTPPage[T]:
            return self._page(operation, await self.call(operation, url, wire), urls)

        return AsyncHTTPPager(fetch, max_items, urls.resume, start=start, operation_id=operation.id)

    @asynccontextmanager
    async def stream(self, operation: Operation[Any], arguments: Arguments) -> AsyncGenerator[AsyncHTTPByteStream]:
        """Send a request and yield the response body as a stream."""
        received = await self.call(operation, *self._wire(operation, arguments), stream=True)
        request = received.call.sent_request()
        async with aclosing(AsyncHTTPByteStream(self._library, received.response, request)) as stream:
            yield stream

    @asynccontextmanager
    async def stream_url(
        self, url: str, headers: dict[str, str], attempt: int = 1
    ) -> AsyncGenerator[AsyncHTTPByteStream]:
        """Yield the response body of a URL outside the API as it is sent, for any status. No credentials are sent.

        `attempt` is the number of the request in its download, for errors.
        """
        if self._is_closed():
            raise closed_client_error()
        response = await self._open(self._storage_request(url, headers), attempt)
        request = sent_to_storage(response.request, attempt, response)
        async with aclosing(AsyncHTTPByteStream(self._library, response, request, decodes=False)) as stream:
            yield stream

    async def _open(self, request: Request, attempt: int, redirects: int = MAX_REDIRECTS) -> Response:
        """Send a request and follow redirects. Bodies of redirects are not read, since they may never end."""
        try:
            with library_call(self._library):
                response: Response = await self._connections.client_of_loop().send(
                    request, auth=None, follow_redirects=False, stream=True
                )
        except self._library.request_error as error:
            failure = self._storage_error(error, request, attempt)
        else:
            if response.next_request is None:
                return response
            await response.aclose()
            redirect = self._redirect_request(response, response.next_request, attempt, redirects)
            return await self._open(redirect, attempt, redirects - 1)
        raise failure  # outside the except block, so that its context is not the error of the library

    def with_settings(self, settings: Settings) -> AsyncHTTPPort:
        """Return a port with other settings over the same connections."""
        return AsyncHTTPPort(settings, self._connections)

    async def aclose(self) -> None:
        """Close all connections, unless they belong to another process."""
        if not self._connections.is_inherited():
            self._connections.check_loop()
            await self._connections.current.aclose()
