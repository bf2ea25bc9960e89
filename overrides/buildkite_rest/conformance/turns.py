"""Makes schemathesis wait for the turn of each request that it sends."""

# pyrate_limiter has functions without types, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

from pyrate_limiter import Limiter

from .pace import Pace


class Turns(Limiter):
    """Stands in place of a rate limit of schemathesis, which asks it before each request that it makes up.

    Those with credentials that are wrong on purpose too, and those of operations that need none.
    """

    def __init__(self, pace: Pace) -> None:  # not that of a limit, which would start a thread
        self._pace = pace

    def try_acquire(self, *_: Any, **__: Any) -> bool:
        """Wait, and say that the request may be sent."""
        self._pace.wait_for_turn()
        return True
