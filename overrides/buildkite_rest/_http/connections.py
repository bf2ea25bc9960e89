"""The client of the HTTP library, which processes must not share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Generic, TypeVar

from .._base.errors import ConfigurationError
from .._base.fork_safety import ForkSafeLock

C = TypeVar("C")


def closed_client_error() -> ValueError:
    """Return the error for a call of a client that is closed."""
    return ValueError("the client is closed; make another one, or call it inside its with block")


def _running_loop() -> object:
    """Return the running event loop of asyncio, or None in another framework."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Connections(Generic[C]):
    """A client of the HTTP library, which is replaced in a forked process.

    If two processes read from the same connection, each may receive the responses to the other's requests.

    Args:
        current: The client.
        make: Creates another one. None for a client that the caller passed, which belongs to the process in which this
            object is created, since the caller may have used it before.
    """

    def __init__(self, current: C, make: Callable[[], C] | None) -> None:
        self.current = current
        self.is_own = make is not None
        """Whether the client is not one that the caller passed."""
        self._make = make
        self._process = os.getpid() if make is None else None
        """The process whose connections the client has, or None before the first request."""
        self._loop: object = None
        """The event loop whose connections an asynchronous client has, or None before the first request."""
        self._users = 0
        """How many blocks of `keep_open` are running."""
        self._close_later: Callable[[], None] | None = None
        """Closes the client when the last block ends. No request is sent until then."""
        self._inherited: list[C] = []
        """Clients of parent processes. Their connections are still open there, so they must not be finalized here."""
        self._lock = ForkSafeLock()

    def client(self) -> C:
        """Return the client to send with in this process.

        Raises:
            ConfigurationError: The caller passed the client, in another process.
            ValueError: The client is closed.
        """
        process = os.getpid()
        if self._process != process or self._close_later is not None:
            self._switch_to_process(process)
        return self.current

    def client_of_loop(self) -> C:
        """Return the asynchronous client to send with in this process and event loop.

        Raises:
            ConfigurationError: The client was used in another event loop, or see `client`.
            ValueError: The client is closed.
        """
        client = self.client()
        if self._loop is None:
            self._loop = _running_loop()
        self.check_loop()
        return client

    def check_loop(self) -> None:
        """Raise `ConfigurationError` if the client was used in another event loop, which must close it."""
        if self._loop is not None and self._loop is not _running_loop():
            raise ConfigurationError(
                "the client belongs to another event loop; make one in each asyncio.run, and close it there"
            )

    @contextmanager
    def keep_open(self) -> Generator[None]:
        """Keep the client open during the block, which runs in a thread that `close` does not wait for.

        If a socket is closed while another thread reads from it, that thread may read from the next socket with the
        same number.
        """
        with self._lock.current:
            self._users += 1
        try:
            yield
        finally:
            with self._lock.current:
                self._users -= 1
                close = self._close_later if not self._users else None
            if close is not None:
                close()

    def close(self, close: Callable[[], None]) -> None:
        """Call `close`, which closes the client, at once or when the last thread has finished using it."""
        with self._lock.current:
            if self._users:
                self._close_later = close
                return
        close()

    def is_closed(self) -> bool:
        """Whether the client is closed or about to be closed."""
        return self._close_later is not None or bool(getattr(self.current, "is_closed", False))

    def is_inherited(self) -> bool:
        """Whether the connections belong to the process that this one was forked from."""
        return self._process not in (None, os.getpid())

    def _switch_to_process(self, process: int) -> None:
        with self._lock.current:
            if self.is_inherited():
                self._users, self._close_later, self._loop = 0, None, None
                if self._make is None:
                    raise ConfigurationError(
                        "http_client belongs to the process in which the Buildkite client was made, and this process"
                        " was forked from it; make both in each process"
                    )
                current = self._make()
                if self.is_inherited():  # A signal handler may have called `client` in this thread.
                    self._inherited.append(self.current)
                    self.current, self._process = current, process
            if self._close_later is not None:
                raise closed_client_error()
            self._process = process
