"""Fault injection: latency, error responses, connections that break, bad pagination links."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import anyio
import attrs
import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..._base.arguments import is_mapping
from ..arguments import Count
from ..ids import seeded_random
from .call import HTML, JSON, Reply, json
from .graphql import GRAPHQL_PATH, limit_exceeded
from .rate_limits import Usage

Drop: TypeAlias = Callable[[tuple[str, int], bool], bool]
"""Closes the connection of a client, after flushing it if the second argument is true, or else with a reset.

Returns whether there is such a connection.
"""


async def truncate(drop: Drop | None, response: Response, scope: Scope, receive: Receive, send: Send) -> bool:
    """Send the headers and half of the body, and close the connection. Return whether that was possible."""
    client = _client(scope)
    if drop is None or client is None:
        return False
    if response.body:  # an empty body could not be truncated
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    drop(client, True)
    await _disconnected(receive)
    return True


async def reset_connection(drop: Drop | None, scope: Scope, receive: Receive) -> bool:
    """Reset the connection without a response. Return whether that was possible."""
    client = _client(scope)
    if drop is None or client is None or not drop(client, False):
        return False
    await _disconnected(receive)
    return True


def _client(scope: Mapping[str, Any]) -> tuple[str, int] | None:
    client = scope.get("client")
    return None if client is None else (client[0], client[1])


async def _disconnected(receive: Receive) -> None:
    """Wait until the server notices the disconnect: before, it logs an error about the missing response."""
    while (await receive())["type"] != "http.disconnect":
        pass


FaultKind: TypeAlias = Literal["429", "500", "502", "503", "520", "reset", "truncate", "foreign_link", "link_loop"]
#: Exhausted limit of the organization, which resets after a second.
_EXHAUSTED = Usage(scope="rest", limit=200, current=201, reset=1, enforced=True)
#: Limit of the user, which is not exhausted.
_USER = Usage(scope="rest_user", limit=50, current=20, reset=1, enforced=True)
#: Responses that replace the response.
_REPLIES: Mapping[str, Reply] = {
    "429": json(_EXHAUSTED.body(), 429, {**_EXHAUSTED.headers("RateLimit"), **_USER.headers("RateLimit-User")}),
    "500": Reply(500, b'{"message":"Internal Server Error"}', JSON),
    "502": Reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", HTML),
    "503": Reply(503, b'{"message":"Service Unavailable"}', JSON, {"Retry-After": "1"}),
    "520": Reply(520),
}
#: Kinds that `fault_rate` picks from.
_RANDOM_KINDS: tuple[FaultKind, ...] = ("500", "502", "503")
#: Supported methods.
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: Prefixes of request paths: escaped, without a query, and outside `/_mock/`.
_PATH_PREFIX = re.compile(r"/(?!_mock(?:/|$))[!-~]*")
#: Characters of a path or method in a message.
_LONGEST = 200
_NOT_IN_PATHS = re.compile(r"[?#*{}]")
_ORIGIN = re.compile(r"https?://[^/>]*")
_FOREIGN_ORIGIN = "http://elsewhere.invalid"
#: Faults in pagination links. Only responses to GET have a next page.
_LINK_FAULTS = frozenset({"foreign_link", "link_loop"})


class PlannedFault(Struct, kw_only=True, forbid_unknown_fields=True):
    """A fault for the next requests that match a method and a path prefix."""

    kind: FaultKind
    method: str | None = None
    path: str | None = None
    times: Count = 1

    def __post_init__(self) -> None:
        """Reject what matches no request: a test would silently pass without its fault."""
        if self.method is not None:
            check_method(self.method)
        if self.path is not None and (not _PATH_PREFIX.fullmatch(self.path) or _NOT_IN_PATHS.search(self.path)):
            raise ValueError(unknown_path(self.path))
        if self.kind in _LINK_FAULTS and (self.method or "GET").upper() != "GET":
            raise ValueError(f"{self.kind} does not apply to {self.method}: only responses to GET have a next page")

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request matches. Trailing slashes are ignored.

        Browsers send `OPTIONS` before a request. It only has a fault that names it.
        """
        expected = "GET" if self.kind in _LINK_FAULTS else self.method
        if method != expected.upper() if expected is not None else method == "OPTIONS":
            return False
        return self.path is None or f"{path.rstrip('/')}/".startswith(_without_repeated_slash(self.path))


def check_method(method: str) -> None:
    """Raise `ValueError` if a method is not supported."""
    if method.upper() not in _METHODS:
        raise ValueError(f"{method[:_LONGEST]!r} is not a supported method; use one of {', '.join(_METHODS)}")


