"""A second process, which sends generated reads while this one sends the reads of its own phases.

Nothing changes the server at that time, so neither process affects what the other one gets.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Final

from attrs import define, frozen

from .loopback import is_local
from .option_values import ACCESS, GENERATED_PHASES, READING_PHASES
from .options import Mode, Options
from .results import Results

#: Phases whose reads the process sends.
PHASES: Final = (*(phase for phase in GENERATED_PHASES if phase != "stateful"), ACCESS)


@frozen
class Reads:
    """What the process has sent and got."""

    results: Results
    sent: int
    """Number of requests."""
    seen_ids: frozenset[str]
    """UUIDs of existing objects in the responses."""
    seen_paths: frozenset[str]
    """Paths of existing objects."""


@define
class ReadingProcess:
    """The process, or nothing if there is only this one."""

    _connection: Connection | None = None

    def join(self) -> Reads | None:
        """Wait for the process, and return what it has done.

        Returns:
            None if there is no process, or if it has failed: this process then repeats its part.
        """
        if self._connection is None:
            return None
        with suppress(EOFError, OSError):
            reads: Reads | None = self._connection.recv()
            return reads
        return None


def is_useful(options: Options) -> bool:
    """Return whether a run can use a second process, and has work for both.

    A limit of time or rate is one of a single process. Only Linux can copy a process safely, and only without threads.
    """
    return (
        sys.platform == "linux"
        and len(os.sched_getaffinity(0)) > 1
        and threading.active_count() == 1
        and is_local(options.base_url)
        and options.mode is not Mode.SAMPLED
        and options.max_time is None
        and not options.interval
        and not {*READING_PHASES}.isdisjoint(options.phases)
        and not {*PHASES}.isdisjoint(options.phases)
    )


@contextmanager
def started(read: Callable[[], Reads]) -> Generator[ReadingProcess]:
    """Call a function in a copy of this process, which ends with the block."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=(read, sender), daemon=True)
    process.start()
    sender.close()
    try:
        yield ReadingProcess(receiver)
    finally:
        receiver.close()
        process.terminate()
        process.join()


def _end_with_parent() -> None:
    """End this process with the other one, which may be killed."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _read(read: Callable[[], Reads], sender: Connection) -> None:
    """Send the results of the function. There are none after an error or a signal, which only the end shows."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal, which interrupts the other process too
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()
    with suppress(Exception), sender:
        sender.send(read())
