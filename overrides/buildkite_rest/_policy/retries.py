"""Retry policy: whether and when a failed request is retried, and notices of pauses. The transport sleeps and sends."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from .._base.arguments import check_int, check_pause, check_result, check_timeout
from .._base.errors import BuildkiteError
from .._base.json_values import as_object
from .._base.rate_limits import PREFIXES, exhausted_prefixes
from .._base.records import Record
from .._base.times import http_date

_INFINITE: Final = float("inf")
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
    only idempotent operations are retried: a build must not be created twice.

    No time may be longer than a day.

    Args:
        max_retries: How often a request is retried at most.
        backoff: Seconds before the first retry of a failure; each further wait is twice as long.
        max_backoff: Longest wait after a failure, in seconds.
        max_rate_limit_wait: Longest wait that a response may request, in seconds. For a rate limit that resets later
            the `RateLimitError` is raised at once, and so is the `ServerError` of a response with a longer
            `Retry-After`.
        deadline: Seconds from the start of a call after which it ends, with a result or an error, and no request is
            sent. A blocking client cannot interrupt name resolution, nor response headers that arrive slowly. It
            applies to each page of a list, to a stream until its body begins, and to a download until the request to
            the storage.
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
    if outcome.status == 429:
        requested = _rate_limit_pause(outcome.headers, outcome.body, now)
        if requested is None:
            return _backoff(policy, attempt)
        return requested + policy.random() if requested <= policy.max_rate_limit_wait else None
    if outcome.status >= 500 and idempotent:
        retry_after = _retry_after(outcome.headers, now)
        if retry_after is None:
            return _backoff(policy, attempt)
        return max(retry_after, _backoff(policy, attempt)) if retry_after <= policy.max_rate_limit_wait else None
    return None


def _backoff(policy: RetryPolicy, attempt: int) -> float:
    limit = min(policy.max_backoff, policy.backoff * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS))
    return limit * (0.5 + 0.5 * policy.random())


def requested_pause(
    status: int, headers: Mapping[str, str], body: object, now: Callable[[], float] = time.time
) -> float | None:
    """Return the seconds that an error response requests before the next request, or None."""
    if status == 429:
        return _rate_limit_pause(headers, body, now)
    return _retry_after(headers, now) if status >= 500 else None


def _rate_limit_pause(headers: Mapping[str, str], body: object, now: Callable[[], float]) -> float | None:
    """Return the seconds that a 429 requests before the next request, or None.

    They are the longer of `Retry-After` and the time until the exhausted limit resets. Without both, they are the time
    until the limit of the organization resets, unless the response reports that it is not exhausted.
    """
    requested = (_seconds_to_reset(headers, as_object(body)), _retry_after(headers, now))
    known = [seconds for seconds in requested if seconds is not None]
    if known or "RateLimit-Remaining" in headers:
        return max(known, default=None)
    return _header_seconds(headers.get("RateLimit-Reset"))


def _seconds_to_reset(headers: Mapping[str, str], body: Mapping[str, object]) -> float | None:
    """Return the seconds until the exhausted limit resets, or None if the response does not report them.

    The scope in the body names the limit. Without it, each limit that has no requests left is exhausted.
    """
    scope = body.get("scope")
    prefix = PREFIXES.get(scope) if isinstance(scope, str) else None
    if prefix is not None and (reset := _header_seconds(headers.get(f"{prefix}-Reset"))) is not None:
        return reset
    if (reset := _number(body.get("reset"))) is not None:
        return reset
    resets = [_header_seconds(headers.get(f"{prefix}-Reset")) for prefix in exhausted_prefixes(headers)]
    return max((seconds for seconds in resets if seconds is not None), default=None)


def _retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """Return the seconds in `Retry-After`, which is a number or a date.

    A date is compared with the `Date` of the response if it has one, because the local clock may be wrong.
    """
    value = headers.get("Retry-After")
    if (seconds := _header_seconds(value)) is not None:
        return seconds
    if (moment := http_date(value)) is None:
        return None
    sent_at = http_date(headers.get("Date"))
    return max(0.0, moment - (now() if sent_at is None else sent_at))


def _header_seconds(value: str | None) -> float | None:
    """Return the largest number of seconds in a header, or None. Commas join the values of repeated headers."""
    if value is None:
        return None
    numbers = (_number(part.strip(" \t")) for part in value.split(","))
    return max((number for number in numbers if number is not None), default=None)


def _number(value: object) -> float | None:
    """Return a header or a field of a body as seconds, or None. Python would also read `1e300`, `1_000` and `٣`.

    A number too large for a float is infinite, and so longer than any allowed wait.
    """
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) is not None else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return _INFINITE if value > 0 else None
    return number if 0 <= number < _INFINITE else None


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
