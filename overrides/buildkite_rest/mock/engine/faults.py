"""Faults on purpose: answers that come late, and some that are errors, are cut off or lead astray."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Mapping
from typing import Literal, TypeAlias

import anyio
import attrs
from starlette.types import Receive

from ..ids import chance
from .reply import HTML, JSON, Reply

Kind: TypeAlias = Literal["500", "502", "503", "520", "reset", "truncate", "foreign_link", "link_loop"]

#: What is answered in place of the answer.
_REPLIES: Mapping[str, Reply] = {
    "500": Reply(500, b'{"message":"Internal Server Error"}', JSON),
    "502": Reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", HTML),
    "503": Reply(503, b'{"message":"Service Unavailable"}', JSON, {"Retry-After": "1"}),
    "520": Reply(520),
}
#: What happens by chance.
_ACCIDENTS: tuple[Kind, ...] = ("500", "502", "503")
_ORIGIN = re.compile(r"<[a-z]+://[^/>]*")


@attrs.define(kw_only=True)
class Planned:
    """A fault that hits the next requests which fit it: a method, and how the path begins."""

    kind: Kind
    method: str | None = None
    path: str | None = None
    times: int = 1

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

    def __attrs_post_init__(self) -> None:
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
