"""URLs that lead astray: redirects, and next pages."""

from __future__ import annotations

import json
from typing import Any

from ..server import Peer
from . import BUILD, SECRET, Case, create, listed, response, say

_LIST = b"[%s]" % BUILD
_MOVED = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")
_FOREIGN = "PaginationError"
_HERE = b"{api}/v2/organizations/acme/pipelines/web/builds"


def page(link: bytes) -> bytes:
    return response(_LIST, "200 OK", b"Link: " + link)


def _next(url: bytes) -> bytes:
    return b'<%s>; rel="next"' % url


def services(client: Any) -> Any:
    return list(client.notification_services.list("acme"))


def cursor(url: bytes) -> bytes:
    return response(json.dumps({"items": [], "links": {"next": url.decode()}}).encode())


def _moved(status: str, to: bytes) -> bytes:
    return response(b"", status, b"Location: " + to)


def _all(client: Any) -> Any:
    return list(client.builds.list("acme", "web"))


def _all_ahead(client: Any) -> Any:
    return list(client.builds.list("acme", "web").prefetch(3))


def _next_fragment(peer: Peer) -> None:
    peer.say(page(_next(_HERE + b"?page=2#%d" % len(peer.server.heard))))


CASES = (
    *(
        Case(name=f"{verb}: {status[:3]} to {name}", actions=[say(_moved(status, to))], call=call, outcome="APIStatusError", sent=1)
        for verb, call in (("GET", lambda client: client.user.get()), ("POST", create))
        for status in _MOVED
        for name, to in (("another origin", b"{elsewhere}/x"), ("itself", b"/v2/user"))
    ),
    *(
        Case(name=f"next page on {name}", actions=[say(page(_next(url)))], call=listed, outcome=_FOREIGN, sent=1)
        for name, url in (
            ("another port", b"{elsewhere}/v2/x?page=2"),
            ("another host", b"http://localhost:{port}/v2/x?page=2"),
            ("another scheme", b"https://127.0.0.1:{port}/x"),
            ("a file", b"file:///etc/passwd"),
            ("a scheme-less address elsewhere", b"//evil.example/x"),
        )
    ),
    Case(name="next pages in a circle of two", actions=[say(page(_next(_HERE + b"?page=2"))), say(page(_next(_HERE + b"?page=3"))), say(page(_next(_HERE + b"?page=2")))], call=listed, outcome=_FOREIGN, sent=3),
    Case(name="next page by a relative address", actions=[say(page(_next(b"?page=2"))), say(response(_LIST))], call=listed, outcome="result", sent=2),
    Case(name="next page with a credential in its address", actions=[say(page(_next(_HERE + b"?page=2&api_key=" + SECRET.encode()))), say(response(b"", "500 No"))], call=listed, outcome="ServerError"),
    Case(name="Link is garbage with a next page", actions=[say(page(b'<<>;;;rel=next",,,'))], call=listed, outcome=_FOREIGN, sent=1),
    Case(name="Link of 60 kB", actions=[say(page(_next(_HERE + b"?x=" + b"a" * 60_000))), say(response(_LIST))], call=listed, outcome="result", sent=2),
    Case(name="more pages than anybody wants", actions=[say(page(_next(_HERE + b"?page=%d" % n))) for n in range(2, 90)], call=listed, outcome="result", sent=50),
    *(Case(name=f"{how}: next page that differs by its fragment", actions=[_next_fragment], call=call, outcome=_FOREIGN, sent=2) for how, call in (("plain", _all), ("prefetch", _all_ahead))),
    Case(name="cursor to another origin", actions=[say(cursor(b"{elsewhere}/v2/x?after=1"))], call=services, outcome=_FOREIGN, sent=1),
    Case(name="cursor in a circle", actions=[say(cursor(b"{api}/v2/x?after=1"))], call=services, outcome=_FOREIGN, sent=2),
    Case(name="cursor that is a number", actions=[say(response(b'{"items": [], "links": {"next": 7}}'))], call=services, outcome=_FOREIGN, sent=1),
    Case(name="next page with a user in its address", actions=[say(page(_next(b"http://mallory:x@127.0.0.1:{apiport}/v2/x"))), say(response(b"[]"))], call=listed, outcome="PaginationError", sent=1, why="The user would take the place of the token."),
)  # fmt: skip
