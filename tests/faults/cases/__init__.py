"""What a case is made of: what the server does, what is called, and what must come of it."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

from attrs import frozen
from tests.unit.client.support import build

from ..server import Peer

SECRET = "s3cret-7f3a"
BUILD = json.dumps(build(1)).encode()
_GZIP_HEADER = bytes.fromhex("1f8b08 00 00000000 02 ff")
_LAST_BLOCK = bytes.fromhex("0300")
"""A block of DEFLATE without data, which is the last one."""

Action: TypeAlias = Callable[[Peer], None]
"""What is done about one request that was heard."""
Call: TypeAlias = Callable[[Any], Any]
"""Uses a client."""


def get(client: Any) -> Any:
    return client.builds.get("acme", "web", 1).number


def create(client: Any) -> Any:
    return client.builds.create("acme", "web", commit="HEAD", branch="main").number


def listed(client: Any) -> Any:
    return [found.number for found in client.builds.list("acme", "web", max_items=50)]


@frozen(kw_only=True)
class Case:
    """One attack."""

    name: str
    actions: Sequence[Action]
    """What is done about the first request, the second and so on; the last action is for all further ones."""
    outcome: str
    """The name of the error, or `result`."""
    call: Call = get
    sent: int | None = None
    """How many requests must arrive whole. A POST must in any case not arrive twice unless this allows it."""
    elsewhere: Sequence[Action] = ()
    """What the second origin does."""
    auth: Callable[[], Any] | None = None
    options: Callable[[], dict[str, Any]] = dict
    """Further options of the client."""
    why: str = ""


def response(body: bytes = BUILD, status: str = "200 OK", *headers: bytes) -> bytes:
    """Return a response. A URL in the body is inserted later, and then the length is too."""
    length = b"{length}" if any(name in body for name in (b"{api}", b"{elsewhere}")) else b"%d" % len(body)
    lines = [f"HTTP/1.1 {status}".encode(), b"Content-Type: application/json", *headers]
    return b"\r\n".join([*lines, b"Content-Length: " + length, b"", body])


def head(*headers: bytes, status: str = "200 OK") -> bytes:
    """Return the start of a response, without a length."""
    return b"\r\n".join([f"HTTP/1.1 {status}".encode(), b"Content-Type: application/json", *headers, b"", b""])


@cache
def _bomb(size: int, layers: int) -> bytes:
    """Return `size` zeros, compressed `layers` times. All blocks of a MiB are the same, so one is compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(1 << 20)
    block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(size >> 20):
        checksum = zlib.crc32(zeros, checksum)
    body = _GZIP_HEADER + block * (size >> 20) + _LAST_BLOCK + struct.pack("<LL", checksum, size)
    for _ in range(layers - 1):
        body = gzip.compress(body, 9)
    return body


def say_bomb(size: int, layers: int = 1) -> Action:
    """Respond with `size` zeros, compressed `layers` times. They are made for the first request."""
    coding = b"Content-Encoding: " + b", ".join([b"gzip"] * layers)
    return lambda peer: peer.say(response(_bomb(size, layers), "200 OK", coding))


def say(*chunks: bytes, pause: float = 0.0) -> Action:
    return lambda peer: peer.say(*chunks, pause=pause)


def then_close(*chunks: bytes) -> Action:
    def act(peer: Peer) -> None:
        peer.say(*chunks)
        peer.close()

    return act


def then_reset(*chunks: bytes) -> Action:
    def act(peer: Peer) -> None:
        peer.say(*chunks)
        peer.wait(0.05)  # so that what was said arrives
        peer.reset()

    return act


def then_stall(*chunks: bytes) -> Action:
    def act(peer: Peer) -> None:
        peer.say(*chunks)
        peer.wait(30)

    return act


good = say(response())
"""A response to a request for a build."""
