"""Minimal server: it looks up prepared bytes and writes them, at once or after a latency.

It runs in a process of its own, so that a measured client does not wait for its work.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from .site import Response, Site


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Start a server and yield its URL."""
    process = subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


class Connection(asyncio.Protocol):
    """One connection, without pipelining."""

    def __init__(self, site: Site, loop: asyncio.AbstractEventLoop) -> None:
        self._site = site
        self._loop = loop
        self._request = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._request += data
        if not self._request.endswith(b"\r\n\r\n"):
            return
        target = self._request.split(b" ", 2)[1].decode()
        self._request = b""
        response = self._site.response(target)
        if response.latency:
            self._loop.call_later(response.latency, self._write, response)
        else:
            self._write(response)

    def _write(self, response: Response) -> None:
        self._transport.write(response.head)
        if response.body:
            self._transport.write(response.body)
        if response.zeros:
            self._sending = self._loop.create_task(self._send_zeros(response.zeros))

    async def _send_zeros(self, size: int) -> None:
        """Let the kernel send a sparse file."""
        with tempfile.TemporaryFile() as file, contextlib.suppress(ConnectionError):
            file.truncate(size)
            await self._loop.sendfile(self._transport, file)


async def main() -> None:
    loop = asyncio.get_running_loop()
    site = Site()
    server = await loop.create_server(lambda: Connection(site, loop), "127.0.0.1", 0, backlog=512)
    site.url = "http://{}:{}".format(*server.sockets[0].getsockname())
    print(site.url, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
