"""Whether a failed request is sent again, and when. Pure decisions; the transport sleeps and sends."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from ._callbacks import plain_function
from ._dates import http_date
from ._json import as_object
from ._numbers import check_pause, check_timeout, check_whole

if TYPE_CHECKING:
    from attrs import Attribute

_DECIMAL: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_MOST_DOUBLINGS: Final = 100
"""Beyond that any backoff is longer than the longest, and in the end no number."""


def _check_function(_: object, attribute: Attribute[Any], value: Callable[[], float] | None) -> None:
    if plain_function(attribute.name, value) is None:
        raise TypeError(f"{attribute.name} must be a function, not None")


@frozen(kw_only=True)
class RetryPolicy:
    """When to send a request again.

    A 429 is waited out for any method, until the exhausted limit resets. A connection that failed before the request
    was sent is tried again for any method. An answer of 500 or above, and a connection that failed later, only for
    operations that may be repeated: a build must not be created twice.

    No time may be longer than a day.

    Args:
        max_retries: How often a request is sent again at most.
        backoff: Seconds before the first retry of a failure; each further wait is twice as long.
        max_backoff: Longest wait after a failure, in seconds.
        max_rate_limit_wait: Longest wait that an answer may ask for, in seconds. For a rate limit that resets later the
            `RateLimitError` is raised at once, and so is the `ServerError` of an answer with a longer `Retry-After`.
        deadline: Seconds from the start of a call after which it ends, with a result or an error. A blocking client
            cannot interrupt a request: a server that keeps sending header lines or `100 Continue` delays the end for as
            long as it sends them. It is the deadline of each page of a list; that of a stream ends when its body
            begins, and that of a download when the storage is requested.
        random: Returns a number from 0 to 1 that spreads the waits.

    Raises:
        TypeError: An argument is not of its type.
        ValueError: A number is out of range.
    """

    max_retries: int = field(default=4, validator=check_whole)
    backoff: float = field(default=0.5, validator=check_pause)
    max_backoff: float = field(default=8.0, validator=check_pause)
    max_rate_limit_wait: float = field(default=120.0, validator=check_pause)
    deadline: float | None = field(default=None, validator=check_timeout)
    random: Callable[[], float] = field(default=random.random, repr=False, validator=_check_function)


@frozen
class Answered:
    """An attempt that brought an error status."""

    status: int
    headers: Mapping[str, str]
    body: Any


@frozen
class Broken:
    """An attempt that brought no complete answer."""

    maybe_sent: bool
    """Whether the API may have seen the request."""


def retry_delay(
    policy: RetryPolicy,
    outcome: Answered | Broken,
    *,
    attempt: int,
    may_repeat: bool,
    now: Callable[[], float] = time.time,
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    Args:
        policy: The rules.
        outcome: How the last attempt failed.
        attempt: Number of the last attempt, counted from 1.
        may_repeat: Whether the operation does no harm when it is done twice.
        now: The clock, in seconds since 1970.
    """
    if attempt > policy.max_retries:
        return None
    if isinstance(outcome, Broken):
        return _backoff(policy, attempt) if may_repeat or not outcome.maybe_sent else None
    if outcome.status == 429:
        reset = seconds_to_reset(outcome.headers, outcome.body, now)
        if reset is None:
            return _backoff(policy, attempt)
        return reset + policy.random() if reset <= policy.max_rate_limit_wait else None
    if outcome.status >= 500 and may_repeat:
        asked = _retry_after(outcome.headers, now)
        if asked is None:
            return _backoff(policy, attempt)
        return max(asked, _backoff(policy, attempt)) if asked <= policy.max_rate_limit_wait else None
    return None


def _backoff(policy: RetryPolicy, attempt: int) -> float:
    longest = min(policy.max_backoff, policy.backoff * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS))
    return longest * (0.5 + 0.5 * policy.random())


def seconds_to_reset(headers: Mapping[str, str], body: object, now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds that an answer 429 says to wait, or None when it does not say.

    They are those until the limit that is exhausted resets; the scope in the body tells which one that is.
    """
    body = as_object(body)
    organization = _number(headers.get("RateLimit-Reset"))
    user = _number(headers.get("RateLimit-User-Reset"))
    if body.get("scope") == "rest_user" and user is not None:
        return user
    if body.get("scope") == "rest" and organization is not None:
        return organization
    if (reset := _number(body.get("reset"))) is not None:
        return reset
    exhausted = [
        seconds
        for seconds, remaining in (
            (organization, headers.get("RateLimit-Remaining")),
            (user, headers.get("RateLimit-User-Remaining")),
        )
        if seconds is not None and remaining == "0"
    ]
    if exhausted:
        return max(exhausted)
    told = (organization, _retry_after(headers, now))
    return max((seconds for seconds in told if seconds is not None), default=None)


def requested_pause(
    status: int, headers: Mapping[str, str], body: object, now: Callable[[], float] = time.time
) -> float | None:
    """Return the seconds for which an error response asks not to be sent another request, or None."""
    if status == 429:
        return seconds_to_reset(headers, body, now)
    return _retry_after(headers, now) if status >= 500 else None


def _retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """Return the seconds that `Retry-After` says, as a number or as a date.

    A date is held against that of the answer where there is one, because the clock of this machine may be off.
    """
    value = headers.get("Retry-After")
    if (seconds := _number(value)) is not None:
        return seconds
    if (moment := http_date(value)) is None:
        return None
    answered = http_date(headers.get("Date"))
    return max(0.0, moment - (now() if answered is None else answered))


def _number(value: object) -> float | None:
    """Return a header or a field of a body as seconds, or None. Python would also read `1e300`, `1_000` and `٣`."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and _DECIMAL.fullmatch(value) is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if 0 <= number < float("inf") else None
