"""Keeps a run within the rate limits, whatever part of it sends the request."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from time import monotonic, sleep
from types import FrameType
from typing import Any, Final, NoReturn

from attrs import define, field
from pyrate_limiter import Limiter

from .._policy.pacing import Pacer, RateLimitPacing
from .._policy.retries import seconds_to_reset

#: While more than this share of a limit is left, requests are sent at once.
BELOW: Final = 0.2


#: No window is longer than this, in seconds.
_LONGEST: Final = 120.0


#: Seconds to wait after an answer 429 that does not say how long.
_UNTOLD: Final = 1.0


class TimeOverError(KeyboardInterrupt):
    """No more requests may be sent, because the time that a run may take is over.

    schemathesis takes it for Ctrl-C: it ends what it is at and hands over what it has seen so far.
    """


@define
class Pace:
    """Says when the next request may be sent, from what the answers before it told.

    Args:
        interval: Seconds between two requests at least.
        most: Seconds from now on after which no request may be sent any more.
    """

    interval: float = 0.0
    most: float = float("inf")
    waited: float = field(default=0.0, init=False)
    """Seconds, all in all."""
    _next: float = field(default=0.0, init=False)
    _end: float = field(init=False)
    _pacer: Pacer = field(factory=lambda: Pacer(RateLimitPacing(below=BELOW)), init=False)

    def __attrs_post_init__(self) -> None:
        self._end = monotonic() + self.most

    @property
    def is_over(self) -> bool:
        """Whether the time for requests is over."""
        return monotonic() >= self._end

    def wait_for_turn(self) -> None:
        """Sleep until the next request may be sent.

        Raises:
            TimeOverError: There is no time for that.
        """
        now = monotonic()
        self._sleep(max(self._pacer.claim(None, now, _LONGEST), self._next - now))
        self._next = monotonic() + self.interval

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take in the headers of an answer."""
        self._pacer.observe(headers, None, monotonic())

    def wait_for_reset(self, headers: Mapping[str, str], body: object) -> None:
        """Sleep until a request that was one too many can be sent again.

        Raises:
            TimeOverError: There is no time for that.
        """
        told = seconds_to_reset(headers, body)
        self._sleep(max(min(_UNTOLD if told is None else told, _LONGEST), self._next - monotonic()))
        self._next = monotonic() + self.interval

    def _sleep(self, seconds: float) -> None:
        if monotonic() + max(seconds, 0.0) >= self._end:
            self._end = monotonic()  # for requests that are due sooner too: the run ends here
            raise TimeOverError
        if seconds > 0:
            self.waited += seconds
            sleep(seconds)


class Turns(Limiter):
    """Stands in place of a rate limit of schemathesis, which asks it before each request that it makes up.

    Those with credentials that are wrong on purpose too, and those of operations that need none.
    """

    def __init__(self, pace: Pace) -> None:  # not that of a limit, which would start a thread
        self._pace = pace

    def try_acquire(self, *_: Any, **__: Any) -> bool:
        """Wait, and say that the request may be sent."""
        self._pace.wait_for_turn()
        return True


#: Seconds after `--max-time` or a signal for which the requests in flight may still finish, and between two attempts to
#: interrupt what waits for a request.
_GRACE: Final = 0.5


_INTERRUPTED: Final = 130


_TERMINATED: Final = 143


@define
class Interruption:
    """Interrupts the main thread: schemathesis waits for its worker threads, and those for the server."""

    max_time: float | None
    status: int = field(default=_INTERRUPTED, init=False)
    """Exit status of a run that was interrupted."""
    _is_signalled: bool = field(default=False, init=False)
    _is_enabled: bool = field(default=False, init=False)

    @contextmanager
    def enabled(self) -> Generator[None]:
        """Raise `TimeOverError` or `KeyboardInterrupt` in the block until it ends. Needs the main thread, and POSIX."""
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {signal.SIGINT: self._stop, signal.SIGTERM: self._stop, signal.SIGALRM: self._repeat}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        self._is_enabled = True
        try:
            if self.max_time is not None:
                signal.setitimer(signal.ITIMER_REAL, self.max_time + _GRACE, _GRACE)
            yield
        finally:
            self._is_enabled = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, _frame: FrameType | None) -> NoReturn:
        if number == signal.SIGTERM:
            self.status = _TERMINATED
        self._is_signalled = True
        if self._is_enabled:
            signal.setitimer(signal.ITIMER_REAL, _GRACE, _GRACE)
        raise KeyboardInterrupt

    def _repeat(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_enabled:
            raise KeyboardInterrupt if self._is_signalled else TimeOverError
