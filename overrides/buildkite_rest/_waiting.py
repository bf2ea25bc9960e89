"""When a build or a job is over, and how long to wait before it is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ._errors import WaitTimeoutError

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job

    from ._exchange import Settings
    from ._rate_limits import RateLimits

_BUILD_OVER: Final = ("passed", "failed", "canceled", "skipped", "not_run", "waiting_failed")
_JOB_OVER: Final = (
    *("passed", "failed", "canceled", "timed_out", "expired", "skipped", "broken"),
    *("waiting_failed", "blocked_failed"),
)
_LITTLE: Final = 0.25
"""The part of a rate limit below which looks are spread over the rest of its window."""


def is_over(build: Build) -> bool:
    """Whether `build` will not change by itself any more. A blocked build waits for somebody to unblock it."""
    return build.state in _BUILD_OVER or bool(build.blocked)


def is_job_over(job: Job) -> bool:
    """Whether `job` has ended in whatever state, or will not run because its build has failed."""
    return getattr(job, "state", None) in _JOB_OVER or getattr(job, "finished_at", None) is not None


def intervals(first: float, longest: float) -> Iterator[float]:
    """Yield the seconds between looks: `first`, then half as much more each time, up to `longest`."""
    interval = first
    while True:
        yield min(interval, longest)
        interval *= 1.5


def stretched(pause: float, limits: RateLimits, requests: int) -> float:
    """Return `pause`, made longer where little is left of a rate limit and each look takes so many `requests`.

    What is left then lasts until the window ends. When nothing is left the pause lasts that long.
    """
    for limit in (limits.organization, limits.user):
        if limit is None or limit.limit is None or limit.remaining is None or limit.reset is None:
            continue
        if limit.remaining < _LITTLE * limit.limit:
            pause = max(pause, limit.reset * min(1.0, requests / (limit.remaining + 1)))
    return pause


class Pauses:
    """The pauses between looks at something, until there is no time left.

    Args:
        settings: Those of the client: its clock, and the limits that the last answer told.
        interval: Seconds of the first pause.
        longest: Seconds that pauses grow to.
        timeout: Seconds after which nothing is waited for any more, or None.
        requests: How many requests each look takes.

    Raises:
        ValueError: `interval` is not greater than 0.
    """

    def __init__(
        self, settings: Settings, *, interval: float, longest: float, timeout: float | None, requests: int = 1
    ) -> None:
        if not interval > 0:
            raise ValueError("interval must be greater than 0")
        self._settings = settings
        self._intervals = intervals(interval, longest)
        self._requests = requests
        self._timeout = timeout
        self._started = settings.timing.monotonic()

    def next(self, still: str) -> float:
        """Return the seconds until the next look.

        Args:
            still: What is the case, to be told when it is so for too long.

        Raises:
            WaitTimeoutError: The time is over before the next look.
        """
        pause = next(self._intervals)
        longer = stretched(pause, self._settings.limits.read(), self._requests)
        if self._timeout is None:
            return longer
        left = self._started + self._timeout - self._settings.timing.monotonic()
        if pause > left:
            raise WaitTimeoutError(f"{still} after {self._timeout:g} s")
        return min(longer, left)
