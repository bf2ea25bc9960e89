"""The ports: they send requests over a client of the HTTP library, and sleep between attempts."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import evolve, frozen

from _buildkite_rest.ports import Arguments, Operation

from .._base.clock import Timing
from .._base.errors import APIConnectionError, DownloadError
from .._base.safe_text import safe_excerpt
from .._base.urls import host_of, without_query
from .._pagination.next_urls import NextURLs
from .._pagination.page import HTTPPage, first_arguments, make_page
from .._pagination.pager import AsyncHTTPPager, HTTPPager
from .._version import __version__
from .attempts import Body, Exchange, Settings, UnsentError
from .body import (
    AsyncHTTPByteStream,
    HTTPByteStream,
    OutOfTimeError,
    aclosing,
    apieces,
    closing,
    pieces,
    read_error,
    within,
)
from .content_coding import accepted
from .failures import CLOSED, Failure, connection_error, failure_of
from .library import (
    SENDING,
    Library,
    is_sending,
    library_of,
    private_urls,
    remove_unsendable,
    replace_authorization,
)
from .library_errors import is_of_hook, translated
from .multipart import OpenForm, open_form
from .pool import Connections, closed
from .raw import record
from .request import WireRequest, build_request, with_params

if TYPE_CHECKING:
    from .._base.cancellation import Stop
    from .library import AsyncClient, Client, Request, Response, Timeout

T = TypeVar("T")

_MOST_REDIRECTS: Final = 20
_DOWNLOAD: Final = "getArtifactDownload"
"""The operation whose response has the URL of a download."""
_AFTER_FAILURE: Final = (".failed", ".response_closed.started", ".response_closed.complete")
"""Events of a request after a timeout was exceeded, the value of which is still needed for the message."""
USER_AGENT = f"buildkite-rest/{__version__}"


@frozen
class _Answer:
    """A response, read to its end."""

    response: Response
    content: bytes


class _Port:
    """What both ports share."""

    def __init__(
        self, settings: Settings, library: Library, connections: Connections[Client] | Connections[AsyncClient]
    ) -> None:
        self._settings = settings
        self._library = library
        self._is_closed = connections.is_closed
        self._builder = connections.current
        self._timeout = self._builder.timeout if settings.timeout is None else library.timeout(settings.timeout)

    @property
    def timing(self) -> Timing:
        """The clock and the ways to sleep."""
        return self._settings.timing

    @property
    def settings(self) -> Settings:
        """What all calls have in common."""
        return self._settings

    def _url(self, wire: WireRequest) -> str:
        return self._settings.base_url.url + wire.target

    def _request(self, exchange: Exchange, url: str, wire: WireRequest, form: OpenForm) -> Request:
        """Return the request of the next attempt, with our credentials or none, whatever the client adds by itself."""
        timeout = self._timeout_of(exchange)
        encoding = accepted(wire.headers)
        headers = exchange.headers({"User-Agent": USER_AGENT, "Accept-Encoding": encoding, **wire.headers})
        try:
            request = self._build_request(
                wire.method, url, headers=headers, content=wire.content, files=form.parts or None, timeout=timeout
            )
            if own := self._builder.params:
                request.url = self._library.url(with_params(url, own.multi_items()))
        except self._library.invalid_url as error:
            raise ValueError(f"{exchange.operation_id}: the URL cannot be sent: {safe_excerpt(str(error))}") from None
        if "Authorization" not in headers:
            request.headers.pop("Authorization", None)
        return request

    def _build_request(self, method: str, url: str, **options: Any) -> Request:
        """Build a request of the client. The library stores cookies that it cannot send; those are removed."""
        try:
            return self._builder.build_request(method, url, **options)
        except UnicodeEncodeError:
            remove_unsendable(self._builder.cookies.jar)
            return self._builder.build_request(method, url, **options)

    def _timeout_of(self, exchange: Exchange) -> Timeout:
        left = exchange.time_left()
        return self._timeout if left is None else self._library.at_most(self._timeout, left)

    def _outside(self, url: object, headers: dict[str, str]) -> Request:
        """Return a request without credentials for an address that the API gave, which may be anything."""
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            with suppress(self._library.invalid_url, ValueError):
                request = self._build_request("GET", url, headers=headers, timeout=self._timeout)
                request.url = self._library.url(url)  # without parameters of the client's, and signed as it is
                return self._anonymous(request)
        raise DownloadError("the API gave no address to download from")

    def _anonymous(self, request: Request) -> Request:
        """Return the request to a storage without what identifies a user of the API, which may be on the same host."""
        if request.url.userinfo:
            raise DownloadError(
                f"a URL of the download has a user, whose password is not sent: {without_query(str(request.url))}"
            )
        request.headers.pop("Authorization", None)
        request.headers.pop("Cookie", None)
        return request

    def _redirected(self, request: Request, redirect: Request, left: int) -> Request:
        """Return the request that follows a redirect of a download."""
        if left < 1:
            failure = Failure(f"more than {_MOST_REDIRECTS} redirects", timed_out=False, maybe_sent=True)
            raise connection_error(
                failure, operation_id=_DOWNLOAD, method=request.method, host=host_of(str(request.url))
            )
        return self._anonymous(redirect)

    def _begin_stream(self, request: Request) -> None:
        """Let reads take as long as ever from now on. Until now the deadline may have shortened them."""
        request.extensions["timeout"] = self._timeout.as_dict()
        request.extensions.pop("trace", None)

    def _failure(self, error: Exception) -> Failure:
        failure = failure_of(self._library, error)
        if not self._is_closed():
            return failure
        return evolve(failure, reason=CLOSED, timed_out=False, permanent=True)

    def _result(self, operation: Operation[Any], answer: _Answer) -> Any:
        record(answer.response.status_code, answer.response.headers, answer.content)
        match operation.returns:
            case "json":
                return self._settings.decoder.decode(operation, answer.content)
            case "headers":
                return answer.response.headers
            case "text":
                return answer.content.decode(errors="replace")
            case _:
                return None

    def _page(self, operation: Operation[Any], answer: _Answer) -> HTTPPage[Any]:
        response = answer.response
        record(response.status_code, response.headers, answer.content)
        body = self._settings.decoder.decode(operation, answer.content)
        resolve = partial(self._next_urls(operation).resolve, join=partial(self._joined, response))
        return make_page(operation, body, answer.content, response.headers, resolve)

    def _next_urls(self, operation: Operation[Any]) -> NextURLs:
        return NextURLs(operation.id, self._settings.base_url, self._settings.rewrite_next_urls)

    def _joined(self, response: Response, url: str) -> str:
        try:
            return str(response.url.join(url))
        except self._library.invalid_url as error:
            raise ValueError("not a URL") from error


class HTTPPort(_Port):
    """The port that generated resources call, over `httpx.Client`."""

    def __init__(self, settings: Settings, connections: Connections[Client]) -> None:
        super().__init__(settings, library_of(connections.current, "Client"), connections)
        self._connections = connections

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return its decoded answer."""
        wire = build_request(operation, arguments)
        result: T = self._result(operation, self._exchange(operation, self._url(wire), wire))
        return result

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> HTTPPager[T]:
        """Return the list that starts with this request; nothing is sent before it is read."""
        wire = build_request(operation, first_arguments(arguments, max_items))

        def fetch(url: str, stop: Stop | None) -> HTTPPage[T]:
            if stop is None:
                return self._page(operation, self._exchange(operation, url, wire))
            port = self.stoppable(stop)
            with port.in_background():
                return port._page(operation, port._exchange(operation, url, wire))

        check = self._next_urls(operation).resume
        return HTTPPager(fetch, max_items, check, start=self._url(wire), operation_id=operation.id)

    @contextmanager
    def stream(self, operation: Operation[Any], arguments: Arguments) -> Generator[HTTPByteStream]:
        """Send a request and give its body unread."""
        wire = build_request(operation, arguments)
        response = self._exchange(operation, self._url(wire), wire, stream=True).response
        with contextlib.closing(HTTPByteStream(self._library, response, operation.id)) as stream:
            yield stream

    @contextmanager
    def stream_url(self, url: str, headers: dict[str, str]) -> Generator[HTTPByteStream]:
        """Give the body of an address outside the API, to which no credentials are sent, whatever its status."""
        if self._is_closed():
            raise closed()
        request = self._outside(url, headers)
        response = self._open(request)
        with contextlib.closing(HTTPByteStream(self._library, response, _DOWNLOAD)) as stream:
            yield stream

    def with_settings(self, settings: Settings) -> HTTPPort:
        """Return a port with other settings over the same connections."""
        return HTTPPort(settings, self._connections)

    def stoppable(self, stop: Stop) -> HTTPPort:
        """Return a port over the same connections for a thread that `stop` can stop."""
        return self.with_settings(evolve(self._settings, timing=stop.timing(self.timing)))

    def in_background(self) -> AbstractContextManager[None]:
        """Return the block of a thread that nobody waits for. Closing the client does not close its connection."""
        return self._connections.in_use()

    def close(self) -> None:
        """Close all connections, unless they are those of another process."""
        if not self._connections.is_inherited():
            self._connections.close(self._connections.current.close)

    def _trace(self, request: Request, exchange: Exchange) -> None:
        """Let a request be sent with credentials that are not old, and its parts begin with the time that is left then.

        Nobody can interrupt a blocking request.
        """
        credentials, timeout = exchange.late_credentials(), request.extensions["timeout"]
        if credentials is None and exchange.time_left() is None and not exchange.notes_sending:
            return

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if not event.endswith(_AFTER_FAILURE):
                timeout.update(self._timeout_of(exchange).as_dict())
            if event.endswith(SENDING):
                exchange.check_deadline()
            if is_sending(event, info):
                exchange.sending()
            if credentials is not None:
                replace_authorization(event, info, credentials)

        request.extensions["trace"] = trace

    def _open(self, request: Request, redirects: int = _MOST_REDIRECTS) -> Response:
        """Send a request and follow redirects. Their bodies are not read, for they need not end."""
        try:
            with private_urls(), translated(self._library):
                response: Response | APIConnectionError = self._connections.client().send(
                    request, auth=None, follow_redirects=False, stream=True
                )
        except self._library.failures as error:
            if is_of_hook(error, request):
                raise
            response = read_error(self._library, error, request, _DOWNLOAD)
        if isinstance(response, APIConnectionError):  # raised here, without the exception of the library as context
            raise response
        if response.next_request is None:
            return response
        response.close()
        redirect = self._redirected(request, response.next_request, redirects)
        return self._open(redirect, redirects - 1)

    def _read(self, exchange: Exchange, response: Response) -> Body:
        """Read a body. That of an error status may be incomplete, since the status matters more."""
        body = exchange.body(response.status_code)
        try:
            for piece in pieces(self._library, response, exchange.operation_id):
                if not body.take(piece):
                    break
        except self._library.failures:
            if exchange.succeeded(response.status_code) or exchange.is_too_late():
                raise
        return body

    def _exchange(self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool = False) -> _Answer:
        with open_form(wire.form) as form:
            exchange = Exchange(self._settings, operation, url, form.can_repeat)
            while True:
                if delay := exchange.turn():
                    self.timing.sleep(delay)
                if self._is_closed():
                    raise exchange.closed()
                request = self._request(exchange, url, wire, form)
                self._trace(request, exchange)
                failure = None
                try:
                    exchange.check_deadline()
                    with private_urls(), translated(self._library):
                        response = self._connections.client().send(
                            request, auth=None, follow_redirects=False, stream=True
                        )
                    exchange.answered(response.headers)
                    succeeded = exchange.succeeded(response.status_code)
                    if succeeded and stream:
                        self._begin_stream(request)
                        return _Answer(response, b"")
                    with closing(response):
                        body = self._read(exchange, response)
                    if succeeded:
                        return _Answer(response, body.content)
                except self._library.failures as error:
                    if is_of_hook(error, request):
                        raise
                    failure = self._failure(error)
                except UnsentError:
                    failure = exchange.out_of_time(maybe_sent=False)
                else:
                    delay = exchange.refused(response.status_code, response.headers, body.content)
                if failure is not None:  # Its error is raised here, without the exception of the library as context.
                    delay = exchange.failed(failure)
                self.timing.sleep(delay)


