"""Minimal server: it looks up prepared bytes and writes them, at once or after a latency.

It runs in a process of its own, so that a measured client does not wait for its work. It has no state, because the URL
determines the response: the organization `j10-b100-p3-l50` has three pages of 100 builds with 10 jobs, and each
response takes 50 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import attrs

from .paths import BUILDS

ORGANIZATION = re.compile(r"j(\d+)-b(\d+)-p(\d+)-l(\d+)")
USER = {
    "id": "01920000-0000-7002-8000-000000000002",
    "graphql_id": "VXNlci0tLTAxOTIwMDAwLTAwMDAtNzAwMi04MDAwLTAwMDAwMDAwMDAwMg==",
    "name": "Grace Hopper",
    "email": "grace@acme.example",
    "avatar_url": "https://www.gravatar.com/avatar/cfa79f82ab9b303d62805683035d1cf7",
    "created_at": "2024-04-01T09:00:02.000Z",
}


def organization(*, jobs: int = 10, builds: int = 100, pages: int = 1, latency: int = 0) -> str:
    """Return the slug of an organization with these properties; the latency is in milliseconds."""
    return f"j{jobs}-b{builds}-p{pages}-l{latency}"


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


@cache
def page(jobs: int, builds: int) -> bytes:
    """Return the body of a page, repeating the hundred prepared builds."""
    prepared = json.loads(BUILDS.read_bytes())
    items = [{**prepared[index % len(prepared)], "number": index + 1} for index in range(builds)]
    return compact([{**item, "jobs": item["jobs"][:jobs]} for item in items])


@cache
def build(jobs: int) -> bytes:
    return compact(json.loads(page(jobs, 1))[0])


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@cache
def sha1_of_zeros(size: int) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for start in range(0, size, 1 << 20):
        digest.update(bytes(min(1 << 20, size - start)))
    return digest.hexdigest()


@attrs.frozen
class Response:
    """Bytes and their latency. Pages share equal bodies."""

    head: bytes
    body: bytes = b""
    latency: float = 0.0
    zeros: int = 0

    @classmethod
    def of(cls, body: bytes, more: str = "", status: str = "200 OK", *, latency: float = 0.0) -> Response:
        head = _head(len(body), more=more, status=status)
        return cls(head, body, latency) if len(body) > 1 << 16 else cls(head + body, b"", latency)

    def write(self, transport: asyncio.Transport) -> None:
        transport.write(self.head)
        if self.body:
            transport.write(self.body)


class Site:
    """All resources of the server."""

    def __init__(self) -> None:
        self.url = ""
        self.response = cache(self._response)

    def _response(self, target: str) -> Response:
        path, _, query = target.partition("?")
        parts = path.strip("/").split("/")
        if path == "/v2/user":
            return Response.of(compact(USER))
        if parts[0] == "zeros":
            size = int(parts[1])
            first = min(size, 777)
            return Response(_head(size, "application/octet-stream") + bytes(first), zeros=size - first)
        if "artifacts" in parts:
            return self._artifact(parts)
        jobs, builds, pages, latency = map(int, ORGANIZATION.fullmatch(parts[2]).groups())
        if parts[-1] == "builds":
            number = int(parse_qs(query).get("page", ["1"])[0])
            link = self._link(path, max(number, 1), pages)  # pybuildkite counts from 0
            return Response.of(page(jobs, builds), link, latency=latency / 1000)
        return Response.of(build(jobs), latency=latency / 1000)

    def _link(self, path: str, number: int, pages: int) -> str:
        if number >= pages:
            return ""
        base = f"{self.url}{path}?page="
        return f'Link: <{base}{number + 1}&per_page=100>; rel="next", <{base}{pages}&per_page=100>; rel="last"\r\n'

    def _artifact(self, parts: list[str]) -> Response:
        """The id of an artifact ends with its size."""
        size = int(parts[6].rpartition("-")[2])
        if parts[-1] == "download":
            url = f"{self.url}/zeros/{size}"
            return Response.of(compact({"url": url}), f"Location: {url}\r\n", "302 Found")
        url = f"{self.url}/{'/'.join(parts)}"
        known = {
            "id": parts[6],
            "job_id": parts[4],
            "url": url,
            "download_url": f"{url}/download",
            "state": "finished",
            "path": "zeros",
            "dirname": "",
            "filename": "zeros",
            "mime_type": "application/octet-stream",
            "file_size": size,
        }
        return Response.of(compact({**known, "sha1sum": sha1_of_zeros(size)}))


def _head(length: int, media: str = "application/json", more: str = "", status: str = "200 OK") -> bytes:
    limits = "".join(
        f"{prefix}-Limit: 1000000\r\n{prefix}-Remaining: 999999\r\n{prefix}-Reset: 60\r\n{prefix}-Scope: {scope}\r\n"
        for prefix, scope in (("RateLimit", "rest"), ("RateLimit-User", "rest_user"))
    )
    return f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n{limits}{more}\r\n".encode()


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
            self._loop.call_later(response.latency, response.write, self._transport)
        else:
            response.write(self._transport)
        if response.zeros:
            self._sending = self._loop.create_task(self._send_zeros(response.zeros))

    async def _send_zeros(self, size: int) -> None:
        """Let the kernel send a sparse file.

        Some of it was sent with the head. Otherwise chance would decide whether the chunks that a client reads and
        writes are aligned with pages of memory, which makes them a tenth faster.
        """
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
