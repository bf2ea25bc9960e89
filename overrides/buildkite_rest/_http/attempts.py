"""Everything that is decided about one call, from its first attempt to its last. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from attrs import define, evolve, field, frozen

from _buildkite_rest.ports import Operation

from .._auth.tokens import Auth, authorization_of
from .._base.clock import Timing
from .._base.error_messages import error_message
from .._base.errors import APIConnectionError, BuildkiteError, DecodeError, ErrorResponse, status_error
from .._base.json_values import loads_or_none
from .._base.rate_limits import LastLimits
from .._base.urls import BaseURL, host_of, without_query
from .._decoding.decoder import Decoder
from .._policy.notices import OnWait, Wait, announce
from .._policy.pacing import Pacer
from .._policy.retries import Answered, Broken, RetryPolicy, retry_delay
from .failures import CLOSED, Failure, connection_error, deadline_failure
from .pool import closed

_MOST_BYTES: Final = 1 << 28
"""An answer that is larger is none of the API, which streams what is large."""
_MOST_ERROR_BYTES: Final = 1 << 20
_SHORTEST_TIMEOUT: Final = 0.001
_ORGANIZATION: Final = re.compile(r"/organizations/([^/?#]+)")


class UnsentError(Exception):
    """The deadline has passed before the request was sent."""


@frozen
class Settings:
    """What all calls of a client have in common."""

    base_url: BaseURL
    auth: Auth
    retries: RetryPolicy
    decoder: Decoder
    timing: Timing
    limits: LastLimits = field(factory=LastLimits)
    pacer: Pacer | None = None
    on_wait: OnWait | None = None
    rewrite_next_urls: bool = False
    """Whether URLs of next pages are requested from `base_url`, whatever their origin."""
    timeout: float | None = None
    """Seconds to wait for a piece of an answer, where that differs from what the HTTP client does by itself."""


class Exchange:
    """One call and its attempts.

    Args:
        settings: What all calls of the client have in common.
        operation: What is called.
        url: Where it is.
        can_repeat: Whether the body can be sent again.
    """

    def __init__(
        self, settings: Settings, operation: Operation[Any], url: str, can_repeat: Callable[[], bool] = lambda: True
    ) -> None:
        self._settings = settings
        self._can_repeat = can_repeat
        self._operation = operation
        self._url = url
        self._started = settings.timing.monotonic()
        self._attempt = 0
        self._renewed = False
        self._maybe_sent = False
        self._is_sending = False
        self._trouble: BuildkiteError | None = None

    @property
    def operation_id(self) -> str:
        """What is called, as the description names it."""
        return self._operation.id

    @property
    def _organization(self) -> str | None:
        """Slug of the organization whose limit counts this call, if the address tells it."""
        found = _ORGANIZATION.search(self._url)
        return found[1] if found else None

    def turn(self) -> float:
        """Return the seconds to wait before the next attempt, for the rate limit not to be hit."""
        pacer = self._settings.pacer
        if pacer is None:
            return 0.0
        longest = self._settings.retries.max_rate_limit_wait
        left = self.time_left()
        longest = longest if left is None else min(longest, left)
        delay = pacer.claim(self._organization, self._settings.timing.monotonic(), longest)
        if delay > 0:
            self._announce(delay, None)
        return delay

    def closed(self) -> APIConnectionError | ValueError:
        """Return the error for a client that is closed: the mistake of the caller, unless a request was under way."""
        if self._trouble is None:
            return closed()
        failure = Failure(CLOSED, timed_out=False, maybe_sent=self._maybe_sent)
        error = self._connection_error(failure, earlier=self._maybe_sent)
        error.__cause__ = self._trouble
        return error

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of the next attempt. Credentials go to the origin of the API and nowhere else."""
        self._attempt += 1
        self._is_sending = False
        if self._sends_credentials():
            return {**headers, "Authorization": authorization_of(self._settings.auth)}
        return dict(headers)

    @property
    def notes_sending(self) -> bool:
        """Whether `sending` is to be called. A request that only reads may always be sent again."""
        return self._operation.method != "GET"

    def sending(self) -> None:
        """Record that this attempt is about to be sent: whatever error follows, the server may have received it."""
        self._is_sending = True

    def late_credentials(self) -> Callable[[], str] | None:
        """Return what gives the credentials of an attempt that is about to be sent, if those it has may be too old."""
        auth = self._settings.auth
        short_lived = getattr(auth, "short_lived", False) and self._sends_credentials()
        return partial(authorization_of, auth) if short_lived else None

    def _sends_credentials(self) -> bool:
        return self._operation.needs_token and self._settings.base_url.has_same_origin(self._url)

    def time_left(self) -> float | None:
        """Return the seconds until the deadline, never quite none, or None when there is no deadline."""
        deadline = self._settings.retries.deadline
        if deadline is None:
            return None
        return max(_SHORTEST_TIMEOUT, self._started + deadline - self._settings.timing.monotonic())

    def answered(self, headers: Mapping[str, str]) -> None:
        """Take note of the limits that an answer tells."""
        self._settings.limits.observe(headers)
        if self._settings.pacer is not None:
            self._settings.pacer.observe(headers, self._organization, self._settings.timing.monotonic())

    def succeeded(self, status: int) -> bool:
        """Whether `status` is no error. Any 2xx is none: the API may come to answer 201 where it answered 200."""
        return 200 <= status < 300 or status in self._operation.success

    def body(self, status: int) -> Body:
        """Return what takes in the body of an answer, piece by piece."""
        return Body(self, self._operation.id, _MOST_BYTES if self.succeeded(status) else None)

    def failed(self, failure: Failure) -> float:
        """Return the seconds to wait before the next attempt. Raises the error when there is none."""
        if self._is_sending and not failure.maybe_sent:
            failure = evolve(failure, maybe_sent=True)
        if failure.timed_out and self.is_too_late():
            failure = self.out_of_time(maybe_sent=failure.maybe_sent, cause=failure.cause)
        earlier, self._maybe_sent = self._maybe_sent, self._maybe_sent or failure.maybe_sent
        if failure.permanent:
            raise self._connection_error(failure, earlier=earlier)
        harmless = self._operation.idempotent or not failure.maybe_sent
        if failure.timed_out and harmless and self._trouble is not None and self.is_too_late():
            # It says more than that there was no time left for another attempt.
            raise self._trouble
        return self._wait_or_raise(Broken(failure.maybe_sent), self._connection_error(failure, earlier=earlier))

    def _connection_error(self, failure: Failure, *, earlier: bool) -> APIConnectionError:
        return connection_error(
            failure,
            operation_id=self._operation.id,
            method=self._operation.method,
            host=host_of(self._url),
            earlier=earlier,
        )

    def out_of_time(self, *, maybe_sent: bool = True, cause: Exception | None = None) -> Failure:
        """Return the failure of an attempt that the deadline has ended."""
        return deadline_failure(self._settings.retries.deadline, maybe_sent=maybe_sent, cause=cause)

    def check_deadline(self) -> None:
        """Raise the error for a deadline that passed before the request was sent, which then must not be sent."""
        if self.is_too_late():
            raise UnsentError

    def late_body(self) -> BuildkiteError:
        """Return the error for a response body that is not complete at the deadline."""
        return self._connection_error(self.out_of_time(), earlier=True)

    def refused(self, status: int, headers: Mapping[str, str], content: bytes) -> float:
        """Return the seconds to wait before the next attempt. Raises the error when there is none."""
        self._maybe_sent = self._maybe_sent or status >= 500
        body = loads_or_none(content)
        message = error_message(status, headers, content, body)
        error = status_error(self._operation.id, ErrorResponse(status, headers, content, body, message))
        if status == 401 and not self._renewed and self._operation.needs_token:
            self._renewed = True
            if self._settings.auth.renew(headers.get("Date")) and self._can_repeat():
                self._attempt -= 1  # What fails here is the signature, not the request.
                return 0.0
        return self._wait_or_raise(Answered(status, headers, body), error)

    def _wait_or_raise(self, outcome: Answered | Broken, error: BuildkiteError) -> float:
        may_repeat = self._operation.idempotent
        delay = retry_delay(
            self._settings.retries,
            outcome,
            attempt=self._attempt,
            may_repeat=may_repeat,
            now=self._settings.timing.now,
        )
        if delay is None or not self._can_repeat() or self.is_too_late(delay):
            raise error
        self._trouble = error
        self._announce(delay, error)
        return delay

    def _announce(self, delay: float, error: BuildkiteError | None) -> None:
        where = f"{self._operation.method} {without_query(self._url)}"
        announce(Wait(self._operation.id, delay, error), where, self._settings.on_wait)

    def is_too_late(self, delay: float = 0.0) -> bool:
        """Whether the deadline is over `delay` seconds from now."""
        deadline = self._settings.retries.deadline
        return deadline is not None and self._settings.timing.monotonic() + delay - self._started > deadline


@define
class Body:
    """The body of an answer as it comes, which must end some time and somewhere.

    Of an error as much is kept as anybody reads.
    """

    _exchange: Exchange
    _operation_id: str
    _most: int | None
    _pieces: list[bytes] = field(factory=list[bytes], init=False)
    _size: int = field(default=0, init=False)

    @property
    def content(self) -> bytes:
        """What has come."""
        return b"".join(self._pieces)

    def take(self, piece: bytes) -> bool:
        """Keep a piece, and tell whether more are wanted.

        Raises:
            APITimeoutError: The deadline is over.
            DecodeError: There is too much of it.
        """
        self._pieces.append(piece)
        self._size += len(piece)
        if self._exchange.is_too_late():
            raise self._exchange.late_body()
        if self._most is None:
            return self._size < _MOST_ERROR_BYTES
        if self._size > self._most:
            raise DecodeError(f"{self._operation_id}: the answer is larger than {self._most >> 20} MiB")
        return True
