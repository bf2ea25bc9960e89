"""Servers of the HTTP protocol of uvicorn on sockets that are bound beforehand, and connections that break."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from ..http.origins import origin

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
        # Logging is not configured: that fails without a standard output.
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
            protocol_class: type = self._config.http_protocol_class
            scope_state: dict[str, Any] = {}
            protocol: asyncio.Protocol = protocol_class(config=self._config, server_state=state, app_state=scope_state)
            scope_state["connection"] = protocol
            return protocol

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


def breakable_connection(scope: Scope) -> Any:
    """Return the connection of a request, or None if a server of another kind handles it."""
    return scope.get("state", {}).get("connection")


async def break_connection(response: Response | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Close the connection of a request, after half of the response, or with a reset if there is none."""
    transport = breakable_connection(scope).transport
    if response is None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    else:
        if response.body:  # an empty body could not be truncated
            await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
            half = bytes(response.body)[: len(response.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        transport.close()
    await disconnect(receive)


async def disconnect(receive: Receive) -> None:
    """Wait for the disconnect. An earlier return without a response would be logged as an error."""
    while (await receive())["type"] != "http.disconnect":
        pass


def bound(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that clients can connect before the loop runs.

    The socket is made of a file descriptor to know its protocol: asyncio only then disables Nagle's algorithm, which
    would cost 40 ms per request.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.socket(fileno=socket.create_server((host, port), family=family, backlog=128).detach())


def address(listening: socket.socket) -> str:
    """Return the origin of a socket."""
    return origin(*listening.getsockname()[:2])
