"""One call, from the wait for the rate limit to the result: wait, sign, send, read, then retry or return.

`HTTPCaller.call` and `AsyncHTTPCaller.call` are the loop. A `Call` is what it remembers of its attempts: whether
credentials are sent, and that redirects are not followed, is decided there.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from math import inf
from typing import TYPE_CHECKING, Any, Final

from _buildkite_rest.ports import Operation

from .._auth.tokens import authorization_of
from .._base.error_messages import error_message
from .._base.errors import (
    REQUEST_ID,
    APIConnectionError,
    APIError,
    APIStatusError,
    BuildkiteError,
    DecodeError,
    ErrorResponse,
    PaginationError,
    SentRequest,
    status_error,
)
from .._base.json_values import loads_or_none
from .._base.records import Record
from .._base.safe_text import without_credential
from .._base.times import REAL_TIME
from .._base.urls import add_query, without_query
from .._decoding.decoder import may_quote
from .._policy.retries import ConnectionFailure, ErrorStatus, Wait, notify_delay, retry_delay
from .body import MAX_BODY_BYTES, Body, async_decode_body, decode_body, unrequested_coding
from .connection_errors import CallersError, Failure, connection_error, failure_of, library_call
from .connections import Connections, closed_client_error
from .library import DEFAULT_HEADERS, Library, library_of
from .raw import RawResponse, recording
from .request import WireRequest, add_headers

if TYPE_CHECKING:
    from .._policy.pacing import Pacer, Pause, Turn
    from ..conformance.traffic import BodyProblem, TrafficCheck
    from .library import AsyncClient, Client, Request, Response, Timeout
    from .multipart import OpenForm
    from .options import Settings

_MIN_TIMEOUT_SECONDS: Final = 0.001
_GRACE_SECONDS: Final = 0.05
"""Time for the timeouts of the library, which have the same end, and show whether the request was sent."""
_AFTER_FAILURE: Final = (".failed", ".response_closed.started", ".response_closed.complete")
"""Events after an exceeded timeout, whose value is still needed for the error message."""
_SENDING: Final = ".send_request_headers.started"
"""Event before the headers are sent over an open connection."""


class Deadline(Record, frozen=True):
    """The time after which a call ends, if there is one."""

    seconds: float | None
    started: float
    monotonic: Callable[[], float]

    def left(self) -> float | None:
        """Return the seconds until the deadline, always more than 0, or None without one."""
        if self.seconds is None:
            return None
        return max(_MIN_TIMEOUT_SECONDS, self.started + self.seconds - self.monotonic())

    def is_past(self, delay: float = 0.0) -> bool:
        """Whether the deadline is less than `delay` seconds from now."""
        return self.seconds is not None and self.monotonic() + delay - self.started > self.seconds

    def failure(self, *, maybe_sent: bool = True, cause: Exception | None = None) -> Failure:
        """Return the failure of an attempt that the deadline ended."""
        seconds = self.seconds
        within = "the deadline" if seconds is None else f"the deadline of {round(seconds, 3) or seconds:g} s"
        return Failure(f"no complete response within {within}", timed_out=True, maybe_sent=maybe_sent, cause=cause)


def deadline(library: Library, seconds: float | None) -> AbstractAsyncContextManager[object]:
    """Raise a timeout of the library if the block takes longer than `seconds`, unless they are None."""
    return nullcontext() if seconds is None else _deadline(library, seconds)


@asynccontextmanager
async def _deadline(library: Library, seconds: float) -> AsyncGenerator[None]:
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    timeout = asyncio.timeout(seconds + _GRACE_SECONDS)
    try:
        async with timeout:
            yield
    except TimeoutError:  # The caller's code may raise it too.
        if timeout.expired():
            raise library.module.ReadTimeout("") from None
        raise


class Call:
    """The state of one call, over all of its attempts.

    Args:
        settings: Settings of the client.
        operation: The operation.
        url: The URL of the request.
    """

    def __init__(self, settings: Settings, operation: Operation[Any], url: str) -> None:
        self.operation = operation
        self.url = url
        self.signs = operation.needs_token and settings.base_url.has_same_origin(url)
        """Whether credentials are sent: only to the origin of the API."""
        self.deadline = Deadline(settings.retries.deadline, settings.timing.monotonic(), settings.timing.monotonic)
        self.form: OpenForm | None = None
        self._settings = settings
        self._attempt = 0
        self._sent_requests = 0
        self._headers: Mapping[str, str] = {}
        self._status: int | None = None
        self._turn: Turn | None = None
        self._renewed = False
        self._maybe_sent = False

    def pacing_pause(self, pacer: Pacer) -> Pause | None:
        """Return after which pause to call this again, or None: the rate limit allows the next attempt."""
        if self._turn is None:
            organization = re.search(r"/organizations/([^/?#]+)", self.url)
            self._turn = pacer.new_turn(organization and organization[1])
        longest, left = self._settings.retries.max_rate_limit_wait, self.deadline.left()
        now = self.deadline.monotonic()
        pause = pacer.pause(self._turn, now, max_pause=longest, max_delay=inf if left is None else left)
        if pause is not None and not pause.is_poll:
            self._notify_delay(pause.seconds, None)
        return pause

    def _leave_pacing(self) -> None:
        """Let an attempt that is not sent, or has no response, delay others no longer."""
        if self._turn is not None and self._settings.pacer is not None:
            self._settings.pacer.leave(self._turn)

    def begin(self, library: Library) -> None:
        """Count the request that is sent next. Raises a timeout of the library if the deadline has passed."""
        if self.deadline.is_past():
            raise library.module.ConnectTimeout("")
        self._attempt += 1
        self._sent_requests += 1
        self._headers, self._status = {}, None

    def observe(self, status: int, headers: Mapping[str, str]) -> bool:
        """Store the status and the headers of a response, and the rate limits in them. Return whether it succeeded."""
        self._status, self._headers = status, headers
        self._settings.limits.observe(headers)
        if self._turn is not None and self._settings.pacer is not None:
            self._settings.pacer.observe(self._turn, headers, self.deadline.monotonic(), is_accepted=status != 429)
        # Any 2xx is a success: the API may change a 200 to a 201.
        return 200 <= status < 300 or status in self.operation.success

    def record(self, received: ReceivedResponse) -> None:
        """Record the response with which the call ends, unless it is a stream."""
        if (recorded := recording.get()) is not None and not received.is_stream:
            status, headers = received.response.status_code, received.response.headers
            recorded[:] = [RawResponse(None, status, headers, received.content, self.operation.id)]

    def sent_request(self) -> SentRequest:
        """Return the last request, for an error."""
        # The id of a request by its path has the path, to which a caller may have added the token.
        id_, method = without_credential(self.operation.id), self.operation.method
        return SentRequest(id_, method, self.url, self._sent_requests, self._headers.get(REQUEST_ID))

    @contextmanager
    def identify_errors(self) -> Generator[None]:
        """Add the request to an error that ends the call. One of the caller's code is raised without its carrier."""
        try:
            yield
        except BaseException as error:
            self._leave_pacing()
            if isinstance(error, CallersError):
                raise error.error from None
            self.identify(error)
            raise

    def identify(self, error: object) -> None:
        """Add the request to an error of its response that does not have it."""
        if isinstance(error, DecodeError):
            error.set_response(self.sent_request(), self._status)
        elif isinstance(error, PaginationError):
            error.set_request(self.sent_request())

    def delay_after(self, outcome: ReceivedResponse | Failure) -> float:
        """Return the seconds to wait before the next attempt. Raises the error if there is no further attempt."""
        if isinstance(outcome, Failure):
            return self._delay_after_failure(outcome)
        status, headers, content = outcome.response.status_code, outcome.response.headers, outcome.content
        self._maybe_sent = self._maybe_sent or status >= 500
        response = ErrorStatus(status, headers, loads_or_none(content))
        error = self._status_error(response, content)
        if status == 401 and not self._renewed and self.operation.needs_token:
            self._renewed = True
            if self._settings.auth.renew(headers.get("Date")) and self._can_repeat():
                self._attempt -= 1  # The signature failed, not the request.
                return 0.0
        return self._wait_or_raise(response, error)

    def check_deadline(self) -> None:
        """Raise an error if the deadline has passed while a response body arrives."""
        if self.deadline.is_past():
            raise self._connection_error(self.deadline.failure())

    def _delay_after_failure(self, failure: Failure) -> float:
        self._leave_pacing()
        if failure.timed_out and self.deadline.is_past():
            failure = self.deadline.failure(maybe_sent=failure.maybe_sent, cause=failure.cause)
        error = self._connection_error(failure)
        self._maybe_sent = self._maybe_sent or failure.maybe_sent
        if failure.permanent:
            raise error
        return self._wait_or_raise(ConnectionFailure(failure.maybe_sent), error)

    def _status_error(self, response: ErrorStatus, content: bytes) -> APIStatusError:
        request, argument = self.sent_request(), self._settings.base_url.argument
        arguments = f"path and {argument}" if request.is_ad_hoc else argument
        status, headers, body = response.status, response.headers, response.body
        quoted = may_quote(self.operation)
        message = error_message(status, headers, content, body, arguments=arguments, quoted=quoted)
        return status_error(request, ErrorResponse(status, headers, content, body, message))

    def _connection_error(self, failure: Failure) -> APIConnectionError:
        return connection_error(failure, self.sent_request(), earlier_attempt_maybe_sent=self._maybe_sent)

    def _can_repeat(self) -> bool:
        return self.form is None or self.form.can_repeat()

    def _wait_or_raise(self, outcome: ErrorStatus | ConnectionFailure, error: APIError) -> float:
        policy, now = self._settings.retries, self._settings.timing.now
        delay = retry_delay(policy, outcome, attempt=self._attempt, idempotent=self.operation.idempotent, now=now)
        if delay is None or not self._can_repeat() or self.deadline.is_past(delay):
            raise error
        self._notify_delay(delay, error)
        return delay

    def _notify_delay(self, delay: float, error: BuildkiteError | None) -> None:
        request = f"{self.operation.method} {without_query(self.url)}"
        notify_delay(Wait(self.operation.id, delay, error), request, self._settings.on_wait)


