"""Cooperative cancellation of worker threads: it ends pauses, but not requests in flight."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError
from threading import Event

from msgspec.structs import replace

from .clock import Timing


class Cancellation:
    """A signal that cancels threads.

    Args:
        reason: Message of the `CancelledError` that cancelled threads raise.
    """

    def __init__(self, reason: str) -> None:
        self._reason = reason
        self._cancelled = Event()

    def cancel(self) -> None:
        """Cancel the threads."""
        self._cancelled.set()

    def is_cancelled(self) -> bool:
        """Whether the threads were cancelled."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `CancelledError` if the threads were cancelled."""
        if self._cancelled.is_set():
            raise CancelledError(self._reason)

    def timing(self, timing: Timing) -> Timing:
        """Return `timing` with a `sleep` that raises `CancelledError` as soon as the threads are cancelled.

        A custom `sleep` cannot be interrupted. The error is raised after it.
        """

        def sleep(seconds: float) -> None:
            self.check()
            if timing.sleep is time.sleep:
                self._cancelled.wait(seconds)
            else:
                timing.sleep(seconds)
            self.check()

        return replace(timing, sleep=sleep)
