"""A server of raw sockets that says whatever a case wants it to say, and remembers what it heard."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from attrs import define, frozen

_END = b"\r\n\r\n"


@frozen
class Heard:
    """A request that arrived whole."""

    method: str
    target: str
    head: bytes
    body: bytes


class Gone(Exception):  # noqa: N818 - not an error
    """The connection is over."""


@define(eq=False)
class Peer:
    """The other end of one connection."""

    server: Server
    _socket: socket.socket
    _buffer: bytes = b""

    def hear(self) -> Heard:
        """Wait for a request. Raises `Gone` when none comes."""
        while _END not in self._buffer:
            self._more()
        head, _, rest = self._buffer.partition(_END)
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        while len(rest) < length:
            self._more()
            rest = self._buffer.partition(_END)[2]
        self._buffer = rest[length:]
        method, target, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ", 2)
        heard = Heard(method, target, head, rest[:length])
        with self.server.lock:
            self.server.heard.append(heard)
        return heard

    def say(self, *chunks: bytes, pause: float = 0.0) -> None:
        """Send `chunks`, with addresses filled in and a pause after each."""
        for chunk in chunks:
            try:
                self._socket.sendall(self.server.fill(chunk))
            except OSError:
                raise Gone from None
            self.wait(pause)

    def wait(self, seconds: float) -> None:
        """Do nothing for a while, or until the server stops."""
        if seconds and self.server.stopping.wait(seconds):
            raise Gone

    def close(self) -> None:
        """End the connection as is proper."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        raise Gone

    def reset(self) -> None:
        """End the connection with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        raise Gone

    def _more(self) -> None:
        try:
            chunk = self._socket.recv(1 << 16)
        except OSError:
            raise Gone from None
        if not chunk:
            raise Gone
        self._buffer += chunk


Behaviour: TypeAlias = Callable[[Peer], None]
"""What is done with one connection, from its beginning."""


class Server:
    """Accepts connections, and gives each to the behaviour of the moment."""

    def __init__(self, behave: Behaviour, listener: socket.socket | None = None) -> None:
        self.behave = behave
        self.calm = False
        """Whether all is well from now on."""
        self.heard: list[Heard] = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.addresses: dict[bytes, bytes] = {}
        self._listener = listener or socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def fill(self, chunk: bytes) -> bytes:
        """Put addresses and the length of the body in the place of their names."""
        for name, address in self.addresses.items():
            chunk = chunk.replace(name, address)
        return chunk.replace(b"{length}", b"%d" % len(chunk.partition(_END)[2]), 1)

    def __enter__(self) -> Server:
        self._start(self._accept)
        return self

    def stop(self) -> None:
        """End all connections, and accept no more."""
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(Gone, OSError):
            self.behave(Peer(self, connection))
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def settle(server: Server, count: int, seconds: float = 2.0) -> None:
    """Wait until `server` has heard `count` requests: a client may fail before the last one was noted."""
    end = time.monotonic() + seconds
    while len(server.heard) < count and time.monotonic() < end:
        time.sleep(0.01)
