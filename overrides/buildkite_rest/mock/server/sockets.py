"""Servers of the HTTP protocol of uvicorn on sockets that are bound beforehand, which drop their clients at the end."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from ..http.origins import is_localhost, origin

_RESET = struct.pack("ii", 1, 0)
#: Turns of the loop from the acceptance of a connection until the server knows it.
_TURNS = 3
#: Seconds that requests have to notice that their clients are gone.
_GRACE = 0.1


class Server:
    """A server of an application, which stops at once: tests start many.

    `uvicorn.Server` would check a flag every tenth of a second, and wait for its clients.
    """

    def __init__(self, app: ASGIApp, listening: Sequence[socket.socket]) -> None:
        # Logging is not configured: that fails without a standard output. Proxy headers are ignored, since `drop` needs
        # the peer of the connection.
        self._config = uvicorn.Config(
            app, ws="none", lifespan="off", log_config=None, log_level="error", access_log=False, proxy_headers=False
        )
        self._listening = listening
        self._state = ServerState()
        self._stopping = asyncio.Event()

    async def serve(self) -> None:
        """Serve until `stop`, and close the sockets and all connections."""
        loop, state = asyncio.get_running_loop(), self._state
        self._config.load()

        def connect() -> asyncio.Protocol:
            protocol: type = self._config.http_protocol_class
            return protocol(config=self._config, server_state=state, app_state={})  # type: ignore[no-any-return]

        servers = [await loop.create_server(connect, sock=each) for each in self._listening]
        await self._stopping.wait()
        for server in servers:
            server.close()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=_GRACE)

    def stop(self) -> None:
        """Stop. Call it in the loop."""
        self._stopping.set()

    def drop(self, client: tuple[str, int], flush: bool) -> None:
        """Close the connection of a client, see `http.planned.Drop`."""
        for connection in list(self._state.connections):
            transport = connection.transport
            peer = transport.get_extra_info("peername")
            if peer is None or tuple(peer[:2]) != client:
                continue
            if flush:
                transport.close()
            else:
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                transport.abort()


def bound(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that clients can connect before the loop runs.

    The socket is made of a file descriptor to know its protocol: asyncio only then disables Nagle's algorithm, which
    would cost 40 ms per request.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.socket(fileno=socket.create_server((host, port), family=family, backlog=128).detach())


def storage(host: str) -> list[socket.socket]:
    """Return sockets of the storage on one port: besides `127.0.0.1` also `::1`, since `localhost` may be either."""
    first = bound(host, 0)
    own, port = first.getsockname()[:2]
    listening = [first]
    if is_localhost(own):
        with suppress(OSError):  # without IPv6
            listening.append(bound("127.0.0.1" if ":" in own else "::1", port))
    return listening


def address(listening: socket.socket) -> str:
    """Return the origin of a socket."""
    return origin(*listening.getsockname()[:2])
