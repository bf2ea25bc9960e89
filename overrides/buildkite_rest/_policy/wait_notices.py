"""Notification of pauses: a log record, and a call of `on_wait`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeAlias

from .._base.arguments import check_result
from .._base.errors import BuildkiteError
from .._base.records import Record

_logger = logging.getLogger("buildkite_rest")
_LONG_SECONDS: Final = 10.0
"""Longer pauses are logged as a `WARNING`: a program that logs nothing else seems to hang."""


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
