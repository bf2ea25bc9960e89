"""What is told about each pause of the client."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from .._base.errors import BuildkiteError

_logger = logging.getLogger("buildkite_rest")


@frozen
class Wait:
    """A pause before a request is sent, or sent again."""

    operation_id: str
    """The operation that waits, as the description names it."""
    seconds: float
    """How long it waits."""
    error: BuildkiteError | None
    """What went wrong before: `RateLimitError` for a limit that was hit. None when requests are only paced."""


OnWait: TypeAlias = Callable[[Wait], object]


def announce(wait: Wait, where: str, on_wait: OnWait | None) -> None:
    """Log a wait and tell it to `on_wait`. `where` is the address without anything secret."""
    if wait.error is None:
        _logger.info("%s: waiting %.1f s to keep within the rate limit", where, wait.seconds)
    else:
        _logger.info("%s: trying again in %.1f s: %s", where, wait.seconds, wait.error)
    if on_wait is not None:
        on_wait(wait)
