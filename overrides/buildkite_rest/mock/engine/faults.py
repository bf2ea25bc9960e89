"""Faults on purpose: answers that come late, and some that are errors, are cut off or lead astray."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import anyio
import attrs
from msgspec import Meta, Struct
from starlette.types import Receive

from ..ids import chance
from .limits import Usage
from .reply import HTML, JSON, Reply, json

Kind: TypeAlias = Literal["429", "500", "502", "503", "520", "reset", "truncate", "foreign_link", "link_loop"]

#: The limit of an organization that is reached, and counts anew in a second.
_EXHAUSTED = Usage(scope="rest", limit=200, current=201, reset=1, enforced=True)
#: That of the user, who is one of several.
_USER = Usage(scope="rest_user", limit=50, current=20, reset=1, enforced=True)

#: What is answered in place of the answer.
_REPLIES: Mapping[str, Reply] = {
    "429": json(_EXHAUSTED.body(), 429, {**_EXHAUSTED.headers("RateLimit"), **_USER.headers("RateLimit-User")}),
    "500": Reply(500, b'{"message":"Internal Server Error"}', JSON),
    "502": Reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", HTML),
    "503": Reply(503, b'{"message":"Service Unavailable"}', JSON, {"Retry-After": "1"}),
    "520": Reply(520),
}
#: What happens by chance.
_ACCIDENTS: tuple[Kind, ...] = ("500", "502", "503")
#: The methods of requests that are answered.
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: How paths may begin as they stand in a request: escaped, without a query, and not those of the switches.
_BEGINNING = re.compile(r"(?:/(?!_mock(?:/|$))[!-~]*)?")
_UNFIT = re.compile(r"[?#*{}]")
_ORIGIN = re.compile(r"<[a-z]+://[^/>]*")


class Planned(Struct, kw_only=True, forbid_unknown_fields=True):
    """A fault that hits the next requests which fit it: a method, and how the path begins."""

    kind: Kind
    method: str | None = None
    path: str | None = None
    times: Annotated[int, Meta(ge=1)] = 1

    def __post_init__(self) -> None:
        """Refuse what fits no request. A test of a fault that never comes would pass."""
        if self.method is not None and self.method.upper() not in _METHODS:
            raise ValueError(f"no request has the method {self.method!r}; there are {', '.join(_METHODS)}")
        if self.path is not None and (not _BEGINNING.fullmatch(self.path) or _UNFIT.search(self.path)):
            raise ValueError(f"no path of a request begins with {self.path!r}, but with, say, '/v2/organizations/acme'")

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a request is hit."""
        return (self.method is None or self.method.upper() == method) and path.startswith(self.path or "")


@attrs.define
class Faults:
    """Delays every answer, and spoils a share of them, the same ones for the same seed, besides those planned."""

    latency: float = 0.0
    rate: float = 0.0
    seed: int = 0
    planned: deque[Planned] = attrs.field(factory=deque[Planned], init=False)
    _chance: random.Random = attrs.field(init=False)
    _start: tuple[float, float] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._start = self.latency, self.rate
        self._chance = chance("faults", self.seed)

    def reset(self) -> None:
        """Do as at the start, and forget what is planned."""
        self.latency, self.rate = self._start
        self.planned.clear()
        self._chance = chance("faults", self.seed)

    async def client_waits(self, receive: Receive) -> bool:
        """Wait as long as every request waits, and tell whether the client did so too."""
        if self.latency <= 0:
            return True
        with anyio.move_on_after(self.latency):
            while (await receive())["type"] != "http.disconnect":
                pass
            return False
        return True

    def strike(self, method: str, path: str) -> Kind | None:
        """Return the fault that hits a request, or None."""
        planned = next((fault for fault in self.planned if fault.fits(method, path)), None)
        if planned is not None:
            planned.times -= 1
            if planned.times < 1:
                self.planned.remove(planned)
            return planned.kind
        return self._chance.choice(_ACCIDENTS) if self.rate > 0 and self._chance.random() < self.rate else None


def instead(kind: Kind | None) -> Reply | None:
    """Return what is answered in place of the answer, if the fault is of that sort."""
    return None if kind is None else _REPLIES.get(kind)


def astray(kind: Kind | None, reply: Reply, url: str) -> Reply:
    """Return an answer whose next page is elsewhere, or is the page itself, if the fault is of that sort."""
    match kind:
        case "foreign_link":
            given = reply.headers.get("Link", '<http://x/>; rel="next"')
            link = _ORIGIN.sub("<http://elsewhere.invalid", given)
        case "link_loop":
            link = f'<{url}>; rel="next"'
        case _:
            return reply
    return attrs.evolve(reply, headers={**reply.headers, "Link": link})
