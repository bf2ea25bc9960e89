"""The mock server on real sockets, in a background thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from ..._base.fork_safety import ForkSafeLock
from ..arguments import Port, check
from ..clock import Clock
from ..http.graphql import GRAPHQL_PATH
from ..http.origins import is_name, storage_on
from ..http.received_requests import log_requests
from ..resources.access_tokens import ALL_SCOPES_TOKEN, JWT_TOKEN_UUID, READ_ONLY_TOKEN
from ..seeding import DEFAULT_BUILDS, seeded_backend
from ..undo import undone_on_error
from . import sockets
from .app import application, host_names
from .control import Control
from .session import Session
from .storage import create_storage_app

T = TypeVar("T")
#: Characters of the longest host name.
_LONGEST_HOST = 253
_NOT_RUNNING = "the mock server is not running; use it in a with statement"


class MockServer(Control):
    """Server of the API and the storage origin, which runs in a `with` block.

    Each block starts with the initial state. Accepts the arguments of `create_app`, and `log`, which is called with a
    line for each request. Both origins share one event loop, so that requests are atomic. `log` and `clock` are called
    in the thread of that loop: `log` may call methods of the mock server, `clock` may not, and neither may wait for a
    response.

    Raises:
        ValueError: A number is out of range, the host is empty, or one of `hosts` is not a host name.
    """

    token = ALL_SCOPES_TOKEN
    jwt_token_uuid = JWT_TOKEN_UUID
    read_only_token = READ_ONLY_TOKEN

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        builds: int = DEFAULT_BUILDS,
        clock: Clock = time.time,
        build_seconds: float = 2.0,
        rate_limit: int | None = None,
        user_rate_limit: int | None = None,
        latency: float = 0.0,
        fault_rate: float = 0.0,
        log: Callable[[str], object] | None = None,
        hosts: Iterable[str] = (),
    ) -> None:
        if not host:
            raise ValueError("host must not be empty; leave it out for 127.0.0.1, or pass 0.0.0.0 for all addresses")
        check("port", port, Port)
        self._hosts = host_names([*hosts, *((host,) if is_name(host) else ())])
        self._session = Session.start(
            seeded_backend(seed, builds=builds, clock=clock, build_seconds=build_seconds),
            rate_limit=rate_limit,
            user_rate_limit=user_rate_limit,
            latency=latency,
            fault_rate=fault_rate,
        )
        self._url = ""
        self._storage_url = ""
        self._host = host
        self._port = port
        self._log = log
        self._servers: list[sockets.Server] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        #: Whether a `with` block has ended whose changes have not been undone.
        self._has_ended = False
        #: Held while a thread starts or stops the loop, or waits for it.
        self._lock = ForkSafeLock()

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

    def register_public_key(self, pem: str) -> None:
        """Let the owner of an RSA key sign requests in the name of `jwt_token_uuid`.

        `reset` removes a key that is registered while the server is running, and keeps one from before.

        Raises:
            ValueError: `pem` is not the PEM text of an RSA public key of 2048 to 4096 bits.
        """
        self._start_over()
        self.backend.register_public_key(self.jwt_token_uuid, pem)

    def _start_over(self) -> None:
        """Restore the initial state if a block has ended."""
        if self._has_ended:
            self._session.reset()
            self._has_ended = False

    def _run_in_loop(self, change: Callable[[], T]) -> T:
        if self._loop is not None and threading.current_thread() is self._thread:  # in `log`: no request is handled
            with undone_on_error():
                return change()
        with self._lock.current:
            if self._loop is None or self._thread is None or self._loop.is_closed():
                raise RuntimeError(_NOT_RUNNING)
            future: Future[T] = Future()
            self._loop.call_soon_threadsafe(_run, change, future)
            while not wait([future], timeout=0.5).done:
                if not self._thread.is_alive():  # a stopped loop never runs the call
                    raise RuntimeError(_NOT_RUNNING)
            return future.result()

    def __enter__(self) -> Self:
        with self._lock.current:
            if self._thread is not None and self._thread.is_alive():
                raise RuntimeError("the mock server is already running; create another MockServer for a second one")
            self._start_over()
            self._start(*self._listen())
        return self

    def _start(self, api_socket: socket.socket, storage_sockets: list[socket.socket]) -> None:
        self._url = sockets.address(api_socket)
        storage_url = storage_on(storage_sockets[0].getsockname()[1])
        own = api_socket.getsockname()[0]
        self._storage_url = storage_url(own, own)
        self._session.keep_public_keys()
        api = application(self._session, storage_url, drop=self._drop, hosts=self._hosts)
        storage = create_storage_app(self.backend)
        self._servers = [
            sockets.Server(app if self._log is None else log_requests(app, self._log), listening)
            for app, listening in ((api, [api_socket]), (storage, storage_sockets))
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_serve, args=[self._loop, self._servers], name="mock-server", daemon=True
        )
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        with suppress(RuntimeError):  # the loop is closed
            for server in self._servers:
                loop.call_soon_threadsafe(server.stop)
        thread.join()
        with self._lock.current:
            if self._thread is thread:  # otherwise another thread has started it again
                self._has_ended = True
                self._loop = None

    def _listen(self) -> tuple[socket.socket, list[socket.socket]]:
        """Return the sockets of both origins."""
        try:
            api_socket = sockets.bound(self._host, self._port)
            try:
                return api_socket, sockets.storage(self._host)
            except BaseException:
                api_socket.close()
                raise
        except OSError as error:
            reason = f"{error.strerror or error}: host {self._host[:_LONGEST_HOST]!r}, port {self._port}"
            raise OSError(error.errno, reason) from error

    def _drop(self, client: tuple[str, int], flush: bool) -> None:
        self._servers[0].drop(client, flush)


def _serve(loop: asyncio.AbstractEventLoop, servers: Sequence[sockets.Server]) -> None:
    async def serve() -> None:
        await asyncio.gather(*(server.serve() for server in servers))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serve())


def _started(url: str) -> str:
    """Return a URL, which is empty before the start of the mock server."""
    if not url:
        raise RuntimeError(_NOT_RUNNING)
    return url


def _run(change: Callable[[], T], future: Future[T]) -> None:
    """Run a change and set its result or exception."""
    try:
        with undone_on_error():
            result = change()
        future.set_result(result)
    except Exception as error:
        future.set_exception(error)
