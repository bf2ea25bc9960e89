"""Retry policy: whether and when a failed request is retried, and notices of pauses. `_http/calls.py` does both.

Downloads from the storage have a limit of their own, in `_resources/downloads.py`.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from .._base.arguments import check_int, check_pause, check_result, check_timeout
from .._base.errors import BuildkiteError
from .._base.rate_limits import exhausted_limit, header_number
from .._base.records import Record
from .._base.times import http_date

_MAX_DOUBLINGS: Final = 100
"""More doublings exceed any limit, and eventually overflow."""
_logger = logging.getLogger("buildkite_rest")
_LONG_SECONDS: Final = 10.0
"""Longer pauses are logged as a `WARNING`: a program that logs nothing else seems to hang."""


def _random() -> float:
    """Return a random number from the generator of this process. A bound method would be pickled with its state."""
    return random.random()  # noqa: S311 - it spreads waits


class RetryPolicy(Record, frozen=True, kw_only=True):
    """Retry policy.

    After a 429 any request is retried, when the exhausted limit resets or after a longer `Retry-After`, and so is any
    that was not sent because the connection failed. After a status of 500 or above, or a connection that failed later,
    only idempotent operations are retried: a build must not be created twice. GraphQL queries are idempotent. A file
    that cannot be read again is not uploaded again. Besides, a request is sent once more after a 401 if its credential
    can be renewed.

    No time may be longer than a day.

    Args:
        max_retries: How often a request is retried at most, without that after a 401.
        backoff: Seconds before the first retry of a failure; each further wait is twice as long.
        max_backoff: Longest wait after a failure, in seconds.
        max_rate_limit_wait: Longest wait that a response may request, in seconds. For a rate limit that resets later
            the `RateLimitError` is raised at once, and so is the `ServerError` of a response with a longer
            `Retry-After`.
        deadline: Seconds from the start of a call after which it ends, with a result or an error, and no request is
            sent. A blocking client cannot interrupt name resolution, the upload of a file, nor response headers that
            arrive slowly. It applies to each page of a list, to a stream until its body begins, and to a download until
            the request to the storage.
        random: Function that returns a number from 0 to 1, by which the waits are spread.

    Raises:
        TypeError: An argument is not of its type.
        ValueError: A number is out of range.
    """

    __hidden__ = frozenset({"random"})

    max_retries: int = 4
    backoff: float = 0.5
    max_backoff: float = 8.0
    max_rate_limit_wait: float = 120.0
    deadline: float | None = None
    random: Callable[[], float] = _random

    def __post_init__(self) -> None:
        check_int("max_retries", self.max_retries, minimum=0)
        check_pause("backoff", self.backoff)
        check_pause("max_backoff", self.max_backoff)
        check_pause("max_rate_limit_wait", self.max_rate_limit_wait)
        if self.deadline is not None:
            check_timeout("deadline", self.deadline)


class ErrorStatus(Record, frozen=True):
    """An attempt with an error response."""

    status: int
    headers: Mapping[str, str]
    body: Any


class ConnectionFailure(Record, frozen=True):
    """An attempt without a complete response."""

    maybe_sent: bool
    """Whether the API may have received the request."""


def retry_delay(
    policy: RetryPolicy,
    outcome: ErrorStatus | ConnectionFailure,
    *,
    attempt: int,
    idempotent: bool,
    now: Callable[[], float] = time.time,
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    Args:
        policy: The policy.
        outcome: How the last attempt failed.
        attempt: Number of the last attempt, counted from 1.
        idempotent: Whether a retry cannot repeat a side effect.
        now: The clock, in seconds since 1970.
    """
    if attempt > policy.max_retries:
        return None
    if isinstance(outcome, ConnectionFailure):
        return _backoff(policy, attempt) if idempotent or not outcome.maybe_sent else None
    if outcome.status != 429 and (outcome.status < 500 or not idempotent):
        return None
    requested = requested_pause(outcome.status, outcome.headers, outcome.body, now)
    if requested is None:
        return _backoff(policy, attempt)
    if requested > policy.max_rate_limit_wait:
        return None
    return requested + policy.random() if outcome.status == 429 else max(requested, _backoff(policy, attempt))


def _backoff(policy: RetryPolicy, attempt: int) -> float:
    limit = min(policy.max_backoff, policy.backoff * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS))
    return limit * (0.5 + 0.5 * policy.random())


def requested_pause(
    status: int, headers: Mapping[str, str], body: object, now: Callable[[], float] = time.time
) -> float | None:
    """Return the seconds that an error response requests before the next request, or None.

    Those of a 429 are the longer of `Retry-After` and the time until the exhausted limit resets.
    """
    if status == 429:
        requested = (exhausted_limit(headers, body).reset, _retry_after(headers, now))
        return max((seconds for seconds in requested if seconds is not None), default=None)
    return _retry_after(headers, now) if status >= 500 else None


def _retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """Return the seconds in `Retry-After`, which is a number or a date.

    A date is compared with the `Date` of the response if it has one, because the local clock may be wrong.
    """
    value = headers.get("Retry-After")
    if (seconds := header_number(value)) is not None:
        return seconds
    if (moment := http_date(value)) is None:
        return None
    sent_at = http_date(headers.get("Date"))
    return max(0.0, moment - (now() if sent_at is None else sent_at))


class Wait(Record, frozen=True):
    """A pause before a request or a retry."""

    operation_id: str
    """Operation id, as in the spec."""
    seconds: float
    """Length of the pause."""
    error: BuildkiteError | None
    """The error that is retried, such as a `RateLimitError`, or None for a pause of rate-limit pacing."""


OnWait: TypeAlias = Callable[[Wait], object]


def notify_delay(wait: Wait, request: str, on_wait: OnWait | None) -> None:
    """Log a pause and pass it to `on_wait`. `request` is the method and the URL, without secrets."""
    level = logging.WARNING if wait.seconds > _LONG_SECONDS else logging.INFO
    if wait.error is None:
        _logger.log(level, "%s: waiting %.1f s to keep within the rate limit", request, wait.seconds)
    else:
        _logger.log(level, "retrying in %.1f s: %s", wait.seconds, wait.error)
    if on_wait is not None:
        check_result("on_wait", on_wait(wait))
