"""Virtual time for clients of the mock: their pauses advance its clock and take no real time."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar

from ..._base.clock import Timing
from ..clock import AdvanceableClock

#: Seconds that this thread or task has slept. Pauses of others must not end its timeouts.
_slept: ContextVar[float] = ContextVar("buildkite_rest_mock_slept", default=0.0)


def _monotonic() -> float:
    return time.monotonic() + _slept.get()


def virtual_timing(clock: AdvanceableClock) -> Timing:
    """Return the clocks and sleep functions of a client, given the clock of the mock."""

    def sleep(seconds: float) -> None:
        _slept.set(_slept.get() + seconds)
        clock.advance(seconds)

    async def async_sleep(seconds: float) -> None:
        wakes = clock() + seconds
        _slept.set(_slept.get() + seconds)
        await asyncio.sleep(0)  # lets other tasks begin to sleep at the same time, and this one be cancelled
        clock.advance(max(0.0, wakes - clock()))

    return Timing(monotonic=_monotonic, sleep=sleep, async_sleep=async_sleep, now=clock)
