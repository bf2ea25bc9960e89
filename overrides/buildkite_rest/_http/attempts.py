"""Attempts of one call: when to send, with which headers, and whether to retry. The transport sends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from msgspec import field
from msgspec.structs import replace

from _buildkite_rest.ports import Operation

from .._auth.tokens import Auth, authorization_of
from .._base.clock import Timing
from .._base.error_messages import error_message, visible_values
from .._base.errors import (
    REQUEST_ID,
    SAFE_METHODS,
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
from .._base.json_values import as_object, loads_or_none
from .._base.rate_limits import LastLimits
from .._base.records import Record
from .._base.safe_text import without_credential
from .._base.urls import BaseURL, without_query
from .._decoding.decoder import Decoder, quotes_errors
from .._policy.retries import ConnectionFailure, ErrorStatus, RetryPolicy, retry_delay
from .._policy.wait_notices import OnWait, Wait, notify_delay
from .attempt_log import AttemptLog, start_log
from .failures import CLOSED, Failure, connection_error, deadline_failure
from .library_errors import carry_errors
from .pool import closed_client_error

if TYPE_CHECKING:
    from .._policy.pacing import Pacer, Pause, Turn
    from ..conformance.traffic import TrafficCheck
    from .library import HTTPTimeout

_MAX_BODY_BYTES: Final = 1 << 28
"""Larger responses are not from the API, which streams logs and artifacts."""
MAX_ERROR_BODY_BYTES: Final = 1 << 20
_MIN_TIMEOUT_SECONDS: Final = 0.001


class DeadlineBeforeSendError(BaseException):
    """The deadline passed before the request was sent. Not an `Exception`, because the HTTP library handles those."""


class Settings(Record, frozen=True):
    """Settings shared by all calls of a client."""

    __hidden__ = frozenset({"headers", "query"})

    base_url: BaseURL
    auth: Auth
    retries: RetryPolicy
    decoder: Decoder
    timing: Timing
    limits: LastLimits = field(default_factory=LastLimits)
    pacer: Pacer | None = None
    on_wait: OnWait | None = None
    graphql_url: BaseURL | None = None
    """URL of the GraphQL API. None for another URL of the API than that of Buildkite, unless it is set too."""
    check: TrafficCheck | None = None
    """Observes all requests and responses but streams."""
    rewrite_next_urls: bool = False
    """Whether the origin of URLs of next pages is replaced by that of `base_url`."""
    timeout: float | HTTPTimeout | None = None
    """Seconds to wait for a chunk of a response, where that differs from the timeout of the HTTP client."""
    headers: Mapping[str, str] = {}
    """Headers of each request of the API, unless an argument of the call has the same name."""
    query: tuple[tuple[str, str], ...] = ()
    """Query parameters of each request of the API, unless an argument of the call has the same name."""


def _always() -> bool:
    """Return True: a body in memory can be sent any number of times."""
    return True


def _authorization_while_sending(auth: Auth) -> str:
    with carry_errors():
        return authorization_of(auth)


class Attempts:
    """The attempts of one call.

    Args:
        settings: Settings of the client.
        operation: The operation.
        url: The URL of the request.
        content: Its body, unless that is a form.
    """

    def __init__(self, settings: Settings, operation: Operation[Any], url: str, content: bytes | None = None) -> None:
        self.can_repeat: Callable[[], bool] = _always
        """Returns whether the body can be sent again."""
        self._settings = settings
        self._operation = operation
        self._url = url
        self._content = content
        self._started = settings.timing.monotonic()
        self._attempt = 0
        self._sent_requests = 0
        self._headers: Mapping[str, str] = {}
        self._log: AttemptLog | None = None
        self._status: int | None = None
        self._failure: str | None = None
        self._turn: Turn | None = None
        self._renewed = False
        self._maybe_sent = False
        self._is_sending = False
        self._is_traced = False
        self._last_error: APIError | None = None

    @property
    def operation_id(self) -> str:
        """Operation id, as in the spec."""
        return self._operation.id

    @property
    def _organization(self) -> str | None:
        """Slug of the organization whose rate limit this call counts towards, if it is in the URL."""
        found = re.search(r"/organizations/([^/?#]+)", self._url)
        return found[1] if found else None

    def pacing_pause(self, pacer: Pacer) -> Pause | None:
        """Return after which pause to call this again, or None: the rate limit allows the next attempt."""
        if self._turn is None:
            self._turn = pacer.new_turn(self._organization)
        longest, left = self._settings.retries.max_rate_limit_wait, self.time_left()
        now = self._settings.timing.monotonic()
        pause = pacer.pause(self._turn, now, max_pause=longest, max_delay=inf if left is None else left)
        if pause is not None and not pause.is_poll:
            self._notify_delay(pause.seconds, None)
        return pause

    def _leave_pacing(self) -> None:
        """Let an attempt that is not sent, or has no response, delay others no longer."""
        if self._turn is not None and self._settings.pacer is not None:
            self._settings.pacer.leave(self._turn)

    def closed_error(self) -> APIConnectionError | ValueError:
        """Return the error for a closed client: a `ValueError`, or a connection error if the call has begun."""
        if self._last_error is None and (self._turn is None or not self._turn.has_waited):
            return closed_client_error()
        failure = Failure(CLOSED, timed_out=False, maybe_sent=self._maybe_sent)
        error = self._connection_error(failure, earlier_attempt_maybe_sent=self._maybe_sent)
        error.__cause__ = self._last_error
        return error

    def start_attempt(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Start the next attempt, and return its headers: credentials are only sent to the origin of the API."""
        self._attempt += 1
        self._is_sending = self._is_traced = False
        if self._sends_credentials():
            return {**headers, "Authorization": authorization_of(self._settings.auth)}
        return dict(headers)

    @property
    def tracks_sending(self) -> bool:
        """Whether `mark_sending` must be called. A GET may always be retried."""
        return self._operation.method != "GET"

    def mark_traced(self) -> None:
        """Record that `mark_sending` will be called: a transport of the caller's may call no `trace` extension."""
        self._is_traced = True

    def mark_sending(self) -> None:
        """Record that this attempt is about to be sent. After any later error the server may have received it."""
        self._is_sending = True

    def begin_sending(self) -> None:
        """Count the request that is sent next. Raises `DeadlineBeforeSendError` if the deadline has passed."""
        self._sent_requests += 1
        self._headers = {}
        self._status = self._failure = None
        self.check_deadline()
        self._log = start_log(self._settings.timing.monotonic)

    def sent_request(self) -> SentRequest:
        """Return the last request, for an error."""
        # The id of a request by its path has the path, to which a caller may have added the token.
        id_, method = without_credential(self._operation.id), self._operation.method
        return SentRequest(id_, method, self._url, self._sent_requests, self._headers.get(REQUEST_ID))

    def log_outcome(self, wait: float | None = None) -> None:
        """Log the attempt, unless it has been logged."""
        log, self._log = self._log, None
        if log is not None:
            log.write(self.sent_request(), self._status, self._failure, wait=wait)

    def log_error(self, error: BaseException) -> None:
        """Log the attempt that ends the call with `error`, which is not a failure of the request."""
        self._leave_pacing()
        if self._failure is None and (self._status is None or not isinstance(error, APIStatusError)):
            self._failure = error.reason if isinstance(error, DecodeError) else type(error).__name__
        self.log_outcome()
        self.identify(error)

    def identify(self, error: object) -> None:
        """Add the request to an error of its response that does not have it."""
        if isinstance(error, DecodeError):
            error.set_response(self.sent_request(), self._status)
        elif isinstance(error, PaginationError):
            error.set_request(self.sent_request())

    def fresh_credentials(self) -> Callable[[], str] | None:
        """Return a function that returns new credentials for an attempt whose own may expire before it is sent."""
        auth = self._settings.auth
        short_lived = getattr(auth, "short_lived", False) and self._sends_credentials()
        return partial(_authorization_while_sending, auth) if short_lived else None

    def _sends_credentials(self) -> bool:
        return self._operation.needs_token and self._settings.base_url.has_same_origin(self._url)

    def time_left(self) -> float | None:
        """Return the seconds until the deadline, always more than 0, or None without a deadline."""
        deadline = self._settings.retries.deadline
        if deadline is None:
            return None
        return max(_MIN_TIMEOUT_SECONDS, self._started + deadline - self._settings.timing.monotonic())

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Store the status and the headers of a response, and the rate limits in them."""
        self._status, self._headers = status, headers
        self._settings.limits.observe(headers)
        if self._turn is not None and self._settings.pacer is not None:
            now = self._settings.timing.monotonic()
            self._settings.pacer.observe(self._turn, headers, now, is_accepted=status != 429)

    def is_success(self, status: int) -> bool:
        """Whether `status` is a success. Any 2xx is: the API may change a 200 to a 201."""
        return 200 <= status < 300 or status in self._operation.success

    def new_buffer(self, status: int) -> BodyBuffer:
        """Return a buffer for the response body."""
        return BodyBuffer(self, self._operation.id, _MAX_BODY_BYTES if self.is_success(status) else None)

    def delay_after_failure(self, failure: Failure) -> float:
        """Return the seconds to wait before the next attempt. Raises the error if there is no further attempt."""
        self._leave_pacing()
        self._failure = failure.reason
        if self._is_sending and not failure.maybe_sent:
            failure = replace(failure, maybe_sent=True)
        if failure.timed_out and self.is_past_deadline():
            failure = self.failure_at_deadline(maybe_sent=failure.maybe_sent, cause=failure.cause)
            self._failure = failure.reason
        earlier_attempt_maybe_sent, self._maybe_sent = self._maybe_sent, self._maybe_sent or failure.maybe_sent
        if failure.permanent:
            raise self._connection_error(failure, earlier_attempt_maybe_sent=earlier_attempt_maybe_sent)
        if failure.timed_out and self.is_past_deadline() and (earlier := self._earlier_error(failure)) is not None:
            raise earlier
        return self._wait_or_raise(
            ConnectionFailure(failure.maybe_sent),
            self._connection_error(failure, earlier_attempt_maybe_sent=earlier_attempt_maybe_sent),
        )

    def _earlier_error(self, failure: Failure) -> APIError | None:
        """Return the error of the attempt before one that the deadline ended, unless that may have had an effect.

        It is more useful than that there was no time for another attempt.
        """
        error = self._last_error
        if error is None or (failure.maybe_sent and self._operation.method not in SAFE_METHODS):
            return None
        error.attempts = self._sent_requests
        if isinstance(error, APIConnectionError):
            error.may_have_been_processed = self._maybe_sent
        return error

    def _connection_error(self, failure: Failure, *, earlier_attempt_maybe_sent: bool) -> APIConnectionError:
        return connection_error(failure, self.sent_request(), earlier_attempt_maybe_sent=earlier_attempt_maybe_sent)

    def failure_before_sending(self) -> Failure:
        """Return the failure of an attempt that the deadline ended before its request was sent."""
        self._sent_requests -= 1
        self._log = None
        return self.failure_at_deadline(maybe_sent=False)

    def failure_of_canceled(self) -> Failure:
        """Return the failure of an attempt that was canceled at the deadline, at whatever step of its request."""
        return self.failure_at_deadline(maybe_sent=self._is_sending or not self._is_traced)

    def failure_at_deadline(self, *, maybe_sent: bool = True, cause: Exception | None = None) -> Failure:
        """Return the failure of an attempt that the deadline ended."""
        return deadline_failure(self._settings.retries.deadline, maybe_sent=maybe_sent, cause=cause)

    def check_deadline(self) -> None:
        """Raise `DeadlineBeforeSendError` if the deadline has passed, so that the request is not sent."""
        if self.is_past_deadline():
            raise DeadlineBeforeSendError

    def body_deadline_error(self) -> BuildkiteError:
        """Return the error for a response body that is incomplete at the deadline."""
        failure = self.failure_at_deadline()
        self._failure = failure.reason
        self._maybe_sent = True
        return self._earlier_error(failure) or self._connection_error(failure, earlier_attempt_maybe_sent=True)

    def delay_after_response(self, status: int, headers: Mapping[str, str], content: bytes) -> float:
        """Return the seconds to wait before the next attempt. Raises the error if there is no further attempt."""
        self._maybe_sent = self._maybe_sent or status >= 500
        body = loads_or_none(content)
        request, argument = self.sent_request(), self._settings.base_url.argument
        arguments = f"path and {argument}" if request.is_ad_hoc else argument
        quoted = quotes_errors(self._operation)
        message = error_message(status, headers, content, body, arguments=arguments, quoted=quoted)
        sent = self._visible_arguments() if status in (400, 422) else {}
        error = status_error(request, ErrorResponse(status, headers, content, body, message, sent))
        if status == 401 and not self._renewed and self._operation.needs_token:
            self._renewed = True
            if self._settings.auth.renew(headers.get("Date")) and self.can_repeat():
                self._attempt -= 1  # The signature failed, not the request.
                self.log_outcome(0.0)
                return 0.0
        return self._wait_or_raise(ErrorStatus(status, headers, body), error)

    def _visible_arguments(self) -> dict[str, str]:
        """Return those arguments of the request that are not secret, as JSON by their names on the wire."""
        properties = self._operation.properties
        types = {**self._operation.parameters(), **(properties() if properties is not None else {})}
        query = {name.removesuffix("[]"): values for name, values in parse_qs(urlsplit(self._url).query).items()}
        return visible_values(types, {**query, **as_object(loads_or_none(self._content or b""))})

    def _wait_or_raise(self, outcome: ErrorStatus | ConnectionFailure, error: APIError) -> float:
        idempotent = self._operation.idempotent
        delay = retry_delay(
            self._settings.retries,
            outcome,
            attempt=self._attempt,
            idempotent=idempotent,
            now=self._settings.timing.now,
        )
        if delay is None or not self.can_repeat() or self.is_past_deadline(delay):
            raise error
        self._last_error = error
        self.log_outcome(delay)
        self._notify_delay(delay, error)
        return delay

    def _notify_delay(self, delay: float, error: BuildkiteError | None) -> None:
        request = f"{self._operation.method} {without_query(self._url)}"
        notify_delay(Wait(self._operation.id, delay, error), request, self._settings.on_wait)

    def is_past_deadline(self, delay: float = 0.0) -> bool:
        """Whether the deadline is less than `delay` seconds from now."""
        deadline = self._settings.retries.deadline
        return deadline is not None and self._settings.timing.monotonic() + delay - self._started > deadline


class BodyBuffer:
    """Buffer of a response body, limited in time and size. That of an error response is cut off."""

    def __init__(self, attempts: Attempts, operation_id: str, limit: int | None) -> None:
        self._attempts = attempts
        self._operation_id = operation_id
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        self.is_complete = True
        """Whether the body is not cut off."""
        self.error: Exception | None = None
        """The error that cut it off."""

    @property
    def content(self) -> bytes:
        """The bytes received so far."""
        return b"".join(self._chunks)

    def append(self, chunk: bytes) -> bool:
        """Add a chunk, and return whether to read on.

        Raises:
            APITimeoutError: The deadline has passed.
            DecodeError: The body is too large.
        """
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._attempts.is_past_deadline():
            raise self._attempts.body_deadline_error()
        if self._limit is None:
            self.is_complete = self._size < MAX_ERROR_BODY_BYTES
            return self.is_complete
        if self._size > self._limit:
            raise DecodeError(f"the response is larger than {self._limit >> 20} MiB", self._operation_id)
        return True
