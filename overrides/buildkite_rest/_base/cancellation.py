"""Cooperative cancellation of worker threads: it ends pauses, but not requests in flight."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError

from attrs import define, evolve, field

from .clock import Timing
from .fork_safety import ForkSafeEvent


@define
class Stop:
    """A signal that stops threads.

    Args:
        reason: Message of the `CancelledError` that stopped threads raise.
    """

    _reason: str
    _stopped: ForkSafeEvent = field(factory=ForkSafeEvent, init=False)

    def set(self) -> None:
        """Stop the threads."""
        self._stopped.set()

    def is_set(self) -> bool:
        """Whether the threads were stopped."""
        return self._stopped.is_set()

    def check(self) -> None:
        """Raise `CancelledError` if the threads were stopped."""
        if self._stopped.is_set():
            raise CancelledError(self._reason)

    def timing(self, timing: Timing) -> Timing:
        """Return `timing` with a `sleep` that raises `CancelledError` as soon as the threads are stopped.

        A custom `sleep` cannot be interrupted. The error is raised after it.
        """

        def sleep(seconds: float) -> None:
            self.check()
            if timing.sleep is time.sleep:
                self._stopped.wait(seconds)
            else:
                timing.sleep(seconds)
            self.check()

        return evolve(timing, sleep=sleep)
