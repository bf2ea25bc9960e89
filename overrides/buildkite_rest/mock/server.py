"""The mock server on real sockets, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from functools import partial
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette

from .app import create_app
from .clock import Clock
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

    def register_public_key(self, pem: str) -> None:
        """Let the owner of an RSA key sign requests in the name of `jwt_token_uuid`."""
        self.world.register_public_key(self.jwt_token_uuid, pem)

    def __enter__(self) -> Self:
        api_socket, storage_socket = _bound(self._host, self._port), _bound(self._host, 0)
        self.url, self.storage_url = _address(api_socket), _address(storage_socket)
        api = self._app(storage_url=self.storage_url)
        storage = create_storage_app(self.world)
        pairs = [(_server(api), api_socket), (_server(storage), storage_socket)]
        self._servers = [server for server, _ in pairs]
        self._thread = threading.Thread(target=lambda: asyncio.run(_serve(pairs)), name="mock-server", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join()


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
