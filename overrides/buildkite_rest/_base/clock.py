"""Clocks and sleep functions."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from .records import Record


async def _async_sleep(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - not needed by the blocking client

    await asyncio.sleep(seconds)


class Timing(Record, frozen=True):
    """The clocks and sleep functions of a client, which a test can replace."""

    monotonic: Callable[[], float] = time.monotonic
    """Returns seconds since an arbitrary moment."""
    sleep: Callable[[float], None] = time.sleep
    """Sleeps for a number of seconds, in `Buildkite`."""
    async_sleep: Callable[[float], Awaitable[None]] = _async_sleep
    """Sleeps for a number of seconds, in `AsyncBuildkite`."""
    now: Callable[[], float] = time.time
    """Returns seconds since 1970. Used for a response with a date in `Retry-After` but no `Date` header."""


REAL_TIME: Final = Timing()
"""The clocks and sleep functions of Python."""
