"""Makes schemathesis wait for the turn of each request that it sends."""

# pyrate_limiter has functions without types, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from pyrate_limiter import Limiter
from schemathesis.engine.run import probes

from .pace import Pace

T = TypeVar("T")


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


@contextmanager
def paced_probes(pace: Pace) -> Generator[None]:
    """Make the requests wait with which schemathesis sees what the server takes, and for which no limit holds."""
    known: Any = probes
    kinds = known.PROBES
    known.PROBES = tuple(partial(_after_turn, pace, kind) for kind in kinds)
    try:
        yield
    finally:
        known.PROBES = kinds


def _after_turn(pace: Pace, make: Callable[[], T]) -> T:
    """Make a probe, which is sent at once."""
    pace.wait_for_turn()
    return make()