class AsyncHTTPPort(_Port):
    """The port that generated resources call, over `httpx.AsyncClient`."""

    def __init__(self, settings: Settings, connections: Connections[AsyncClient]) -> None:
        super().__init__(settings, library_of(connections.current, "AsyncClient"), connections)
        self._connections = connections

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return its decoded answer."""
        wire = build_request(operation, arguments)
        result: T = self._result(operation, await self._exchange(operation, self._url(wire), wire))
        return result

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncHTTPPager[T]:
        """Return the list that starts with this request; nothing is sent before it is read."""
        wire = build_request(operation, first_arguments(arguments, max_items))

        async def fetch(url: str) -> HTTPPage[T]:
            return self._page(operation, await self._exchange(operation, url, wire))

        check = self._next_urls(operation).resume
        return AsyncHTTPPager(fetch, max_items, check, start=self._url(wire), operation_id=operation.id)

    @asynccontextmanager
    async def stream(self, operation: Operation[Any], arguments: Arguments) -> AsyncGenerator[AsyncHTTPByteStream]:
        """Send a request and give its body unread."""
        wire = build_request(operation, arguments)
        response = (await self._exchange(operation, self._url(wire), wire, stream=True)).response
        async with contextlib.aclosing(AsyncHTTPByteStream(self._library, response, operation.id)) as stream:
            yield stream

    @asynccontextmanager
    async def stream_url(self, url: str, headers: dict[str, str]) -> AsyncGenerator[AsyncHTTPByteStream]:
        """Give the body of an address outside the API, to which no credentials are sent, whatever its status."""
        if self._is_closed():
            raise closed()
        request = self._outside(url, headers)
        response = await self._open(request)
        async with contextlib.aclosing(AsyncHTTPByteStream(self._library, response, _DOWNLOAD)) as stream:
            yield stream

    def with_settings(self, settings: Settings) -> AsyncHTTPPort:
        """Return a port with other settings over the same connections."""
        return AsyncHTTPPort(settings, self._connections)

    async def aclose(self) -> None:
        """Close all connections, unless they are those of another process."""
        if not self._connections.is_inherited():
            self._connections.check_loop()
            await self._connections.current.aclose()

    def _trace(self, request: Request, exchange: Exchange) -> None:
        """Let a request be sent with credentials that are not old, and record that it is sent."""
        credentials = exchange.late_credentials()
        if credentials is None and not exchange.notes_sending:
            return

        async def trace(event: str, info: Mapping[str, Any]) -> None:
            if is_sending(event, info):
                exchange.sending()
            if credentials is not None:
                replace_authorization(event, info, credentials)

        request.extensions["trace"] = trace

    async def _open(self, request: Request, redirects: int = _MOST_REDIRECTS) -> Response:
        """Send a request and follow redirects. Their bodies are not read, for they need not end."""
        try:
            with private_urls(), translated(self._library):
                response: Response | APIConnectionError = await self._connections.client_of_loop().send(
                    request, auth=None, follow_redirects=False, stream=True
                )
        except self._library.failures as error:
            if is_of_hook(error, request):
                raise
            response = read_error(self._library, error, request, _DOWNLOAD)
        if isinstance(response, APIConnectionError):  # raised here, without the exception of the library as context
            raise response
        if response.next_request is None:
            return response
        await response.aclose()
        redirect = self._redirected(request, response.next_request, redirects)
        return await self._open(redirect, redirects - 1)

    async def _read(self, exchange: Exchange, response: Response) -> Body:
        """Read a body. That of an error status may be incomplete, since the status matters more."""
        body = exchange.body(response.status_code)
        try:
            async for piece in apieces(self._library, response, exchange.operation_id):
                if not body.take(piece):
                    break
        except self._library.failures:
            if exchange.succeeded(response.status_code) or exchange.is_too_late():
                raise
        return body

    async def _exchange(
        self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool = False
    ) -> _Answer:
        with open_form(wire.form) as form:
            exchange = Exchange(self._settings, operation, url, form.can_repeat)
            while True:
                if delay := exchange.turn():
                    await self.timing.async_sleep(delay)
                if self._is_closed():
                    raise exchange.closed()
                request = self._request(exchange, url, wire, form)
                self._trace(request, exchange)
                failure = None
                try:
                    exchange.check_deadline()
                    async with within(exchange.time_left()):
                        with private_urls(), translated(self._library):
                            response = await self._connections.client_of_loop().send(
                                request, auth=None, follow_redirects=False, stream=True
                            )
                        exchange.answered(response.headers)
                        succeeded = exchange.succeeded(response.status_code)
                        if succeeded and stream:
                            self._begin_stream(request)
                            return _Answer(response, b"")
                        async with aclosing(response):
                            body = await self._read(exchange, response)
                        if succeeded:
                            return _Answer(response, body.content)
                except self._library.failures as error:
                    if is_of_hook(error, request):
                        raise
                    failure = self._failure(error)
                except UnsentError:
                    failure = exchange.out_of_time(maybe_sent=False)
                except OutOfTimeError:
                    failure = exchange.out_of_time()
                else:
                    delay = exchange.refused(response.status_code, response.headers, body.content)
                if failure is not None:  # Its error is raised here, without the exception of the library as context.
                    delay = exchange.failed(failure)
                await self.timing.async_sleep(delay)
