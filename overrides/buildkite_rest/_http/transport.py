"""The transport: sends requests over a client of the HTTP library, and sleeps between attempts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec.structs import replace

from _buildkite_rest.ports import Arguments, Operation

from .._base.clock import REAL_TIME
from .._pagination.page import HTTPPage
from .._pagination.pager import AsyncHTTPPager, HTTPPager
from .attempt_log import start_log
from .attempts import Attempts, BodyBuffer, DeadlineBeforeSendError, Settings
from .base_port import MAX_REDIRECTS, BasePort, ReceivedResponse, sent_to_storage
from .body import (
    AsyncHTTPByteStream,
    DeadlineError,
    HTTPByteStream,
    async_decode_body,
    deadline,
    decode_body,
)
from .library import (
    SENDING,
    is_sending,
    library_of,
    replace_authorization,
)
from .library_errors import CallersError, library_call
from .pool import Connections, closed_client_error
from .request import WireRequest, build_request

if TYPE_CHECKING:
    from .._base.cancellation import Cancellation
    from .library import AsyncClient, Client, Request, Response
    from .multipart import OpenForm

T = TypeVar("T")

_AFTER_FAILURE: Final = (".failed", ".response_closed.started", ".response_closed.complete")
"""Events after an exceeded timeout, whose value is still needed for the error message."""


class HTTPPort(BasePort):
    """The port of blocking resources, over `httpx.Client`."""

    def __init__(self, settings: Settings, connections: Connections[Client]) -> None:
        super().__init__(settings, library_of(connections.current, "Client", is_own=connections.is_own), connections)
        self._connections = connections

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return the decoded response."""
        wire = build_request(operation, arguments)
        return self.send_wire(operation, self._url(wire), wire)

    def send_wire(self, operation: Operation[T], url: str, wire: WireRequest) -> T:
        """Send an encoded request and return the decoded response."""
        result: T = self._result(operation, self._send(operation, url, wire))
        return result

    def send_undecoded(self, operation: Operation[Any], url: str, wire: WireRequest) -> ReceivedResponse:
        """Send an encoded request and return the response, which has a success status."""
        return self._send(operation, url, wire)

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> HTTPPager[T]:
        """Return the list that starts with this request. Nothing is sent before it is iterated."""
        wire = self._first_page(operation, arguments, max_items)
        port = self.with_settings(self._next_page_settings(wire)) if self._settings.query else self
        return port.paginate_wire(operation, self._url(wire), wire, max_items)

    def paginate_wire(
        self, operation: Operation[T], start: str, wire: WireRequest, max_items: int | None
    ) -> HTTPPager[T]:
        """Return the list that starts with this encoded request. Nothing is sent before it is iterated."""

        def fetch(url: str, cancellation: Cancellation | None) -> HTTPPage[T]:
            if cancellation is None:
                return self._page(operation, self._send(operation, url, wire))
            port = self.cancellable(cancellation)
            with port.in_background():
                return port._page(operation, port._send(operation, url, wire))

        resolve_resume_url = self._next_urls(operation).resume
        return HTTPPager(fetch, max_items, resolve_resume_url, start=start, operation_id=operation.id)

    @contextmanager
    def stream(self, operation: Operation[Any], arguments: Arguments) -> Generator[HTTPByteStream]:
        """Send a request and yield the response body as a stream."""
        wire = build_request(operation, arguments)
        received = self._send(operation, self._url(wire), wire, stream=True)
        request = received.attempts.sent_request()
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

    def with_settings(self, settings: Settings) -> HTTPPort:
        """Return a port with other settings over the same connections."""
        return HTTPPort(settings, self._connections)

    def cancellable(self, cancellation: Cancellation) -> HTTPPort:
        """Return a port over the same connections for a thread that `cancellation` cancels."""
        return self.with_settings(replace(self._settings, timing=cancellation.timing(self.timing)))

    def in_background(self) -> AbstractContextManager[None]:
        """Return a block for a background thread, during which closing the client does not close its connection."""
        return self._connections.keep_open()

    def close(self) -> None:
        """Close all connections, unless they belong to another process."""
        if not self._connections.is_inherited():
            self._connections.close(self._connections.current.close)

    def _trace(self, request: Request, attempts: Attempts) -> None:
        """Renew credentials and shorten timeouts while a blocking request is sent: it has no other limit."""
        credentials, timeout = attempts.fresh_credentials(), request.extensions["timeout"]
        if credentials is None and attempts.time_left() is None and not attempts.tracks_sending:
            return

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if not event.endswith(_AFTER_FAILURE):
                timeout.update(self._timeout_of(attempts).as_dict())
            if event.endswith(SENDING):
                attempts.check_deadline()
            if is_sending(event, info):
                attempts.mark_sending()
            if credentials is not None:
                replace_authorization(event, info, credentials)

        request.extensions["trace"] = trace

    def _limit_upload(self, form: OpenForm, attempts: Attempts) -> None:
        """Stop sending files at the deadline. The library limits each write to the connection only."""

        def check() -> None:
            if attempts.is_past_deadline():
                raise self._library.write_timeout()

        form.set_before_read(check)

    def _open(self, request: Request, attempt: int, redirects: int = MAX_REDIRECTS) -> Response:
        """Send a request and follow redirects. Bodies of redirects are not read, since they may never end."""
        log = start_log(self.timing.monotonic)
        try:
            with library_call(self._library):
                response: Response = self._connections.client().send(
                    request, auth=None, follow_redirects=False, stream=True
                )
        except self._library.request_error as error:
            failure = self._storage_error(error, request, attempt, log)
        else:
            if log is not None:
                sent = sent_to_storage(request, attempt, response)
                log.write(sent, response.status_code)
            if response.next_request is None:
                return response
            response.close()
            redirect = self._redirect_request(response, response.next_request, attempt, redirects)
            return self._open(redirect, attempt, redirects - 1)
        raise failure  # outside the except block, so that its context is not the error of the library

    def _read(self, attempts: Attempts, response: Response) -> BodyBuffer:
        """Read a body. That of an error response may be incomplete."""
        body = attempts.new_buffer(response.status_code)
        try:
            for chunk in decode_body(self._library, response, attempts.operation_id):
                if not body.append(chunk):
                    break
        except self._library.request_error as error:
            if attempts.is_success(response.status_code) or attempts.is_past_deadline():
                raise
            body.is_complete, body.error = False, error
        return body

    def _send(
        self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool = False
    ) -> ReceivedResponse:
        """Send a request until it succeeds or is not retried. A `stream` is returned before its body is read."""
        attempts = Attempts(self._settings, operation, url, wire.content)
        try:
            if wire.form is None:
                return self._attempt(attempts, url, wire, None, stream)
            from .multipart import open_form  # noqa: PLC0415 - few programs upload files

            with open_form(wire.form) as form:
                attempts.can_repeat = form.can_repeat
                self._limit_upload(form, attempts)
                return self._attempt(attempts, url, wire, form, stream)
        except CallersError as carrier:
            attempts.log_error(carrier.error)
            raise carrier.error from None
        except BaseException as error:
            attempts.log_error(error)
            raise

    def _attempt(
        self, attempts: Attempts, url: str, wire: WireRequest, form: OpenForm | None, stream: bool
    ) -> ReceivedResponse:
        while True:
            while self._settings.pacer is not None and (pause := attempts.pacing_pause(self._settings.pacer)):
                (REAL_TIME if pause.is_poll else self.timing).sleep(pause.seconds)
            if self._is_closed():
                raise attempts.closed_error()
            request = self._request(attempts, url, wire, form)
            self._trace(request, attempts)
            failure, delay = None, 0.0
            try:
                attempts.begin_sending()
                received = self._receive(attempts, request, stream)
            except self._library.request_error as error:
                failure = self._failure(error)
            except DeadlineBeforeSendError:
                failure = attempts.failure_before_sending()
            else:
                response = received.response
                if attempts.is_success(response.status_code):
                    attempts.log_outcome()
                    return received
                delay = attempts.delay_after_response(response.status_code, response.headers, received.content)
            if failure is not None:  # outside the except block, so that its error does not have another one as context
                delay = attempts.delay_after_failure(failure)
            self.timing.sleep(delay)

    def _receive(self, attempts: Attempts, request: Request, stream: bool) -> ReceivedResponse:
        """Send a request once and read the response, except for a successful `stream`."""
        with library_call(self._library):
            response = self._connections.client().send(request, auth=None, follow_redirects=False, stream=True)
            attempts.observe(response.status_code, response.headers)
            if stream and attempts.is_success(response.status_code):
                self._lift_deadline(request)
                return ReceivedResponse(response, b"", attempts)
            with closing(response):
                try:
                    body = self._read(attempts, response)
                except Exception as error:
                    if self._settings.check is not None:
                        self._observe(self._settings.check, request, response, error)
                    raise
        if self._settings.check is not None:
            self._observe(self._settings.check, request, response, body)
        return ReceivedResponse(response, body.content, attempts)


