"""Log records of attempts: one at the level `DEBUG` for each request, with its outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from .._base.errors import SentRequest, safe_request_id
from .._base.safe_text import safe_excerpt
from .._base.urls import without_query

_logger: Final = logging.getLogger("buildkite_rest")


class AttemptLog:
    """The log record of one attempt, which is written when its outcome is known."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._started = monotonic()

    def write(
        self,
        request: SentRequest,
        status: int | None,
        failure: str | None = None,
        *,
        wait: float | None = None,
    ) -> None:
        """Log the attempt. The attribute `buildkite` of the record has the data of its text.

        Args:
            request: The request.
            status: The HTTP status, or None if there was no response.
            failure: The reason why there is no complete response, or None.
            wait: Seconds until the next attempt, or None if this was the last one.
        """
        milliseconds = (self._monotonic() - self._started) * 1000
        url = urlsplit(without_query(request.url))
        path = None if request.is_to_storage else url.path
        failure = None if failure is None else safe_excerpt(failure)
        request_id = safe_request_id(request.request_id)
        details = [f"attempt {request.attempts}", f"{milliseconds:.0f} ms"]
        if request_id is not None:
            details.append(f"request {request_id}")
        if wait is not None:
            details.append(f"retried in {wait:.1f} s")
        data = {
            "operation_id": request.operation_id,
            "method": request.method,
            "host": url.netloc,
            "path": path,
            "status": status,
            "failure": failure,
            "attempt": request.attempts,
            "milliseconds": round(milliseconds, 3),
            "request_id": request_id,
            "wait_seconds": wait,
        }
        what = ", ".join(f"{each}" for each in (status, failure) if each is not None)
        text = f"{request.label}: {what} ({', '.join(details)})"
        _logger.debug("%s", text, extra={"buildkite": data})


def start_log(monotonic: Callable[[], float]) -> AttemptLog | None:
    """Start the record of an attempt, or return None if it would not be logged."""
    return AttemptLog(monotonic) if _logger.isEnabledFor(logging.DEBUG) else None
