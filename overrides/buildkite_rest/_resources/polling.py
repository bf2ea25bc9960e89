"""Polling of builds and jobs: whether they have changed or finished, and when the next poll is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from msgspec.structs import replace

from .._base.arguments import MAX_SECONDS, check_timeout, check_total_seconds
from .._base.errors import APIConnectionError, APIStatusError, BuildkiteError, RateLimitError, ServerError
from .._base.json_values import as_array
from .._base.records import Record
from .._base.safe_text import safe_excerpt
from .._base.states import ACTIVE_STATES, FINISHED_STATES, UNFINISHED_STATES
from .._decoding.decoder import expect_object
from .._policy.retries import requested_pause

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job, ScriptJob

    from .._base.rate_limits import RateLimits
    from .._http.options import Settings
T = TypeVar("T", "Build", "Job")
_UNSTARTED_JOB: Final = ("canceled", "expired", "skipped", "broken", "waiting_failed", "blocked_failed")
"""States of jobs that may have finished without being started."""
_LOW_SHARE: Final = 0.25
"""Share of a rate limit below which polls are spread over the rest of its window."""
_MIN_POLL_SECONDS: Final = 1.0
"""Seconds that each poll may take, even one that starts at the end of the timeout."""
OUTAGES: Final = (ServerError, RateLimitError, APIConnectionError)
"""Errors of a poll after which the next one may succeed."""


def is_finished(build_or_job: Build | Job) -> bool:
    """Whether a build or a job has finished in any state, was unblocked, or will not run because its build has failed.

    One in a state that the spec lacks has finished if it has a `finished_at`. A build that waits at a block step keeps
    its previous state, which may be `passed`: check `build.blocked` too.
    """
    state: object = getattr(build_or_job, "state", None)
    if isinstance(state, str) and state in FINISHED_STATES | UNFINISHED_STATES:
        return state in FINISHED_STATES
    return getattr(build_or_job, "finished_at", None) is not None


def has_stopped(build: Build) -> bool:
    """Whether `build` has finished, or is blocked until somebody unblocks it."""
    return is_finished(build) or bool(build.blocked)


def has_job_started(job: ScriptJob) -> bool:
    """Whether `job` was started: it has a start time or an exit status, or a state that it cannot have otherwise."""
    if job.started_at is not None or job.exit_status is not None or job.state in ACTIVE_STATES:
        return True
    return is_finished(job) and job.state not in _UNSTARTED_JOB


class WaitTimeoutError(BuildkiteError):
    """A build or job did not finish in time.

    Attributes:
        timeout: The `timeout` in seconds that was passed.
        build: The build as the last successful poll returned it, possibly without its jobs. None if no poll succeeded,
            or if a job was polled.
        job: The job as the last successful poll returned it. None if no poll succeeded, or if a build was polled.
    """

    def __init__(
        self, message: str, *, timeout: float | None = None, build: Build | None = None, job: Job | None = None
    ) -> None:
        self.timeout: float | None = timeout
        self.build: Build | None = build
        self.job: Job | None = job
        super().__init__(message)


class BuildChange(Record, frozen=True):
    """A change of the state of a build, or of whether it is blocked."""

    build: Build
    """The build with its jobs."""
    previous: Build | None
    """The build at the previous poll, or None at the first one."""


class JobChange(Record, frozen=True):
    """A change of the state of a job, or a new job."""

    job: Job
    """The job after the change."""
    previous: Job | None
    """The job at the previous poll, or None if it is new."""


class ChangeTracker:
    """Comparison of each poll of a build and its jobs with the previous one."""

    def __init__(self) -> None:
        self._build: Build | None = None
        self._jobs: dict[str, Job] = {}

    def since_last(self, build: Build) -> Iterator[BuildChange | JobChange]:
        """Yield the changes since the previous poll: jobs in the order of the API, then the build."""
        for job in as_array(build.jobs):
            job_id = getattr(job, "id", None)
            if not isinstance(job_id, str):
                continue  # Without an id it cannot be compared to the previous poll.
            previous = self._jobs.get(job_id)
            self._jobs[job_id] = job
            if has_changed(job, previous):
                yield JobChange(job, previous)
        previous_build, self._build = self._build, build
        if has_changed(build, previous_build):
            yield BuildChange(build, previous_build)


def has_changed(now: Build | Job, previous: Build | Job | None) -> bool:
    """Whether a build or a job, which may be of an unknown type, has another state than before, or is blocked."""
    return previous is None or _state(now) != _state(previous)


def _state(build_or_job: Build | Job) -> tuple[object, bool]:
    return getattr(build_or_job, "state", None), bool(getattr(build_or_job, "blocked", None))


def extend_pause(pause: float, limits: RateLimits, max_pause: float) -> float:
    """Return `pause`, extended up to `max_pause` if less than a quarter of a rate limit is left.

    Polls then spread what is left over the rest of the window. If nothing is left, the
    pause lasts until the window ends.
    """
    for limit in (limits.organization, limits.user):
        if limit is None or limit.limit is None or limit.remaining is None or limit.reset is None:
            continue
        if limit.remaining < _LOW_SHARE * limit.limit:
            pause = max(pause, min(max_pause, limit.reset / (limit.remaining + 1)))
    return pause


class Polls(Generic[T]):
    """The polls of a build or job, and the time that is left for each.

    Args:
        settings: Settings of the client: its clock, its retry policy and the rate limits of the last response.
        kind: `build` or `job`.
        identifier: Its number or id, for messages.
        interval: Seconds of the first pause.
        timeout: Seconds after which there are no further polls, or None.
        max_interval: Seconds to which pauses grow. Only a rate limit or a `Retry-After` makes them longer.

    Raises:
        TypeError: `interval` or `timeout` is not a number.
        ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.
    """

    def __init__(
        self,
        settings: Settings,
        kind: Literal["build", "job"],
        identifier: str | int,
        interval: float,
        timeout: float | None,
        *,
        max_interval: float = 0.0,
    ) -> None:
        check_timeout("interval", interval)
        if timeout is not None:
            check_total_seconds("timeout", timeout)
        self._settings = settings
        self._kind = kind
        self._identifier = identifier
        self._interval = interval
        self._max_interval = max(interval, max_interval)
        self._timeout = inf if timeout is None else timeout
        self._poll_started = settings.timing.monotonic()
        self._end = self._poll_started + self._timeout
        self._error: BuildkiteError | None = None
        self._seen: T | None = None
        """What the last successful poll returned."""

    async def next(self, fetch: Callable[[Settings], Awaitable[T]]) -> T:
        """Return the result of the next poll that succeeds, after the pause that is due."""
        while True:
            if self._error is not None or self._seen is not None:
                await self._settings.timing.async_sleep(self._next_pause())
            self.start_poll()
            try:
                found = await fetch(self.settings())
            except OUTAGES as error:
                self.record_failure(error)
            else:
                self._seen = expect_object(f"get{self._kind.title()}", found)
                return found

    def start_poll(self) -> None:
        """Start a poll, or a step of one that has a time of its own."""
        self._poll_started = self._settings.timing.monotonic()
        self._error = None

    def record_failure(self, error: BuildkiteError) -> None:
        """Record that this poll and its retries have failed with one of the `OUTAGES`.

        Raises `error` if there is no timeout, since an outage may never end.
        """
        if self._timeout == inf:
            raise error
        self._error = error

    def settings(self) -> Settings:
        """Return the settings for a request of this poll, with the time that is left as its deadline.

        Raises:
            WaitTimeoutError: There is no time left.
        """
        left = self.check()
        if left == inf:
            return self._settings
        retries = self._settings.retries
        deadline = min(left, MAX_SECONDS if retries.deadline is None else retries.deadline)
        return replace(self._settings, retries=replace(retries, deadline=deadline))

    def check(self) -> float:
        """Return the seconds that are left for this poll. Raises `WaitTimeoutError` if there are none."""
        left = max(self._end, self._poll_started + _MIN_POLL_SECONDS) - self._settings.timing.monotonic()
        if left <= 0:
            raise self._timed_out()
        return left

    def _next_pause(self) -> float:
        """Return the seconds until the next poll. The last poll starts at the end of the timeout.

        Raises:
            WaitTimeoutError: The timeout has ended.
        """
        left = self._end - self._settings.timing.monotonic()
        if left <= 0:
            raise self._timed_out()
        max_pause = self._settings.retries.max_rate_limit_wait if left == inf else MAX_SECONDS
        pause = extend_pause(self._interval, self._settings.limits.read(), max_pause)
        self._interval = min(self._interval * 1.5, self._max_interval)
        return min(max(pause, self._requested_pause()), left)

    def _requested_pause(self) -> float:
        error = self._error
        if not isinstance(error, APIStatusError):
            return 0.0
        return requested_pause(error.status, error.headers, error.body, self._settings.timing.now) or 0.0

    def _timed_out(self) -> WaitTimeoutError:
        subject = f"{self._kind} {self._identifier}"
        last_state = f"the state of {subject} is unknown"
        if self._seen is not None:
            last_state = (
                f"{subject} is {'' if is_finished(self._seen) else 'still '}{getattr(self._seen, 'state', None)}"
            )
        failed = "" if self._error is None else f"; the last poll failed: {self._error}"
        message = f"{safe_excerpt(last_state)} after {self._timeout:g} s{failed}"
        seen: dict[str, Any] = {self._kind: self._seen}
        error = WaitTimeoutError(message, timeout=self._timeout, **seen)
        error.__cause__ = self._error
        return error
