"""The client of the HTTP library that sends, which no two processes may share."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

from attrs import define, field

from ._errors import ConfigurationError

C = TypeVar("C")


@define
class Connections(Generic[C]):
    """A client of the HTTP library, and another one in a process that was forked after the first was used.

    Two processes that read from the same connection get the answers to each other's requests.

    Args:
        current: The client.
        make: Makes another one, or None for a client of the caller's, which nobody else can make.
    """

    current: C
    _make: Callable[[], C] | None
    _process: int | None = field(default=None, init=False)
    _inherited: list[C] = field(factory=list[C], init=False)
    """Clients of the processes before. Their connections are still open there, so nothing may end them here."""
    _lock: Any = field(factory=Lock, init=False)

    def client(self) -> C:
        """Return the client to send with in this process.

        Raises:
            ConfigurationError: It is a client of the caller's, and was used before this process was forked.
        """
        process = os.getpid()
        if self._process != process:
            self._enter(process)
        return self.current

    def is_inherited(self) -> bool:
        """Whether the connections belong to the process that this one was forked from."""
        return self._process not in (None, os.getpid())

    def _enter(self, process: int) -> None:
        with self._lock:
            if self.is_inherited():
                if self._make is None:
                    raise ConfigurationError(
                        "http_client was used before this process was forked; make a client in each process"
                    )
                self._inherited.append(self.current)
                self.current = self._make()
            self._process = process
