"""The end of a call by `deadline`: how much time is left, and what ends an attempt that takes longer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from .._base.records import Record
from .failures import Failure

if TYPE_CHECKING:
    from .library import Library

_MIN_TIMEOUT_SECONDS: Final = 0.001
_GRACE_SECONDS: Final = 0.05
"""Time for the timeouts of the library, which have the same end, and show whether the request was sent."""


class Deadline(Record, frozen=True):
    """The time after which a call ends, if there is one."""

    seconds: float | None
    started: float
    monotonic: Callable[[], float]

    def left(self) -> float | None:
        """Return the seconds until the deadline, always more than 0, or None without one."""
        if self.seconds is None:
            return None
        return max(_MIN_TIMEOUT_SECONDS, self.started + self.seconds - self.monotonic())

    def is_past(self, delay: float = 0.0) -> bool:
        """Whether the deadline is less than `delay` seconds from now."""
        return self.seconds is not None and self.monotonic() + delay - self.started > self.seconds

    def failure(self, *, maybe_sent: bool = True, cause: Exception | None = None) -> Failure:
        """Return the failure of an attempt that the deadline ended."""
        seconds = self.seconds
        within = "the deadline" if seconds is None else f"the deadline of {round(seconds, 3) or seconds:g} s"
        return Failure(f"no complete response within {within}", timed_out=True, maybe_sent=maybe_sent, cause=cause)


def deadline(library: Library, seconds: float | None) -> AbstractAsyncContextManager[object]:
    """Raise a timeout of the library if the block takes longer than `seconds`, unless they are None."""
    return nullcontext() if seconds is None else _deadline(library, seconds)


@asynccontextmanager
async def _deadline(library: Library, seconds: float) -> AsyncGenerator[None]:
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    timeout = asyncio.timeout(seconds + _GRACE_SECONDS)
    try:
        async with timeout:
            yield
    except TimeoutError:  # The caller's code may raise it too.
        if timeout.expired():
            raise library.module.ReadTimeout("") from None
        raise
