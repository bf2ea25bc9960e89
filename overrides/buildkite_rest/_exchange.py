"""Everything that is decided about one call, from its first attempt to its last. Nothing is sent here."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from _buildkite_rest.ports import Operation

from ._auth import Auth
from ._decode import Decoder
from ._errors import APIConnectionError, APITimeoutError, BuildkiteError, ErrorResponse, status_error
from ._pagination import without_query
from ._rate_limits import LastLimits
from ._retries import Answered, Broken, RetryPolicy, retry_delay

_logger = logging.getLogger("buildkite_rest")

Origin: TypeAlias = tuple[str, str, int | None]
"""Scheme, host and port."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


async def _async_sleep(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    await asyncio.sleep(seconds)


@frozen
class Timing:
    """The clock and the ways to sleep, which a test replaces."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    async_sleep: Callable[[float], Awaitable[None]] = _async_sleep


@frozen
class Settings:
    """What all calls of a client have in common."""

    base_url: str
    auth: Auth
    retries: RetryPolicy
    decoder: Decoder
    timing: Timing
    origin: Origin
    limits: LastLimits = field(factory=LastLimits)
    timeout: float | None = None
    """Seconds to wait for a piece of an answer, where that differs from what the HTTP client does by itself."""


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of `url`. Raises `ValueError` when `url` has no valid ones."""
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


@frozen
class Failure:
    """An attempt that brought no complete answer, told in words of no HTTP library."""

    reason: str
    timed_out: bool
    maybe_sent: bool


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

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of the next attempt. Credentials go to the origin of the API and nowhere else."""
        self._attempt += 1
        if self._operation.needs_token and origin_of(self._url) == self._settings.origin:
            return {**headers, "Authorization": self._settings.auth.authorization()}
        return dict(headers)

    def succeeded(self, status: int) -> bool:
        """Whether `status` is no error. Any 2xx is none: the API may come to answer 201 where it answered 200."""
        return 200 <= status < 300 or status in self._operation.success

    def failed(self, failure: Failure) -> float:
        """Return the seconds to wait before the next attempt. Raises the error when there is none."""
        kind: type[BuildkiteError] = APITimeoutError if failure.timed_out else APIConnectionError
        return self._wait_or_raise(Broken(failure.maybe_sent), kind(f"{self._operation.id}: {failure.reason}"))

    def refused(self, status: int, headers: Mapping[str, str], content: bytes) -> float:
        """Return the seconds to wait before the next attempt. Raises the error when there is none."""
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        error = status_error(self._operation.id, ErrorResponse(status, headers, content, body))
        if status == 401 and not self._renewed and self._operation.needs_token:
            self._renewed = True
            if self._settings.auth.renew(headers.get("Date")) and self._can_repeat():
                self._attempt -= 1  # What fails here is the signature, not the request.
                return 0.0
        return self._wait_or_raise(Answered(status, headers, body), error)

    def _wait_or_raise(self, outcome: Answered | Broken, error: BuildkiteError) -> float:
        may_repeat = self._operation.idempotent
        delay = retry_delay(self._settings.retries, outcome, attempt=self._attempt, may_repeat=may_repeat)
        if delay is None or not self._can_repeat() or self._is_too_late(delay):
            raise error
        _logger.info(
            "%s %s: trying again in %.1f s: %s", self._operation.method, without_query(self._url), delay, error
        )
        return delay

    def _is_too_late(self, delay: float) -> bool:
        deadline = self._settings.retries.deadline
        return deadline is not None and self._settings.timing.monotonic() + delay - self._started > deadline
