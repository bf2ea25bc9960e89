"""Signals that arrive while a mock server starts or stops. They are handled when it has started or stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

#: Signals whose handlers may raise an exception: for Ctrl-C, the end of a program and the timeout of a test.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")


@contextmanager
def deferred_signals() -> Generator[None]:
    """Call the handlers of signals after the block. Python calls them in the main thread only.

    An exception in the middle would leave ports and threads behind. In `Thread.start` and `Thread.join` it may also
    leave a lock locked, or a thread that runs but is not alive.
    """
    received = list[tuple[int, FrameType | None]]()

    def defer(number: int, frame: FrameType | None) -> None:
        received.append((number, frame))

    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            handlers = {int(each): handler for each in _signals() if callable(handler := signal.getsignal(each))}
            stack.callback(lambda: [handlers[number](number, frame) for number, frame in received])
            for number, handler in handlers.items():
                with suppress(ValueError):  # in another interpreter of the process
                    signal.signal(number, defer)
                    stack.callback(signal.signal, number, handler)
        yield


def _signals() -> list[signal.Signals]:
    return [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]
