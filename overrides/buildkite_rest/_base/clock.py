"""The clock and the ways to sleep, which tests replace."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from attrs import frozen


async def _async_sleep(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    await asyncio.sleep(seconds)


@frozen
class Timing:
    """The clock and the ways to sleep, which a test replaces."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    async_sleep: Callable[[float], Awaitable[None]] = _async_sleep
    now: Callable[[], float] = time.time
    """Seconds since 1970, for a response that names a date to retry at but has no `Date` header."""
