"""Daemon threads for requests that run in the background.

The interpreter joins the threads of a `ThreadPoolExecutor` when it exits, however long their requests take. Nothing
waits for these.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias, TypeVar
from weakref import finalize

from .cancellation import Stop

T = TypeVar("T")

_Jobs: TypeAlias = "SimpleQueue[Callable[[], None] | None]"


class Workers:
    """At most `most` threads, which end when `close` is called, this object is collected or the interpreter exits.

    Args:
        most: How many jobs run at the same time.
        stop: Is set at the end. Jobs that have not begun then fail with `CancelledError`.
    """

    def __init__(self, most: int, stop: Stop) -> None:
        self._most = most
        self._stop = stop
        self._process = os.getpid()
        self._jobs: _Jobs = SimpleQueue()
        self._threads: list[Thread] = []
        self._end = finalize(self, _end, stop, self._jobs, self._threads)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Return the future result of `work`, which runs in the context of the caller."""
        future = Future[T]()
        if len(self._threads) < self._most:
            thread = Thread(target=_work, args=(self._jobs,), name="buildkite_rest", daemon=True)
            thread.start()
            self._threads.append(thread)
        job: Callable[[], None] = partial(_run, work, self._stop, future)
        self._jobs.put(partial(copy_context().run, job))
        return future

    def are_inherited(self) -> bool:
        """Whether the threads exist only in the process that this one was forked from."""
        return self._process != os.getpid()

    def close(self) -> None:
        """End the threads. Those that wait for a response end when it arrives, and are not waited for."""
        self._end()


def _end(stop: Stop, jobs: _Jobs, threads: list[Thread]) -> None:
    stop.set()
    for _ in threads:
        jobs.put(None)


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job()
        del job  # so that nothing keeps its result alive


def _run(work: Callable[[], T], stop: Stop, future: Future[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        stop.check()
        result = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
