"""Locks of data that a forked process inherits. `_http/connections.py` has the connections."""

from __future__ import annotations

import os
from threading import RLock


class ForkSafeLock:
    """A reentrant lock with another state in each forked process: `with lock.current:`.

    A fork copies only the thread that forks, so a lock that another thread holds would stay locked in the child. The
    child gets the protected data in its state at the fork, so a block should assign its results at its end. That is
    also safe for a signal handler, callback or finalizer that enters the block again in the same thread, which would
    deadlock if the lock were not reentrant.
    """

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._locks = {os.getpid(): RLock()}

    @property
    def current(self) -> RLock:
        """The lock of this process."""
        return self._locks.get(os.getpid()) or self._locks.setdefault(os.getpid(), RLock())