class AsyncHTTPPort(BasePort):
    """The port of asynchronous resources, over `httpx.AsyncClient`."""

    def __init__(self, settings: Settings, connections: Connections[AsyncClient]) -> None:
        super().__init__(
            settings, library_of(connections.current, "AsyncClient", is_own=connections.is_own), connections
        )
        self._connections = connections

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return the decoded response."""
        wire = build_request(operation, arguments)
        return await self.send_wire(operation, self._url(wire), wire)

    async def send_wire(self, operation: Operation[T], url: str, wire: WireRequest) -> T:
        """Send an encoded request and return the decoded response."""
        result: T = self._result(operation, await self._send(operation, url, wire))
        return result

    async def send_undecoded(self, operation: Operation[Any], url: str, wire: WireRequest) -> ReceivedResponse:
        """Send an encoded request and return the response, which has a success status."""
        return await self._send(operation, url, wire)

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncHTTPPager[T]:
        """Return the list that starts with this request. Nothing is sent before it is iterated."""
        wire = self._first_page(operation, arguments, max_items)
        port = self.with_settings(self._next_page_settings(wire)) if self._settings.query else self
        return port.paginate_wire(operation, self._url(wire), wire, max_items)

    def paginate_wire(
        self, operation: Operation[T], start: str, wire: WireRequest, max_items: int | None
    ) -> AsyncHTTPPager[T]:
        """Return the list that starts with this encoded request. Nothing is sent before it is iterated."""

        async def fetch(url: str) -> HTTPPage[T]:
            return self._page(operation, await self._send(operation, url, wire))

        resolve_resume_url = self._next_urls(operation).resume
        return AsyncHTTPPager(fetch, max_items, resolve_resume_url, start=start, operation_id=operation.id)

    @asynccontextmanager
    async def stream(self, operation: Operation[Any], arguments: Arguments) -> AsyncGenerator[AsyncHTTPByteStream]:
        """Send a request and yield the response body as a stream."""
        wire = build_request(operation, arguments)
        received = await self._send(operation, self._url(wire), wire, stream=True)
        request = received.attempts.sent_request()
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

    def with_settings(self, settings: Settings) -> AsyncHTTPPort:
        """Return a port with other settings over the same connections."""
        return AsyncHTTPPort(settings, self._connections)

    async def aclose(self) -> None:
        """Close all connections, unless they belong to another process."""
        if not self._connections.is_inherited():
            self._connections.check_loop()
            await self._connections.current.aclose()

    def _trace(self, request: Request, attempts: Attempts) -> None:
        """Renew credentials just before a request is sent, and record that it is sent."""
        credentials = attempts.fresh_credentials()
        if credentials is None and attempts.time_left() is None and not attempts.tracks_sending:
            return

        async def trace(event: str, info: Mapping[str, Any]) -> None:
            attempts.mark_traced()
            if is_sending(event, info):
                attempts.mark_sending()
            if credentials is not None:
                replace_authorization(event, info, credentials)

        request.extensions["trace"] = trace

    async def _open(self, request: Request, attempt: int, redirects: int = MAX_REDIRECTS) -> Response:
        """Send a request and follow redirects. Bodies of redirects are not read, since they may never end."""
        log = start_log(self.timing.monotonic)
        try:
            with library_call(self._library):
                response: Response = await self._connections.client_of_loop().send(
                    request, auth=None, follow_redirects=False, stream=True
                )
        except self._library.request_error as error:
            failure = self._storage_error(error, request, attempt, log)
        else:
            if log is not None:
                sent = sent_to_storage(request, attempt, response)
                log.write(sent, response.status_code)
            if response.next_request is None:
                return response
            await response.aclose()
            redirect = self._redirect_request(response, response.next_request, attempt, redirects)
            return await self._open(redirect, attempt, redirects - 1)
        raise failure  # outside the except block, so that its context is not the error of the library

    async def _read(self, attempts: Attempts, response: Response) -> BodyBuffer:
        """Read a body. That of an error response may be incomplete."""
        body = attempts.new_buffer(response.status_code)
        try:
            async for chunk in async_decode_body(self._library, response, attempts.operation_id):
                if not body.append(chunk):
                    break
        except self._library.request_error as error:
            if attempts.is_success(response.status_code) or attempts.is_past_deadline():
                raise
            body.is_complete, body.error = False, error
        return body

    async def _send(
        self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool = False
    ) -> ReceivedResponse:
        """Send a request until it succeeds or is not retried. A `stream` is returned before its body is read."""
        attempts = Attempts(self._settings, operation, url, wire.content)
        try:
            if wire.form is None:
                return await self._attempt(attempts, url, wire, None, stream)
            from .multipart import open_form  # noqa: PLC0415 - few programs upload files

            with open_form(wire.form) as form:
                attempts.can_repeat = form.can_repeat
                return await self._attempt(attempts, url, wire, form, stream)
        except CallersError as carrier:
            attempts.log_error(carrier.error)
            raise carrier.error from None
        except BaseException as error:
            attempts.log_error(error)
            raise

    async def _attempt(
        self, attempts: Attempts, url: str, wire: WireRequest, form: OpenForm | None, stream: bool
    ) -> ReceivedResponse:
        while True:
            while self._settings.pacer is not None and (pause := attempts.pacing_pause(self._settings.pacer)):
                await (REAL_TIME if pause.is_poll else self.timing).async_sleep(pause.seconds)
            if self._is_closed():
                raise attempts.closed_error()
            request = self._request(attempts, url, wire, form)
            self._trace(request, attempts)
            failure, delay = None, 0.0
            try:
                attempts.begin_sending()
                async with deadline(attempts.time_left()):
                    received = await self._receive(attempts, request, stream)
            except self._library.request_error as error:
                failure = self._failure(error)
            except DeadlineBeforeSendError:
                failure = attempts.failure_before_sending()
            except DeadlineError:
                failure = attempts.failure_of_canceled()
            else:
                response = received.response
                if attempts.is_success(response.status_code):
                    attempts.log_outcome()
                    return received
                delay = attempts.delay_after_response(response.status_code, response.headers, received.content)
            if failure is not None:  # outside the except block, so that its error does not have another one as context
                delay = attempts.delay_after_failure(failure)
            await self.timing.async_sleep(delay)

    async def _receive(self, attempts: Attempts, request: Request, stream: bool) -> ReceivedResponse:
        """Send a request once and read the response, except for a successful `stream`."""
        with library_call(self._library):
            response = await self._connections.client_of_loop().send(
                request, auth=None, follow_redirects=False, stream=True
            )
            attempts.observe(response.status_code, response.headers)
            if stream and attempts.is_success(response.status_code):
                self._lift_deadline(request)
                return ReceivedResponse(response, b"", attempts)
            async with aclosing(response):
                try:
                    body = await self._read(attempts, response)
                except Exception as error:
                    if self._settings.check is not None:
                        self._observe(self._settings.check, request, response, error)
                    raise
        if self._settings.check is not None:
            self._observe(self._settings.check, request, response, body)
        return ReceivedResponse(response, body.content, attempts)
