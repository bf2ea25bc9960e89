"""The mock server on real sockets, in a background thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, Unpack

from ..arguments import Port, check
from ..http.graphql import GRAPHQL_PATH
from ..http.origins import storage_origin
from ..resources.access_tokens import ALL_SCOPES_TOKEN, JWT_TOKEN_UUID, READ_ONLY_TOKEN
from . import sockets
from .app import Api
from .control import Control
from .session import Options, Session
from .storage import create_storage_app


class MockServer(Control):
    """Server of the API and the storage origin, which runs in a `with` block.

    Each block starts with the initial state. Accepts the arguments of `create_app`, and `log`, which is called with a
    line for each request to the API. Both origins share one event loop, so that requests are atomic. `log` and `clock`
    are called in the thread of that loop: `log` may call methods of the mock server, `clock` may not, and neither may
    wait for a response.

    Raises:
        TypeError: There is no such option.
        ValueError: A number is out of range, or the host is empty.
    """

    token = ALL_SCOPES_TOKEN
    jwt_token_uuid = JWT_TOKEN_UUID
    read_only_token = READ_ONLY_TOKEN

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        log: Callable[[str], object] | None = None,
        **options: Unpack[Options],
    ) -> None:
        if not host:
            raise ValueError("host must not be empty; leave it out for 127.0.0.1, or pass 0.0.0.0 for all addresses")
        check("port", port, Port)
        super().__init__(Session.start(options))
        self._host = host
        self._port = port
        self._log = log
        self._url = ""
        self._storage_url = ""
        self._servers: list[sockets.Server] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """URL of the API, such as `http://127.0.0.1:8000`, for `base_url` of a client.

        Raises:
            RuntimeError: The mock server has not been started.
        """
        return _started(self._url)

    @property
    def graphql_url(self) -> str:
        """URL of the GraphQL API, for `graphql_url` of a client.

        Raises:
            RuntimeError: The mock server has not been started.
        """
        return f"{self.url}{GRAPHQL_PATH}"

    @property
    def storage_url(self) -> str:
        """URL of the storage, from which artifacts and packages are downloaded.

        Raises:
            RuntimeError: The mock server has not been started.
        """
        return _started(self._storage_url)

    def __enter__(self) -> Self:
        if self._thread is not None:
            if self._thread.is_alive():
                raise RuntimeError("the mock server is already running; create another MockServer for a second one")
            self.reset()
        api_socket = sockets.bound(self._host, self._port)
        try:
            storage_socket = sockets.bound(self._host, 0)
        except BaseException:
            api_socket.close()
            raise
        self._url = sockets.address(api_socket)
        own, storage_port = api_socket.getsockname()[0], storage_socket.getsockname()[1]
        self._storage_url = storage_origin(storage_port, own, own)
        api = Api(session=self._session, storage=storage_port, log=self._log)
        self._servers = [
            sockets.Server(api, [api_socket]),
            sockets.Server(create_storage_app(self.backend), [storage_socket]),
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_serve, args=[self._loop, self._servers], name="mock-server", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._thread is not None and self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                for server in self._servers:
                    self._loop.call_soon_threadsafe(server.stop)
            self._thread.join()


def _serve(loop: asyncio.AbstractEventLoop, servers: Sequence[sockets.Server]) -> None:
    async def serve() -> None:
        await asyncio.gather(*(server.serve() for server in servers))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serve())


def _started(url: str) -> str:
    """Return a URL, which is empty before the start of the mock server."""
    if not url:
        raise RuntimeError("the mock server is not running; use it in a with statement")
    return url
