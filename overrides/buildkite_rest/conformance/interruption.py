"""Interruption of a run by `--max-time`, SIGINT and SIGTERM, whatever request is in flight."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from attrs import define, field

from .pace import TimeOverError

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