class ReceivedResponse(Record, frozen=True):
    """A response and its body, which is empty when the response is streamed."""

    response: Response
    content: bytes
    is_success: bool
    call: Call
    is_stream: bool = False


class BaseCaller:
    """What the calls of both clients have in common: the request of an attempt, and what is reported of it."""

    def __init__(
        self, settings: Settings, library: Library, connections: Connections[Client] | Connections[AsyncClient]
    ) -> None:
        self.settings = settings
        """Settings shared by all calls."""
        self.timing = settings.timing
        self._library = library
        self._is_closed = connections.is_closed
        self._builder = connections.current
        self._client_headers = DEFAULT_HEADERS if connections.is_own else {}
        self._timeout = self._builder.timeout if settings.timeout is None else library.timeout(settings.timeout)

    def _request(self, call: Call, wire: WireRequest) -> Request:
        """Return the request of the next attempt. Credentials that the HTTP client adds of its own are removed."""
        if self._is_closed():
            raise closed_client_error()
        url, headers = call.url, {**DEFAULT_HEADERS, **wire.headers}
        if self.settings.headers or self.settings.query:
            url = add_query(url, self.settings.query)
            headers = add_headers(headers, self.settings.headers)
        if call.signs:
            headers["Authorization"] = authorization_of(self.settings.auth)
        added = {name: value for name, value in headers.items() if self._client_headers.get(name) != value}
        files = None if call.form is None else call.form.parts
        timeout = self._timeout if call.deadline.seconds is None else self._timeout_of(call)
        try:
            request: Request = self._builder.build_request(
                wire.method, url, headers=added, content=wire.content, files=files, timeout=timeout
            )
            if own := self._builder.params:
                request.url = self._library.url_type(add_query(url, own.multi_items()))
        except self._library.invalid_url:
            raise ValueError(f"{call.operation.id}: a URL of {len(url)} characters cannot be sent") from None
        if not call.signs:
            request.headers.pop("Authorization", None)
        return request

    def _timeout_of(self, call: Call) -> Timeout:
        left = call.deadline.left()
        return self._timeout if left is None else self._library.limit_timeout(self._timeout, left)

    def _lift_deadline(self, request: Request) -> None:
        """Restore the timeouts of the client, which the deadline may have shortened. It does not apply to the body."""
        request.extensions["timeout"] = self._timeout.as_dict()
        request.extensions.pop("trace", None)

    def _cuts_off(self, error: BaseException, call: Call, is_success: bool) -> bool:
        """Whether an error while a body is read only cuts off that of an error response, which remains of use."""
        return isinstance(error, self._library.request_error) and not is_success and not call.deadline.is_past()

    def _observe(self, check: TrafficCheck, request: Request, response: Response, body: Body) -> None:
        """Pass an exchange to the check. The body of a form is not known, nor one whose reading ends with an error."""
        request_body, problem = None, None
        with suppress(RuntimeError):  # It is a stream.
            request_body = request.content
        if body.error is not None or not body.is_complete:
            problem = self._body_problem(body.error)
        elif unrequested_coding(response.headers, request.headers.get("Accept-Encoding")) is not None:
            problem = "undecodable"
        url, graphql_url = str(request.url), self.settings.graphql_url
        is_graphql = graphql_url is not None and url == graphql_url.url
        check.observe(
            request.method,
            url,
            response.status_code,
            response.headers.multi_items(),
            b"".join(body.chunks) if problem is None else None,
            request_headers=request.headers.multi_items(),
            request_body=request_body,
            body_problem=problem,
            base_url=None if is_graphql else self.settings.base_url.url,
        )

    def _body_problem(self, error: BaseException | None) -> BodyProblem:
        if isinstance(error, (DecodeError, self._library.module.DecodingError)):
            return "undecodable"
        return "incomplete"


