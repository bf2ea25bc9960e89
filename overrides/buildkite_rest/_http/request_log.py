"""Log records of requests: one at the level `DEBUG` for each attempt, with its outcome."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit

from .._base.errors import SentRequest, safe_request_id
from .._base.safe_text import safe_excerpt
from .._base.urls import without_query

_logger: Final = logging.getLogger("buildkite_rest")


def log_attempt(
    request: SentRequest,
    seconds: float,
    status: int | None,
    failure: str | None = None,
    *,
    wait: float | None = None,
) -> None:
    """Log an attempt. The attribute `buildkite` of the record has the data of its text.

    Args:
        request: The request.
        seconds: How long it took.
        status: The HTTP status, or None if there was no response.
        failure: The reason why there is no complete response, or None.
        wait: Seconds until the next attempt, or None if this was the last one.
    """
    url = urlsplit(without_query(request.url))
    failure = None if failure is None else safe_excerpt(failure)
    request_id = safe_request_id(request.request_id)
    details = [f"attempt {request.attempts}", f"{seconds * 1000:.0f} ms"]
    if request_id is not None:
        details.append(f"request {request_id}")
    if wait is not None:
        details.append(f"retried in {wait:.1f} s")
    data = {
        "operation_id": request.operation_id,
        "method": request.method,
        "host": url.netloc,
        "path": None if request.is_to_storage else url.path,
        "status": status,
        "failure": failure,
        "attempt": request.attempts,
        "milliseconds": round(seconds * 1000, 3),
        "request_id": request_id,
        "wait_seconds": wait,
    }
    what = ", ".join(f"{each}" for each in (status, failure) if each is not None)
    _logger.debug("%s", f"{request.label}: {what} ({', '.join(details)})", extra={"buildkite": data})
