"""Daemon threads for requests that run in the background, and their cooperative cancellation.

At exit the interpreter joins the threads of a `ThreadPoolExecutor`, however long their requests take, but not these.
Cancellation ends pauses, but not requests in flight.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeAlias, TypeVar
from weakref import finalize

from msgspec.structs import replace

from .times import Timing

T = TypeVar("T")
_Jobs: TypeAlias = "SimpleQueue[Callable[[], None] | None]"


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


class Workers:
    """A pool of threads, which end when `close` is called, the pool is collected or the interpreter exits.

    Args:
        size: Number of jobs that run at the same time.
        cancellation: Cancelled by `close`. Jobs that have not started then fail with `CancelledError`.
    """

    def __init__(self, size: int, cancellation: Cancellation) -> None:
        self._size = size
        self._cancellation = cancellation
        self._process = os.getpid()
        self._jobs: _Jobs = SimpleQueue()
        self._threads: list[Thread] = []
        self._finalizer = finalize(self, _finalize, cancellation, self._jobs, self._threads)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` in a thread, in the context of the caller."""
        future = Future[T]()
        if len(self._threads) < self._size:
            thread = Thread(target=_run_jobs, args=(self._jobs,), name="buildkite_rest", daemon=True)
            thread.start()
            self._threads.append(thread)
        job: Callable[[], None] = partial(_run_job, work, self._cancellation, future)
        self._jobs.put(partial(copy_context().run, job))
        return future

    def are_inherited(self) -> bool:
        """Whether the threads only exist in the process that this one was forked from."""
        return self._process != os.getpid()

    def close(self) -> None:
        """End the threads without joining them. One that waits for a response ends when it arrives."""
        self._finalizer()


def _finalize(cancellation: Cancellation, jobs: _Jobs, threads: list[Thread]) -> None:
    cancellation.cancel()
    for _ in threads:
        jobs.put(None)


def _run_jobs(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job()
        del job  # do not keep its result alive while waiting


def _run_job(work: Callable[[], T], cancellation: Cancellation, future: Future[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        cancellation.check()
        result = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