class HTTPCaller(BaseCaller):
    """The loop of blocking calls."""

    def __init__(self, settings: Settings, connections: Connections[Client]) -> None:
        super().__init__(settings, library_of(connections.current, "Client", is_own=connections.is_own), connections)
        self._connections = connections

    def call(self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool = False) -> ReceivedResponse:
        """Send a request until it succeeds or is not retried. A `stream` is returned before its body is read."""
        call = Call(self.settings, operation, url)
        with call.identify_errors(), nullcontext() if wire.form is None else wire.form.open() as call.form:
            while True:
                while self.settings.pacer is not None and (pause := call.pacing_pause(self.settings.pacer)):
                    (REAL_TIME if pause.is_poll else self.timing).sleep(pause.seconds)
                request = self._request(call, wire)
                outcome: ReceivedResponse | Failure
                try:
                    call.begin(self._library)
                    if call.deadline.seconds is not None:
                        self._keep_deadline(call, request)
                    outcome = self._receive(call, request, stream)
                except self._library.request_error as error:
                    outcome = failure_of(self._library, error)
                if isinstance(outcome, ReceivedResponse) and outcome.is_success:
                    call.record(outcome)
                    return outcome
                # outside the except block, so that an error has no other one as context
                self.timing.sleep(call.delay_after(outcome))

    def _keep_deadline(self, call: Call, request: Request) -> None:
        """Shorten the timeouts of a blocking request at each of its steps: it has no other limit."""
        timeout = request.extensions["timeout"]

        def trace(event: str, _: object) -> None:
            if not event.endswith(_AFTER_FAILURE):
                timeout.update(self._timeout_of(call).as_dict())
            if event.endswith(_SENDING) and call.deadline.is_past():
                raise self._library.module.ConnectTimeout("")

        request.extensions["trace"] = trace

    def _receive(self, call: Call, request: Request, stream: bool) -> ReceivedResponse:
        """Send a request once and read the response, except for a successful `stream`."""
        with library_call(self._library):
            response: Response = self._connections.client().send(
                request, auth=None, follow_redirects=False, stream=True
            )
            is_success = call.observe(response.status_code, response.headers)
            if stream and is_success:
                self._lift_deadline(request)
                return ReceivedResponse(response, b"", is_success, call, is_stream=True)
            body = Body(call.operation.id, MAX_BODY_BYTES if is_success else None)
            with closing(response):
                try:
                    for chunk in decode_body(self._library, response, call.operation.id):
                        call.check_deadline()
                        if not body.append(chunk):
                            break
                except BaseException as error:
                    body.error = error
                    if not self._cuts_off(error, call, is_success):
                        raise
                finally:
                    if self.settings.check is not None:
                        self._observe(self.settings.check, request, response, body)
        return ReceivedResponse(response, b"".join(body.chunks), is_success, call)


