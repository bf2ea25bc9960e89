"""Rate limits and signals: when a request may be sent and when a command ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from time import monotonic, sleep
from types import FrameType
from typing import Final

from attrs import define, field

from .._policy.pacing import Pacer, RateLimitPacing, Turn
from .._policy.retries import requested_pause

#: Share of a rate limit that is left to other programs.
_RESERVE: Final = 0.2
#: The longest window of a rate limit, in seconds.
_MAX_WAIT: Final = 120.0
#: Seconds to wait after a 429 that names no time.
_DEFAULT_WAIT: Final = 1.0
#: Added to the number of a signal in the exit status.
_SIGNALED: Final = 128


@define
class RequestSchedule:
    """Schedule of all requests of a run, from the rate limits of the server."""

    waited: float = field(default=0.0, init=False)
    """Total seconds of all waits."""
    _pacer: Pacer = field(factory=lambda: Pacer(RateLimitPacing(reserve=_RESERVE)), init=False)
    _turn: Turn = field(init=False)
    """That of the last request."""

    def __attrs_post_init__(self) -> None:
        self._turn = self._pacer.new_turn(None)

    def wait_for_turn(self) -> None:
        """Sleep until the next request may be sent."""
        self._pacer.leave(self._turn)  # responses to requests without credentials are not observed
        turn = self._turn = self._pacer.new_turn(None)
        while pause := self._pacer.pause(turn, monotonic(), max_pause=_MAX_WAIT):
            self._sleep(pause.seconds)

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Update the rate limits from the headers of a response."""
        self._pacer.observe(self._turn, headers, monotonic(), is_accepted=status != 429)

    def wait_for_reset(self, headers: Mapping[str, str], body: object) -> None:
        """Sleep until a request that got a 429 can be retried."""
        seconds = requested_pause(429, headers, body)
        self._sleep(min(_DEFAULT_WAIT if seconds is None else seconds, _MAX_WAIT))

    def _sleep(self, seconds: float) -> None:
        self.waited += seconds
        sleep(seconds)


@define
class Interruption:
    """Interrupts the main thread, even during a request."""

    _signal: int = field(default=signal.SIGINT, init=False)
    """Number of the signal that has ended the block."""

    @property
    def status(self) -> int:
        """Exit status of an interrupted command."""
        return _SIGNALED + self._signal

    @contextmanager
    def interrupt_on_signals(self) -> Generator[None]:
        """Raise `KeyboardInterrupt` in the block at SIGINT, SIGTERM and SIGHUP, which a process of `nohup` ignores.

        Does nothing on Windows and outside the main thread.
        """
        if not hasattr(signal, "SIGHUP") or threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._signal = number
        raise KeyboardInterrupt