def unknown_path(path: str) -> str:
    """Return the message about a path that is not a prefix of a request path."""
    accepted = "one such as '/v2/organizations/acme' without an origin, a query, a fragment or wildcards"
    return f"{path[:_LONGEST]!r} is not the prefix of a request path; use {accepted}"


def _without_repeated_slash(path: str) -> str:
    return f"{path.rstrip('/')}/" if path.endswith("/") else path


@attrs.define
class Faults:
    """Latency of all responses, random faults for a share of them (the same for a seed), and planned faults."""

    latency: float = 0.0
    rate: float = 0.0
    seed: int = 0
    planned: deque[PlannedFault] = attrs.field(factory=deque[PlannedFault], init=False)
    _random: random.Random = attrs.field(init=False)
    _initial: tuple[float, float] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._initial = self.latency, self.rate
        self._random = seeded_random("faults", self.seed)

    def reset(self) -> None:
        """Restore the initial latency and rate, and drop planned faults."""
        self.latency, self.rate = self._initial
        self.planned.clear()
        self._random = seeded_random("faults", self.seed)

    async def wait(self, receive: Receive) -> bool:
        """Sleep for the latency. Return False if the client disconnects meanwhile."""
        if self.latency <= 0:
            return True
        with anyio.move_on_after(self.latency):
            while (await receive())["type"] != "http.disconnect":
                pass
            return False
        return True

    def next_kind(self, method: str, path: str) -> FaultKind | None:
        """Return the fault for a request, or None. Those in links are applied by `with_bad_links`."""
        planned = self._next(method, path, links=False)
        if planned is not None:
            return self._use(planned)
        if self.rate <= 0 or method == "OPTIONS":
            return None
        return self._random.choice(_RANDOM_KINDS) if self._random.random() < self.rate else None

    def with_bad_links(self, method: str, path: str, reply: Reply, url: str) -> Reply:
        """Return a response, with the next planned fault in its links if it is a page of a list."""
        fault = self._next(method, path, links=True)
        if fault is None or not _is_page(reply):
            return reply
        return _with_bad_links(self._use(fault), reply, url)

    def _next(self, method: str, path: str, *, links: bool) -> PlannedFault | None:
        """Return the next planned fault for a request, in links or of the other kinds."""
        kinds = (fault for fault in self.planned if (fault.kind in _LINK_FAULTS) == links)
        return next((fault for fault in kinds if fault.matches(method, path)), None)

    def _use(self, fault: PlannedFault) -> FaultKind:
        """Count a planned fault as one of its times, and return its kind."""
        fault.times -= 1
        if fault.times < 1:
            self.planned.remove(fault)
        return fault.kind


def replacement(kind: FaultKind | None, path: str = "") -> Reply | None:
    """Return the response that replaces the real one, or None if the fault does not replace it."""
    if kind == "429" and path == GRAPHQL_PATH:
        return limit_exceeded()
    return None if kind is None else _REPLIES.get(kind)


def _is_page(reply: Reply) -> bool:
    """Return whether a response is a page of a list: an array, or an object with items."""
    return reply.status == 200 and (
        "Link" in reply.headers or reply.body.lstrip()[:1] == b"[" or _cursor_body(reply) is not None
    )


def _with_bad_links(kind: FaultKind, reply: Reply, url: str) -> Reply:
    """Return a page whose next page is on another origin, or is the page itself.

    Numbered pages have links in the `Link` header, pages with cursors in the body, and some of them in both.
    """
    body = _cursor_body(reply)
    if body is not None:
        reply = attrs.evolve(reply, body=msgspec.json.encode({**body, "links": _bad_links(kind, body["links"], url)}))
        if "Link" not in reply.headers:
            return reply
    if kind == "foreign_link":
        link = _ORIGIN.sub(_FOREIGN_ORIGIN, reply.headers.get("Link", '<http://x/>; rel="next"'))
    else:
        link = f'<{url}>; rel="next"'
    return attrs.evolve(reply, headers={**reply.headers, "Link": link})


def _cursor_body(reply: Reply) -> dict[str, Any] | None:
    """Return the body of a page with cursors, or None for other responses."""
    if reply.status != 200 or reply.content_type != JSON:
        return None
    body: object = msgspec.json.decode(reply.body)
    return {**body} if is_mapping(body) and "items" in body and is_mapping(body.get("links")) else None


def _bad_links(kind: str, links: Mapping[str, str], url: str) -> dict[str, str]:
    if kind == "link_loop":
        return {**links, "next": url}
    foreign = {rel: _ORIGIN.sub(_FOREIGN_ORIGIN, link) for rel, link in links.items() if rel != "self"}
    return {"next": f"{_FOREIGN_ORIGIN}/", **links, **foreign}
