"""Ends what threads do, as far as that goes: their pauses and what comes after them, but no request on its way."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError

from attrs import define, evolve, field

from .clock import Timing
from .forks import ForkSafeEvent


@define
class Stop:
    """Tells threads to stop.

    Args:
        why: The message of the `CancelledError` that those get which are stopped.
    """

    _why: str
    _stopped: ForkSafeEvent = field(factory=ForkSafeEvent, init=False)

    def set(self) -> None:
        """Stop them."""
        self._stopped.set()

    def is_set(self) -> bool:
        """Whether they have been stopped."""
        return self._stopped.is_set()

    def check(self) -> None:
        """Raise `CancelledError` when they have been stopped."""
        if self._stopped.is_set():
            raise CancelledError(self._why)

    def timing(self, timing: Timing) -> Timing:
        """Return `timing` with pauses that end in `CancelledError` as soon as the threads are stopped.

        A `sleep` of somebody else's cannot be ended, but what comes after it can.
        """

        def sleep(seconds: float) -> None:
            self.check()
            if timing.sleep is time.sleep:
                self._stopped.wait(seconds)
            else:
                timing.sleep(seconds)
            self.check()

        return evolve(timing, sleep=sleep)
