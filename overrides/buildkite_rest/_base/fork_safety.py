"""Locks, events and imports that stay usable in a forked process.

A fork copies the state of a lock, but only the thread that forks. A lock that another thread holds would stay locked in
the child forever. That includes the lock of a module that another thread imports.
"""

from __future__ import annotations

import os
import sys
import time
from threading import Event, RLock, get_ident
from types import FrameType
from typing import Final, Protocol
from weakref import WeakSet

_LONGEST_WAIT: Final = 5.0
"""Seconds after which a process forks although a thread imports a module, which may wait for the thread that forks."""
_BETWEEN_CHECKS: Final = 0.001


class ResetInChild(Protocol):
    """An object with a state that is of no use in a forked process."""

    def reset_in_child(self) -> None:
        """Discard what belongs to the parent, such as the state of threads that exist only there."""
        ...


_instances = WeakSet[ResetInChild]()
_held_at_forks = list["LockHeldAtForks"]()
_forking = dict[int, list["LockHeldAtForks"]]()
"""The locks that are held by each thread that forks."""


def reset_in_children(instance: ResetInChild) -> None:
    """Call `reset_in_child` of an object in each forked process, as long as the object exists."""
    _instances.add(instance)


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
        reset_in_children(self)

    def reset_in_child(self) -> None:
        """Replace the lock. A thread that forked while holding the old one still releases that."""
        self.current = RLock()


class LockHeldAtForks(ForkSafeLock):
    """A fork-safe lock that a fork waits for, for data that is of no use to the child while a thread changes it."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        _held_at_forks.append(self)


class ForkSafeEvent:
    """A `threading.Event` that is replaced in each forked process, in which no thread waits for it."""

    __slots__ = ("__weakref__", "_event")

    def __init__(self) -> None:
        self._event = Event()
        reset_in_children(self)

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


def _before_fork() -> None:
    held = _forking[get_ident()] = []
    held.extend(each for each in _held_at_forks if each.current.acquire(timeout=_LONGEST_WAIT))
    _wait_for_imports()


def _after_fork() -> None:
    for each in _forking.pop(get_ident(), ()):
        each.current.release()


def _reset_all() -> None:
    _forking.clear()
    for each in list(_instances):
        each.reset_in_child()


def _wait_for_imports() -> None:
    """Wait until no other thread imports a module, unless this one does, for which the others may wait."""
    end = time.monotonic() + _LONGEST_WAIT
    while _is_importing_elsewhere() and time.monotonic() < end:
        time.sleep(_BETWEEN_CHECKS)


def _is_importing_elsewhere() -> bool:
    frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage] - documented
    return not _is_importing(frames.pop(get_ident())) and any(map(_is_importing, frames.values()))


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") == "importlib._bootstrap":
            return True
        frame = frame.f_back
    return False


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_reset_all)
