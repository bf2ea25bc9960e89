"""A request that has only so much time, and which of its errors come of that. Nothing is sent here."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from attrs import evolve

from ._errors import APITimeoutError, BuildkiteError, WaitTimeoutError, has_exceeded_deadline
from ._numbers import LONGEST_SECONDS

if TYPE_CHECKING:
    from ._exchange import Settings


class RequestInTime:
    """The block in which one request is sent, with `settings`, and its answer is read.

    An error that comes of having no more time leaves the block as a `WaitTimeoutError`.

    Args:
        settings: Those of the client, whose own deadline holds where it is shorter.
        seconds: How long the request may take with its waits and retries, or None.
        late: What is said when that is too short.
    """

    def __init__(self, settings: Settings, seconds: float | None, late: str) -> None:
        self.settings = settings
        self._late = late
        self._ends: float | None = None
        self._shortened = False
        if seconds is None:
            return
        self._ends = settings.timing.monotonic() + seconds
        given = settings.retries.deadline
        if given is None or seconds <= given:
            self._shortened = True
            self.settings = evolve(settings, retries=evolve(settings.retries, deadline=min(seconds, LONGEST_SECONDS)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, BuildkiteError) and self._ends is not None and self._comes_of_time(error, self._ends):
            raise WaitTimeoutError(self._late) from error

    def _comes_of_time(self, error: BuildkiteError, ends: float) -> bool:
        if self._shortened and has_exceeded_deadline(error):
            return True
        return isinstance(error, APITimeoutError) and self.settings.timing.monotonic() >= ends
