"""uvicorn on sockets that are bound before it runs, and that let go of their clients at once."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from ..._base.standard_streams import report
from ..http.origins import is_ip, is_loopback, origin

_RESET = struct.pack("ii", 1, 0)
#: What the system says when there are too many open files, of the process or of all.
_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE})
#: What it says where an address does not exist, such as one in IPv6 without IPv6.
_ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
#: Ports that are tried until one is free on every address.
_ATTEMPTS = 10


class Server(uvicorn.Server):
    """A server that does not wait for its clients when it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self.force_exit = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    def drop(self, client: tuple[str, int], flush: bool) -> bool:
        """End the connection of a client, as `engine.connections.Drop` says."""
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

    Logging is left as the program has configured it: the configuration of uvicorn fails without a standard output. The
    client that a proxy names is ignored, since `drop` needs the peer of the connection.
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


class Complaints:
    """What a loop tells of errors that nobody catches.

    Of a shortage of files it tells once, in a line. asyncio tries again, and would tell of each connection that waits,
    and of a socket that is closed by the time it tries.
    """

    def __init__(self, *listening: socket.socket) -> None:
        self._listening = listening
        self._told = False

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Tell of an error."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _SHORTAGE:
            if not self._told:
                self._told = True
                report("too many open files: new connections wait until others are closed")
        elif not (self._told and isinstance(error, ValueError) and self._closed()):
            loop.default_exception_handler(context)

    def _closed(self) -> bool:
        return any(listening.fileno() == -1 for listening in self._listening)


async def serve(*pairs: tuple[Server, Sequence[socket.socket]]) -> None:
    """Serve until all of them are told to stop, and close the sockets."""
    asyncio.get_running_loop().set_exception_handler(
        Complaints(*(each for _, listening in pairs for each in listening))
    )
    try:
        await asyncio.gather(*(server.serve(list(listening)) for server, listening in pairs))
    finally:
        for server, listening in pairs:  # Old releases of uvicorn leave them open when they stop while they start.
            for started in server.servers:
                started.close()
            for each in listening:
                each.close()


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens already: who connects before the loop runs waits instead of being refused.

    The protocol is named because asyncio turns Nagle's algorithm off only then, which would cost 40 ms a request.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # or `::` has the port of every IPv4 address too, which the storage also binds
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    except TypeError as error:  # what Python says of names that no host can have
        listening.close()
        raise OSError("This is no name of a host") from error
    return listening


def storage(host: str) -> tuple[list[socket.socket], bool]:
    """Return sockets for the storage, which share a port, and whether it can be reached as `localhost`.

    A loopback host is complemented by the addresses that `localhost` resolves to, of which one may be in IPv6.
    """
    for _ in range(_ATTEMPTS):
        first = bound(host, 0)
        own, port = first.getsockname()[:2]
        listening = [first]
        if not is_loopback(own):
            return listening, False
        try:
            reached = [_complete(listening, address, port) for address in _localhost()]
        except OSError as error:
            for each in listening:
                each.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return listening, any(reached)
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _complete(listening: list[socket.socket], address: str, port: int) -> bool:
    """Listen on an address of `localhost` too, and return whether it can be reached."""
    own = {each.getsockname()[0] for each in listening}
    if address in own or ("0.0.0.0" if "." in address else "::") in own:  # noqa: S104 - compared, not bound
        return True
    try:
        listening.append(bound(address, port))
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return False
    return True


def _localhost() -> list[str]:
    try:
        found = socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return [address for address in addresses if is_ip(address) and is_loopback(address)]


def address(listening: socket.socket) -> str:
    """Return the origin that a socket serves."""
    return origin(*listening.getsockname()[:2])
