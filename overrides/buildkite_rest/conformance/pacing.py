"""Rate limits, the time limit and signals: when a request may be sent and when a run ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from time import monotonic, sleep
from types import FrameType
from typing import Final, NoReturn

from attrs import define, field

from .._policy.pacing import Pacer, RateLimitPacing, Turn
from .._policy.retries import requested_pause

#: Share of a rate limit. Requests are sent without a pause while more than this remains.
PACING_SHARE: Final = 0.2
#: The longest window of a rate limit, in seconds.
_MAX_WAIT: Final = 120.0
#: Seconds to wait after a 429 that names no time.
_DEFAULT_WAIT: Final = 1.0
#: Seconds that requests in flight have after the time limit or a signal, and between two attempts to interrupt them.
_GRACE: Final = 0.5
#: Exit status after SIGINT. That after another signal is 128 and its number, too.
_INTERRUPTED: Final = 130
_SIGNALED: Final = 128


@define
class RequestSchedule:
    """Schedule of all requests of a run.

    At the time limit `KeyboardInterrupt` is raised, as at a signal, so that nothing between handles it.
    `is_time_limit_reached` distinguishes the time limit from Ctrl-C.

    Args:
        interval: Minimum number of seconds between two requests.
        max_time: Seconds from now after which no request may be sent.
        max_response: Seconds within which the response to a request must be complete.
    """

    interval: float = 0.0
    max_time: float = float("inf")
    max_response: float = float("inf")
    waited: float = field(default=0.0, init=False)
    """Total seconds of all waits."""
    interrupted: bool = field(default=False, init=False)
    """Whether a signal ends the run."""
    _next: float = field(default=0.0, init=False)
    _end: float = field(init=False)
    _response_end: float = field(default=float("inf"), init=False)
    _pacer: Pacer = field(factory=lambda: Pacer(RateLimitPacing(below=PACING_SHARE)), init=False)
    _turn: Turn = field(init=False)
    """That of the last request."""

    def __attrs_post_init__(self) -> None:
        self._end = monotonic() + self.max_time
        self._turn = self._pacer.new_turn(None)

    @property
    def is_time_limit_reached(self) -> bool:
        """Whether the time limit, or that of a response, is reached."""
        return not self.interrupted and (monotonic() >= self._end or self.is_response_late)

    @property
    def is_response_late(self) -> bool:
        """Whether the time limit of a response is reached."""
        return monotonic() >= self._response_end

    def wait_for_turn(self) -> None:
        """Sleep until the next request may be sent.

        Raises:
            KeyboardInterrupt: That would be after the time limit.
        """
        self._pacer.leave(self._turn)  # responses to requests without credentials are not observed
        turn = self._turn = self._pacer.new_turn(None)
        while pause := self._pacer.pause(turn, monotonic(), max_pause=_MAX_WAIT):
            self._sleep(pause.seconds)
        self._sleep(self._next - monotonic())
        self._next = monotonic() + self.interval

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Update the rate limits from the headers of a response."""
        self._pacer.observe(self._turn, headers, monotonic(), is_accepted=status != 429)

    def wait_for_reset(self, headers: Mapping[str, str], body: object) -> None:
        """Sleep until a request that got a 429 can be retried.

        Raises:
            KeyboardInterrupt: That would be after the time limit.
        """
        seconds = requested_pause(429, headers, body)
        self._sleep(max(min(_DEFAULT_WAIT if seconds is None else seconds, _MAX_WAIT), self._next - monotonic()))
        self._next = monotonic() + self.interval

    def _sleep(self, seconds: float) -> None:
        if monotonic() + max(seconds, 0.0) >= self._end:
            self._end = monotonic()  # ends the run for requests that are due sooner, too
            raise KeyboardInterrupt
        if seconds > 0:
            self.waited += seconds
            self._response_end = float("inf")
            sleep(seconds)
        self._response_end = monotonic() + self.max_response


@define
class Interruption:
    """Interrupts the main thread, even during a request."""

    schedule: RequestSchedule
    status: int = field(default=_INTERRUPTED, init=False)
    """Exit status of an interrupted run."""
    _is_enabled: bool = field(default=False, init=False)

    @contextmanager
    def interrupt_on_signals(self) -> Generator[None]:
        """Raise `KeyboardInterrupt` in the block after `--max-time` and at a signal, until the block ends.

        The signals are SIGINT, SIGTERM and SIGHUP, which a process of `nohup` ignores. Does nothing on Windows and
        outside the main thread.
        """
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {signal.SIGINT: self._stop, signal.SIGTERM: self._stop, signal.SIGALRM: self._repeat}
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            handlers[signal.SIGHUP] = self._stop
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        self._is_enabled = True
        try:
            if self.schedule.max_response != float("inf"):
                signal.setitimer(signal.ITIMER_REAL, _GRACE, _GRACE)
            elif self.schedule.max_time != float("inf"):
                signal.setitimer(signal.ITIMER_REAL, self.schedule.max_time + _GRACE, _GRACE)
            yield
        finally:
            self._is_enabled = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, _frame: FrameType | None) -> NoReturn:
        self.status = _SIGNALED + number
        self.schedule.interrupted = True
        if self._is_enabled:
            signal.setitimer(signal.ITIMER_REAL, _GRACE, _GRACE)
        raise KeyboardInterrupt

    def _repeat(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_enabled and (self.schedule.interrupted or self.schedule.is_time_limit_reached):
            raise KeyboardInterrupt
