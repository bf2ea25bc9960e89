"""Locks and events that stay usable in a forked process.

A fork copies the state of a lock, but only the thread that forks. A lock that another thread holds would stay locked in
the child forever.
"""

from __future__ import annotations

import os
from threading import Event, RLock
from typing import Protocol
from weakref import WeakSet


class _ResetInChild(Protocol):
    def reset_in_child(self) -> None:
        """Discard the state of threads that exist only in the parent."""
        ...


_instances = WeakSet[_ResetInChild]()


class ForkSafeLock:
    """A reentrant lock that is replaced in each forked process: `with lock.current:`.

    The child gets the protected data in its state at the fork, so a block should assign its results at its end. That is
    also safe for a signal handler, callback or finalizer that enters the block again in the same thread, which would
    deadlock if the lock were not reentrant.
    """

    __slots__ = ("__weakref__", "current")

    def __init__(self) -> None:
        self.current = RLock()
        """The lock of this process. A context manager in Python could be interrupted after acquiring it."""
        _instances.add(self)

    def reset_in_child(self) -> None:
        """Replace the lock. A thread that forked while holding the old one still releases that."""
        self.current = RLock()


class ForkSafeEvent:
    """A `threading.Event` that is replaced in each forked process, in which no thread waits for it."""

    __slots__ = ("__weakref__", "_event")

    def __init__(self) -> None:
        self._event = Event()
        _instances.add(self)

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
    for each in list(_instances):
        each.reset_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_reset_all)