class AsyncHTTPCaller(BaseCaller):
    """The loop of asynchronous calls."""

    def __init__(self, settings: Settings, connections: Connections[AsyncClient]) -> None:
        super().__init__(
            settings, library_of(connections.current, "AsyncClient", is_own=connections.is_own), connections
        )
        self._connections = connections

    async def call(
        self, operation: Operation[Any], url: str, wire: WireRequest, *, stream: bool = False
    ) -> ReceivedResponse:
        """Send a request until it succeeds or is not retried. A `stream` is returned before its body is read."""
        call = Call(self.settings, operation, url)
        with call.identify_errors(), nullcontext() if wire.form is None else wire.form.open() as call.form:
            while True:
                while self.settings.pacer is not None and (pause := call.pacing_pause(self.settings.pacer)):
                    await (REAL_TIME if pause.is_poll else self.timing).async_sleep(pause.seconds)
                request = self._request(call, wire)
                outcome: ReceivedResponse | Failure
                try:
                    call.begin(self._library)
                    async with deadline(self._library, call.deadline.left()):
                        outcome = await self._receive(call, request, stream)
                except self._library.request_error as error:
                    outcome = failure_of(self._library, error)
                if isinstance(outcome, ReceivedResponse) and outcome.is_success:
                    call.record(outcome)
                    return outcome
                # outside the except block, so that an error has no other one as context
                await self.timing.async_sleep(call.delay_after(outcome))

    async def _receive(self, call: Call, request: Request, stream: bool) -> ReceivedResponse:
        """Send a request once and read the response, except for a successful `stream`."""
        with library_call(self._library):
            response: Response = await self._connections.client_of_loop().send(
                request, auth=None, follow_redirects=False, stream=True
            )
            is_success = call.observe(response.status_code, response.headers)
            if stream and is_success:
                self._lift_deadline(request)
                return ReceivedResponse(response, b"", is_success, call, is_stream=True)
            body = Body(call.operation.id, MAX_BODY_BYTES if is_success else None)
            async with aclosing(response):
                try:
                    async for chunk in async_decode_body(self._library, response, call.operation.id):
                        call.check_deadline()
                        if not body.append(chunk):
                            break
                except BaseException as error:
                    body.error = error
                    if not self._cuts_off(error, call, is_success):
                        raise
                finally:
                    if self.settings.check is not None:
                        self._observe(self.settings.check, request, response, body)
        return ReceivedResponse(response, b"".join(body.chunks), is_success, call)
