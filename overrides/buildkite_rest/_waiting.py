"""When a build or a job is over, and how long to wait before it is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ._errors import APIConnectionError, RateLimitError, ServerError, WaitTimeoutError
from ._in_time import RequestInTime
from ._numbers import LONGEST_SECONDS, timeout_seconds, total_seconds

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job

    from ._errors import BuildkiteError
    from ._exchange import Settings
    from ._rate_limits import RateLimits

_BUILD_OVER: Final = ("passed", "failed", "canceled", "skipped", "not_run", "waiting_failed")
_JOB_OVER: Final = (
    *("passed", "failed", "canceled", "timed_out", "expired", "skipped", "broken"),
    *("waiting_failed", "blocked_failed"),
)
_LITTLE: Final = 0.25
"""The part of a rate limit below which looks are spread over the rest of its window."""
_LEAST: Final = 1.0
"""Seconds that each look has. A look at the very end could not be answered without."""
OUTAGES: Final = (ServerError, RateLimitError, APIConnectionError)
"""What a look may fail with though the next one may succeed."""


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


def stretched(pause: float, limits: RateLimits, requests: int, longest: float) -> float:
    """Return `pause`, made longer where little is left of a rate limit and each look takes so many `requests`.

    What is left then lasts until the window ends. When nothing is left the pause lasts that long, but no limit makes it
    longer than `longest`.
    """
    for limit in (limits.organization, limits.user):
        if limit is None or limit.limit is None or limit.remaining is None or limit.reset is None:
            continue
        if limit.remaining < _LITTLE * limit.limit:
            pause = max(pause, min(longest, limit.reset * min(1.0, requests / (limit.remaining + 1))))
    return pause


class Pauses:
    """The pauses between looks at something, until there is no time left, and the time that is left for each look.

    Args:
        settings: Those of the client: its clock, and the limits that the last answer told.
        interval: Seconds of the first pause.
        longest: Seconds that pauses grow to. They are never shorter than the first.
        timeout: Seconds after which nothing is waited for any more, or None.
        requests: How many requests each look takes.

    Raises:
        TypeError: `interval` or `timeout` is no number.
        ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.
    """

    def __init__(
        self, settings: Settings, *, interval: float, longest: float = 0.0, timeout: float | None, requests: int = 1
    ) -> None:
        timeout_seconds("interval", interval)
        if timeout is not None:
            total_seconds("timeout", timeout)
        self._settings = settings
        self._intervals = intervals(interval, max(interval, longest))
        self._requests = requests
        self._timeout = timeout
        self._started = settings.timing.monotonic()
        self._begun = self._started
        self._failure: BuildkiteError | None = None

    def begin(self) -> None:
        """Begin a look."""
        self._begun = self._settings.timing.monotonic()
        self._failure = None

    def failed(self, error: BuildkiteError) -> None:
        """Take note that this look has failed with one of the `OUTAGES`, its retries included.

        Raises `error` when there is no `timeout`: nothing would end an outage that lasts.
        """
        if self._timeout is None:
            raise error
        self._failure = error

    def request(self, still: str) -> RequestInTime:
        """Return the block for a request of this look, which has the time that is left.

        Args:
            still: What is the case, to be told when there is too little time.

        Raises:
            WaitTimeoutError: There is no time left.
        """
        if self._timeout is None:
            return RequestInTime(self._settings, None, still)
        self.check(still)
        late = f"{still}, and the next answer does not come within {self._timeout:g} s"
        return RequestInTime(self._settings, self._left(self._timeout), late)

    def check(self, still: str) -> None:
        """Raise `WaitTimeoutError` when this look takes too long."""
        if self._timeout is not None and self._left(self._timeout) <= 0:
            raise WaitTimeoutError(f"{still} after {self._timeout:g} s")

    def next(self, still: str) -> float:
        """Return the seconds until the next look. The last one falls on the moment when the time is over.

        Args:
            still: What is the case, to be told when it is so for too long.

        Raises:
            WaitTimeoutError: The time is over.
        """
        longest = self._settings.retries.max_rate_limit_wait if self._timeout is None else LONGEST_SECONDS
        longer = stretched(next(self._intervals), self._settings.limits.read(), self._requests, longest)
        if self._timeout is None:
            return longer
        left = self._started + self._timeout - self._settings.timing.monotonic()
        if left <= 0:
            failed = "" if self._failure is None else f"; the last look failed: {self._failure}"
            raise WaitTimeoutError(f"{still} after {self._timeout:g} s{failed}") from self._failure
        return min(longer, left)

    def _left(self, timeout: float) -> float:
        """Return the seconds that are left for this look."""
        ends = max(self._started + timeout, self._begun + _LEAST)
        return ends - self._settings.timing.monotonic()
