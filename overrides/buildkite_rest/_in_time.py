"""A request that has only so much time, and which of its errors come of that. Nothing is sent here."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from attrs import evolve

from ._errors import APIConnectionError, APIStatusError, APITimeoutError, WaitTimeoutError
from ._retries import Answered, Broken, RetryPolicy, retry_delay

if TYPE_CHECKING:
    from ._exchange import Settings
    from ._waits import Wait


class RequestInTime:
    """The block in which one request is sent, with `settings`, and its answer is read.

    An error that comes of having no more time leaves the block as a `WaitTimeoutError`.

    Args:
        settings: Those of the client.
        seconds: How long the request may take with its waits and retries, or None.
        late: What is said when that is too short.
    """

    def __init__(self, settings: Settings, seconds: float | None, late: str) -> None:
        self.settings = self._given = settings
        self._late = late
        self._failed = 0
        self._begun = False
        self._ends: float | None = None
        self._shortened = False
        if seconds is None:
            return
        self._ends = settings.timing.monotonic() + seconds
        given = settings.retries.deadline
        if given is None or seconds <= given:
            self._shortened = True
            self.settings = evolve(
                settings, retries=evolve(settings.retries, deadline=seconds), on_wait=self._count_failure
            )

    def begun(self) -> None:
        """Take note that a stream has begun. The deadline counts until then, and nothing is sent again after that."""
        self._begun = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and self._ends is not None and self._comes_of_time(error, self._ends):
            raise WaitTimeoutError(self._late) from error

    def _count_failure(self, wait: Wait) -> None:
        if wait.error is not None:
            self._failed += 1
        if self._given.on_wait is not None:
            self._given.on_wait(wait)

    def _comes_of_time(self, error: BaseException, ends: float) -> bool:
        is_over = self._given.timing.monotonic() >= ends
        if is_over and isinstance(error, APITimeoutError):
            return True
        if self._begun or not self._shortened:
            return False
        # When the time is over, the error may be that of an attempt before the last one.
        return _would_repeat(self._given.retries, error, attempt=1 if is_over else self._failed + 1)


def _would_repeat(policy: RetryPolicy, error: BaseException, attempt: int) -> bool:
    """Whether a request that does no harm when it is done twice is sent again after `error`, if there is time."""
    outcome: Answered | Broken
    if isinstance(error, APIStatusError):
        outcome = Answered(error.status, error.headers, error.body)
    elif isinstance(error, (APIConnectionError, APITimeoutError)):
        outcome = Broken(maybe_sent=True)
    else:
        return False
    return retry_delay(policy, outcome, attempt=attempt, may_repeat=True) is not None
