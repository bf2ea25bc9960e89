"""Connections that break, stall or trickle, and responses that are not HTTP, or HTTP at its limits."""

from __future__ import annotations

import atexit
import socket
import time

from ..server import Peer
from . import BUILD, Case, create, get, good, head, response, say, then_close, then_reset, then_stall

_HALF = response()[: len(response()) - 20]
_DRIP = [BUILD[index : index + 1] for index in range(len(BUILD))]
_HEAD = head(b"X-Long: %s" % (b"x" * 400))

# Bound, and never listening: it refuses connections, and nobody else gets its port.
_RESERVED = socket.socket()
_RESERVED.bind(("127.0.0.1", 0))
atexit.register(_RESERVED.close)


def _refused() -> dict[str, object]:
    return {"base_url": f"http://127.0.0.1:{_RESERVED.getsockname()[1]}"}


def _second(peer: Peer) -> None:
    peer.say(response())
    peer.close()


def _twice(client: object) -> object:
    return get(client), get(client)


def _get_then_create(client: object) -> object:
    first = get(client)
    time.sleep(0.1)  # The client can only see that a connection is closed once it has heard of it.
    return first, create(client)


_ONE_MB = b"x" * (1 << 20)
_CONTINUE = b"HTTP/1.1 102 Processing\r\n\r\n"
_BROKEN = "APIConnectionError"


def _headers(*lines: bytes) -> bytes:
    return response(BUILD, "200 OK", *lines)


CASES = (
    *(
        Case(name=f"{verb}: {name}", actions=[action], call=call, outcome=outcome, sent=sent)
        for verb, call, sent in (("GET", get, 4), ("POST", create, 1))
        for name, action, outcome in (
            ("reset before the response", then_reset(), "APIConnectionError"),
            ("reset in the body", then_reset(_HALF), "APIConnectionError"),
            ("close before the response", then_close(), "APIConnectionError"),
            ("close in the body", then_close(_HALF), "APIConnectionError"),
        )
    ),
    *(
        Case(name=f"{verb}: one {name}, then good", actions=[action, good], call=call, outcome=outcome, sent=sent)
        for verb, call, outcome, sent in (("GET", get, "result", 2), ("POST", create, "APIConnectionError", 1))
        for name, action in (("reset", then_reset()), ("close in the body", then_close(_HALF)))
    ),
    Case(name="GET: stall before the response", actions=[then_stall()], outcome="APITimeoutError"),
    Case(name="POST: stall before the response", actions=[then_stall()], call=create, outcome="APITimeoutError", sent=1),
    Case(name="GET: stall in the headers", actions=[then_stall(_HEAD[:60])], outcome="APITimeoutError"),
    Case(name="GET: stall in the body", actions=[then_stall(_HALF)], outcome="APITimeoutError"),
    Case(name="GET: body drips past the deadline", actions=[say(head(b"Content-Length: %d" % len(BUILD)), *_DRIP, pause=0.1)], outcome="APITimeoutError"),
    Case(name="POST: body drips past the deadline", actions=[say(head(b"Content-Length: %d" % len(BUILD)), *_DRIP, pause=0.1)], call=create, outcome="APITimeoutError", sent=1),
    Case(name="GET: nobody listens", actions=[good], options=_refused, outcome="APIConnectionError", sent=0),
    Case(name="GET: closed between two requests", actions=[_second], call=_twice, outcome="result", sent=2),
    Case(name="POST: closed between two requests", actions=[_second], call=_get_then_create, outcome="result", sent=2),
    Case(name="no HTTP at all", actions=[then_close(b"hello\r\n\r\n")], outcome=_BROKEN),
    Case(name="status line without status", actions=[then_close(b"HTTP/1.1\r\n\r\n")], outcome=_BROKEN),
    Case(name="preface of HTTP/2", actions=[then_close(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")], outcome=_BROKEN),
    Case(name="POST: no HTTP at all", actions=[then_close(b"hello\r\n\r\n")], call=create, outcome=_BROKEN, sent=1),
    Case(name="header without colon", actions=[then_close(_headers(b"Nonsense"))], outcome=_BROKEN),
    Case(name="header with a NUL", actions=[then_close(_headers(b"X-A: a\0b"))], outcome=_BROKEN),
    Case(name="header that is not ASCII", actions=[say(_headers(b"X-A: \xff\xfe\xe9"))], outcome="result", sent=1),
    Case(name="header of 1 MB", actions=[then_close(_headers(b"X-A: " + _ONE_MB))], outcome=_BROKEN),
    Case(name="10 000 headers", actions=[say(_headers(*[b"X-%d: a" % n for n in range(10_000)]))], outcome="result", sent=1),
    Case(name="1 000 times 102 before the response", actions=[say(_CONTINUE * 1_000 + response())], outcome="result", sent=1),
    Case(name="101 Switching Protocols", actions=[then_close(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")], outcome=_BROKEN),
    Case(name="two responses at once", actions=[say(response() + response(b"{}", "500 No")), good], outcome="result", sent=1),
)  # fmt: skip
