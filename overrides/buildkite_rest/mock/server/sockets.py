"""uvicorn servers on sockets that are bound beforehand, which drop their clients when they stop."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

import uvicorn
from starlette.types import ASGIApp

from ..._base.command_line import report
from ..http.origins import is_localhost, origin

_RESET = struct.pack("ii", 1, 0)
#: Errors for too many open files, of the process or of the system.
_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE})


#: Seconds after which the flag that a signal sets is read again.
_TICK = 0.1
#: Turns of the loop from the acceptance of a connection until the server knows it.
_TURNS = 3
#: Seconds that requests have to notice that their clients are gone.
_GRACE = 0.1


class Server(uvicorn.Server):
    """A server that drops its clients when it stops, and stops at once: tests start many."""

    is_shut_down = False
    _loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Stop, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # The loop is closed.
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def main_loop(self) -> None:
        """Wait until the server should exit."""
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop all connections and stop. uvicorn would wait for a tenth of a second at least."""
        self.is_shut_down = True
        loop = asyncio.get_running_loop()
        listening = [each for server in self.servers for each in server.sockets]
        with suppress(NotImplementedError):  # on Windows
            for each in listening:
                loop.remove_reader(each)
        for _ in range(_TURNS):  # A connection that was accepted before `close` and is made after it would stay open.
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        for connection in list(self.server_state.connections):
            with suppress(OSError):  # Otherwise a forked process would keep it open.
                connection.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            connection.transport.abort()
        await asyncio.sleep(0)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE)
        for server in self.servers:
            await server.wait_closed()

    def drop(self, client: tuple[str, int], flush: bool) -> bool:
        """Close the connection of a client, see `http.faults.Drop`."""
        for connection in list(self.server_state.connections):
            transport = connection.transport
            peer = transport.get_extra_info("peername")
            if peer is None or tuple(peer[:2]) != client:
                continue
            if flush:
                transport.close()
            else:
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                transport.abort()
            return True
        return False


def server(app: ASGIApp) -> Server:
    """Return a server that logs errors only.

    Logging is not configured: uvicorn's configuration fails without a standard output. Proxy headers are ignored, since
    `drop` needs the peer of the connection.
    """
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        date_header=False,
        server_header=False,
        proxy_headers=False,
    )
    return Server(config)


class ListeningSockets:
    """Sockets that belong to one process. A forked one closes them: it would keep their ports in use."""

    def __init__(self) -> None:
        self.open: list[socket.socket] = []
        """Those that are not closed yet."""
        _listening.add(self)

    def add(self, *listening: socket.socket) -> None:
        """Take sockets over, to close them."""
        self.open = [*self.open, *listening]

    def close(self) -> None:
        """Close them."""
        for each in self.open:
            each.close()
        self.open = []


_listening: Final = WeakSet[ListeningSockets]()


def _close_all() -> None:
    for each in list(_listening):
        each.close()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_close_all)


class LoopErrors:
    """Exception handler of the loop, which reports a shortage of files once, in one line.

    asyncio retries, and would report every waiting connection, and sockets that are closed by the time it retries.
    """

    def __init__(self, *listening: socket.socket) -> None:
        self._listening = listening
        self._reported = False

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report an error."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _SHORTAGE:
            if not self._reported:
                self._reported = True
                report("too many open files: new connections wait until others are closed")
        elif not (self._reported and isinstance(error, ValueError) and self._closed()):
            loop.default_exception_handler(context)

    def _closed(self) -> bool:
        return any(listening.fileno() == -1 for listening in self._listening)


async def serve(*pairs: tuple[Server, Sequence[socket.socket]]) -> None:
    """Serve until all servers should exit, and close the sockets."""
    asyncio.get_running_loop().set_exception_handler(
        LoopErrors(*(each for _, listening in pairs for each in listening))
    )
    try:
        await asyncio.gather(*(server.serve(list(listening)) for server, listening in pairs))
    finally:
        for server, listening in pairs:
            if server.started and not server.is_shut_down:  # Old uvicorn leaves it out if it stops while it starts.
                await server.shutdown()
            for each in listening:
                each.close()


def bound(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that clients can connect before the loop runs.

    The protocol is explicit because asyncio only then disables Nagle's algorithm, which would cost 40 ms per request.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on other systems two servers could share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # or `::` would also bind the port on all IPv4 addresses, which the storage binds
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(128)
    except BaseException as error:
        listening.close()
        if isinstance(error, TypeError | UnicodeError):  # Python's errors for invalid host names
            raise OSError(errno.EINVAL, "This is not a host name") from error
        raise
    return listening


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
