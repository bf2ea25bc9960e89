"""The mock server on real sockets, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette

from .app import create_app
from .clock import Clock
from .engine.control import Control
from .engine.faults import Kind, Planned
from .seed import DEFAULT_BUILDS, seeded_world
from .seed.accounts import ALL_SCOPES_TOKEN, JWT_TOKEN_UUID, READ_ONLY_TOKEN
from .storage import create_storage_app


class MockServer:
    """Serves the API and the storage origin while its `with` block runs.

    Takes what `create_app` takes. Both origins share one event loop, so no request sees the world half changed.
    """

    token = ALL_SCOPES_TOKEN
    read_only_token = READ_ONLY_TOKEN
    jwt_token_uuid = JWT_TOKEN_UUID

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
    ) -> None:
        self.world = seeded_world(seed, builds=builds, clock=clock, build_seconds=build_seconds)
        self.url = ""
        self.storage_url = ""
        self._host = host
        self._port = port
        self._app = partial(
            create_app,
            self.world,
            rate_limit=rate_limit,
            user_rate_limit=user_rate_limit,
            latency=latency,
            fault_rate=fault_rate,
        )
        self._servers: list[_Server] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._control: Control | None = None

    def register_public_key(self, pem: str) -> None:
        """Let the owner of an RSA key sign requests in the name of `jwt_token_uuid`."""
        self.world.register_public_key(self.jwt_token_uuid, pem)

    def reset(self) -> None:
        """Put everything back to how it was at the start: data, clock, limits, faults. Registered keys stay."""
        self._tell(Control.reset)

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self._tell(lambda control: control.clock.advance(seconds))

    def inject(self, kind: Kind, *, method: str | None = None, path: str | None = None, times: int = 1) -> None:
        """Spoil the answers of the next requests.

        Args:
            kind: `500`, `502`, `503`, `520`; `reset` and `truncate`, which end the connection before the answer or in
                the middle of it; `foreign_link` and `link_loop`, whose `Link` leads to another origin or to this page.
            method: Only requests with this method.
            path: Only requests whose path begins so.
            times: How many requests.
        """
        fault = Planned(kind=kind, method=method, path=path, times=times)
        self._tell(lambda control: control.faults.planned.append(fault))

    def set_limits(self, *, rate_limit: int | None = None, user_rate_limit: int | None = None) -> None:
        """Change the rate limits, of which None is none, and count from nothing again."""

        def change(control: Control) -> None:
            control.organization_limit.maximum, control.user_limit.maximum = rate_limit, user_rate_limit
            control.organization_limit.forget()
            control.user_limit.forget()

        self._tell(change)

    def _tell(self, change: Callable[[Control], object]) -> None:
        """Change something between two requests. No request sees it half changed."""
        if self._loop is None or self._control is None:
            raise RuntimeError("the mock server is not running; use it in a with statement")
        control = self._control

        async def tell() -> None:
            change(control)

        asyncio.run_coroutine_threadsafe(tell(), self._loop).result()

    def _drop(self, client: tuple[str, int], flush: bool) -> None:
        for connection in list(self._servers[0].server_state.connections):
            transport = connection.transport
            if transport.get_extra_info("peername")[:2] != client:
                continue
            if flush:
                transport.close()
            else:
                linger = struct.pack("ii", 1, 0)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                transport.abort()

    def __enter__(self) -> Self:
        api_socket, storage_socket = _bound(self._host, self._port), _bound(self._host, 0)
        self.url, self.storage_url = _address(api_socket), _address(storage_socket)
        api = self._app(storage_url=self.storage_url, drop=self._drop)
        self._control = api.state.control
        storage = create_storage_app(self.world)
        pairs = [(_server(api), api_socket), (_server(storage), storage_socket)]
        self._servers = [server for server, _ in pairs]
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._run(pairs, ready), name="mock-server", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._loop = self._control = None

    def _run(self, pairs: list[tuple[_Server, socket.socket]], ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            ready.set()
            runner.run(_serve(pairs))


class _Server(uvicorn.Server):
    """A server that does not wait for its clients when it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.force_exit = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


async def _serve(pairs: list[tuple[_Server, socket.socket]]) -> None:
    await asyncio.gather(*(server.serve([bound]) for server, bound in pairs))


def _server(app: Starlette) -> _Server:
    config = uvicorn.Config(
        app, ws="none", lifespan="off", log_level="error", access_log=False, date_header=False, server_header=False
    )
    return _Server(config)


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens already: who connects before the loop runs waits instead of being refused.

    The protocol is named because asyncio turns Nagle's algorithm off only then, which would cost 40 ms a request.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(128)
    return bound


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
