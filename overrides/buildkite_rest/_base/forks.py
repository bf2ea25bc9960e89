"""Locks and events that stay usable in a forked process.

A fork copies a lock in the state that it has at that moment, but only the thread that forks. A lock that another thread
held would stay locked in the child for ever.
"""

from __future__ import annotations

import os
from threading import Event, RLock
from typing import Protocol
from weakref import WeakSet


class _ResetInChild(Protocol):
    def reset_in_child(self) -> None:
        """Forget what threads of the parent process held."""
        ...


_alive = WeakSet[_ResetInChild]()


class ForkSafeLock:
    """A lock that is replaced by a new one in each forked process: `with lock.current:`.

    The child sees what the lock protects as it was at the fork, so a block should assign its results at its end.
    The same holds for a signal handler, a callback or a finalizer that enters the block again in the same thread: the
    lock is reentrant, since such a thread would wait for itself forever.
    """

    __slots__ = ("__weakref__", "current")

    def __init__(self) -> None:
        self.current = RLock()
        """The lock of this process. A context manager of our own could be interrupted after it has acquired it."""
        _alive.add(self)

    def reset_in_child(self) -> None:
        """Replace the lock. A thread that forked while it held the old one still releases that."""
        self.current = RLock()


class ForkSafeEvent:
    """A `threading.Event` that is replaced in each forked process, where no thread waits for it."""

    __slots__ = ("__weakref__", "_event")

    def __init__(self) -> None:
        self._event = Event()
        _alive.add(self)

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._event.is_set()

    def set(self) -> None:
        """Wake all threads that wait for it."""
        self._event.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, for at most `timeout` seconds. Return whether it is set."""
        return self._event.wait(timeout)

    def reset_in_child(self) -> None:
        """Replace the event by one that is set if this one is."""
        was_set = self._event.is_set()
        self._event = Event()
        if was_set:
            self._event.set()


def _reset_all() -> None:
    for each in list(_alive):
        each.reset_in_child()


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_reset_all)
