"""Responds that are too short, too long, no JSON, or the wrong JSON."""

from __future__ import annotations

import gzip
import zlib

from ..case import BUILD, Case, create, good, head, listed, response, say, say_bomb, then_close
from ..server import Peer

_GZIP = b"Content-Encoding: gzip"


def _endless(peer: Peer) -> None:
    peer.say(head(b"Transfer-Encoding: chunked"))
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    while True:
        peer.say(chunk)


def chunked(*lines: bytes) -> bytes:
    return head(b"Transfer-Encoding: chunked") + b"\r\n".join(lines)


_SIZE = b"%x" % len(BUILD)
_DEEP = b"[" * 100_000

CASES = (
    Case(name="JSON cut off, length right", actions=[say(response(BUILD[:-9]))], outcome="DecodeError", sent=1),
    Case(name="POST: JSON cut off, length right", actions=[say(response(BUILD[:-9]))], call=create, outcome="DecodeError", sent=1),
    Case(name="body shorter than its length", actions=[then_close(head(b"Content-Length: 9999") + BUILD)], outcome="APIConnectionError"),
    Case(name="body longer than its length", actions=[then_close(response() + b"garbage")], outcome="result", sent=1),
    Case(name="length shorter than the JSON", actions=[then_close(head(b"Content-Length: 20") + BUILD)], outcome="DecodeError", sent=1),
    Case(name="no length, closed at the end", actions=[then_close(head() + BUILD)], outcome="result", sent=1),
    Case(name="no length, closed in the middle", actions=[then_close(head() + BUILD[:40])], outcome="DecodeError", sent=1),
    Case(name="negative length", actions=[then_close(head(b"Content-Length: -5") + BUILD)], outcome="APIConnectionError"),
    Case(name="two lengths that differ", actions=[then_close(head(b"Content-Length: 5", b"Content-Length: 9") + BUILD)], outcome="APIConnectionError"),
    Case(name="length that is no number", actions=[then_close(head(b"Content-Length: many") + BUILD)], outcome="APIConnectionError"),
    Case(name="chunks", actions=[say(chunked(_SIZE, BUILD, b"0", b"", b""))], outcome="result", sent=1),
    Case(name="chunks end early", actions=[then_close(chunked(_SIZE, BUILD[:40]))], outcome="APIConnectionError"),
    Case(name="chunks without an end", actions=[then_close(chunked(_SIZE, BUILD, b""))], outcome="APIConnectionError"),
    Case(name="chunk size is garbage", actions=[then_close(chunked(b"xyz", BUILD, b""))], outcome="APIConnectionError"),

    Case(name="chunk longer than its size", actions=[then_close(chunked(b"5", BUILD, b""))], outcome="APIConnectionError"),
    Case(name="body without end", actions=[_endless], outcome="DecodeError", sent=1),
    Case(name="empty", actions=[say(response(b""))], outcome="DecodeError", sent=1),
    Case(name="204 where JSON is due", actions=[say(b"HTTP/1.1 204 No Content\r\n\r\n")], outcome="DecodeError", sent=1),

    Case(name="bytes that are not UTF-8", actions=[say(response(b'{"id": "\xff\xfe"}'))], outcome="result", sent=1),
    Case(name="null", actions=[say(response(b"null"))], call=lambda client: client.builds.get("acme", "web", 1), outcome="result", sent=1),


    Case(name="object for a list", actions=[say(response(b'{"a": 1}'))], call=listed, outcome="DecodeError", sent=1),
    Case(name="nested 100 000 deep", actions=[say(response(_DEEP + b"]" * 100_000))], outcome="DecodeError", sent=1),
    Case(name="opened 100 000 times", actions=[say(response(_DEEP))], outcome="DecodeError", sent=1),
    Case(name="gzip", actions=[say(response(gzip.compress(BUILD), "200 OK", _GZIP))], outcome="result", sent=1),
    Case(name="gzip that is not valid", actions=[say(response(BUILD, "200 OK", _GZIP))], outcome="APIConnectionError"),
    Case(name="gzip cut off", actions=[say(response(gzip.compress(BUILD)[:-20], "200 OK", _GZIP))], outcome="APIConnectionError", sent=4),
    Case(name="POST: gzip cut off", actions=[say(response(gzip.compress(BUILD)[:-20], "201 Created", _GZIP))], call=create, outcome="APIConnectionError", sent=1),
    Case(name="gzip in two members", actions=[say(response(gzip.compress(BUILD[:9]) + gzip.compress(BUILD[9:]), "200 OK", _GZIP))], outcome="result", sent=1),
    Case(name="gzip of 512 MB", actions=[say_bomb(1 << 29)], outcome="DecodeError", sent=1),


    Case(name="deflate, which nobody requested", actions=[say(response(zlib.compress(BUILD), "200 OK", b"Content-Encoding: deflate"))], outcome="DecodeError", sent=1),
    Case(name="deflate cut off", actions=[say(response(zlib.compress(BUILD)[:-9], "200 OK", b"Content-Encoding: deflate"))], outcome="DecodeError", sent=1),
    Case(name="error in a coding that nobody knows", actions=[say(response(b"\xff\0", "404 No", b"Content-Encoding: br"))], outcome="NotFoundError", sent=1),
    Case(name="good after a response cut off", actions=[then_close(head(b"Content-Length: 9999") + BUILD), good], outcome="result", sent=2),
)  # fmt: skip
