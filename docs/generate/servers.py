"""Pool of mock servers, each lent to one example at a time."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Final

from buildkite_rest import Buildkite
from buildkite_rest.mock import MockServer, clock_from

#: More than processors, since the servers are idle most of the time.
COUNT: Final = 4


class Servers:
    """Runs `COUNT` mock servers while its `with` block runs. Threads may share it."""

    def __init__(self) -> None:
        self._free: SimpleQueue[tuple[MockServer, Buildkite]] = SimpleQueue()
        self._stack = ExitStack()

    def __enter__(self) -> Servers:
        clock = clock_from(datetime(2026, 3, 2, 9, 15, tzinfo=UTC))
        for _ in range(COUNT):
            server = self._stack.enter_context(MockServer(build_seconds=0.1, clock=clock))
            self._free.put((server, self._stack.enter_context(Buildkite(server.token, base_url=server.url))))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def lend(self) -> Generator[Buildkite]:
        """Yield a client of a freshly reset server, as soon as one is free."""
        server, client = self._free.get()
        try:
            server.reset()
            yield client
        finally:
            self._free.put((server, client))
