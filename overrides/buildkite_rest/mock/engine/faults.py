"""Faults on purpose: answers that come late, and some that are errors before the request was looked at."""

from __future__ import annotations

import random

import anyio
import attrs
from starlette.types import Receive

from ..ids import chance
from .reply import HTML, JSON, Reply

_FAULTS = (
    Reply(500, b'{"message":"Internal Server Error"}', JSON),
    Reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", HTML),
    Reply(503, b'{"message":"Service Unavailable"}', JSON),
)


@attrs.define
class Faults:
    """Delays every answer, and replaces a share of them, the same ones for the same seed."""

    latency: float = 0.0
    rate: float = 0.0
    seed: int = 0
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

    def strike(self) -> Reply | None:
        """Return a fault, or None."""
        return self._chance.choice(_FAULTS) if self.rate > 0 and self._chance.random() < self.rate else None
