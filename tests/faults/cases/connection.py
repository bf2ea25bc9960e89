"""Connections that break, stall or trickle."""

from __future__ import annotations

import socket
import time

from ..case import BUILD, Case, create, get, good, head, response, say, then_close, then_reset, then_stall
from ..server import Peer

_HALF = response()[: len(response()) - 20]
_DRIP = [BUILD[index : index + 1] for index in range(len(BUILD))]
_HEAD = head(b"X-Long: %s" % (b"x" * 400))

# Bound, and never listening: it refuses connections, and nobody else gets its port.
_RESERVED = socket.socket()
_RESERVED.bind(("127.0.0.1", 0))


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


CASES = (
    *(
        Case(name=f"{verb}: {name}", actions=[action], call=call, outcome=outcome, sent=sent)
        for verb, call, sent in (("GET", get, 4), ("POST", create, 1))
        for name, action, outcome in (
            ("reset before the response", then_reset(), "APIConnectionError"),
            ("reset in the status line", then_reset(b"HTTP/1."), "APIConnectionError"),
            ("reset in the headers", then_reset(_HEAD[:60]), "APIConnectionError"),
            ("reset after the headers", then_reset(head(b"Content-Length: 500")), "APIConnectionError"),
            ("reset in the body", then_reset(_HALF), "APIConnectionError"),
            ("close before the response", then_close(), "APIConnectionError"),
            ("close in the headers", then_close(_HEAD[:60]), "APIConnectionError"),
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
    Case(name="POST: stall in the body", actions=[then_stall(_HALF)], call=create, outcome="APITimeoutError", sent=1),
    Case(name="GET: body drips past the deadline", actions=[say(head(b"Content-Length: %d" % len(BUILD)), *_DRIP, pause=0.1)], outcome="APITimeoutError"),
    Case(name="POST: body drips past the deadline", actions=[say(head(b"Content-Length: %d" % len(BUILD)), *_DRIP, pause=0.1)], call=create, outcome="APITimeoutError", sent=1),
    Case(name="GET: body drips in time", actions=[say(*[response()[index : index + 40] for index in range(0, len(response()), 40)], pause=0.05)], outcome="result", sent=1),
    Case(
        name="GET: headers drip past the deadline",
        actions=[say(*[_HEAD[index : index + 10] for index in range(0, len(_HEAD), 10)], pause=0.15)],
        outcome="APITimeoutError",
        why="A blocking client cannot leave a read; it notices the deadline when the headers end, after 7 s here.",
    ),
    Case(
        name="GET: 100 Continue past the deadline",
        actions=[say(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 40, pause=0.15)],
        outcome="APITimeoutError",
        why="A blocking client notices the deadline when no more of them come, after 7 s here.",
    ),
    Case(name="GET: nobody listens", actions=[good], options=_refused, outcome="APIConnectionError", sent=0),
    Case(name="POST: nobody listens", actions=[good], call=create, options=_refused, outcome="APIConnectionError", sent=0),
    Case(name="GET: reset on connect", actions=[good], on_connect=Peer.reset, outcome="APIConnectionError", sent=0),
    Case(name="POST: reset on connect", actions=[good], on_connect=Peer.reset, call=create, outcome="APIConnectionError", sent=0),
    Case(name="GET: closed between two requests", actions=[_second], call=_twice, outcome="result", sent=2),
    Case(name="POST: closed between two requests", actions=[_second], call=_get_then_create, outcome="result", sent=2),
)  # fmt: skip
