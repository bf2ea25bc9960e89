"""Polling of builds and jobs: whether they have changed or finished, and when the next poll is due."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Self

from msgspec.structs import replace

from .._base.arguments import MAX_SECONDS, check_timeout, check_total_seconds
from .._base.errors import APIConnectionError, APIStatusError, BuildkiteError, RateLimitError, ServerError
from .._base.json_values import as_array
from .._base.records import Record
from .._base.states import ACTIVE_STATES, FINISHED_STATES, UNFINISHED_STATES
from .._policy.retries import requested_pause

if TYPE_CHECKING:
    from _buildkite_rest.models import Build, Job, ScriptJob
    from _buildkite_rest.ports import AsyncPort, Port

    from .._base.rate_limits import RateLimits
    from .._http.options import Settings
    from .._http.transport import AsyncHTTPPort, HTTPPort
_UNSTARTED_JOB: Final = ("canceled", "expired", "skipped", "broken", "waiting_failed", "blocked_failed")
"""States of jobs that may have finished without being started."""
_LOW_SHARE: Final = 0.25
"""Share of a rate limit below which polls are spread over the rest of its window."""
_MIN_POLL_SECONDS: Final = 1.0
"""Seconds that each poll may take, even one that starts at the end of the timeout."""
OUTAGES: Final = (ServerError, RateLimitError, APIConnectionError)
"""Errors of a poll after which the next one may succeed."""


class Resource:
    """A resource whose methods use more of the transport than generated ones do."""

    _port: Port

    def __init__(self, port: HTTPPort) -> None:
        self._port = self._http = port

    def _with_settings(self, settings: Settings) -> Self:
        return self if settings is self._http.settings else type(self)(self._http.with_settings(settings))


class AsyncResource:
    """A resource whose methods use more of the transport than generated ones do."""

    _port: AsyncPort

    def __init__(self, port: AsyncHTTPPort) -> None:
        self._port = self._http = port

    def _with_settings(self, settings: Settings) -> Self:
        return self if settings is self._http.settings else type(self)(self._http.with_settings(settings))


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
            if has_job_changed(job, previous):
                yield JobChange(job, previous)
        previous_build, self._build = self._build, build
        if has_changed(build, previous_build):
            yield BuildChange(build, previous_build)


def has_changed(build: Build, previous: Build | None) -> bool:
    """Whether `build` has another state than `previous`, or was blocked or unblocked since."""
    return previous is None or (build.state, bool(build.blocked)) != (previous.state, bool(previous.blocked))


def has_job_changed(job: Job, previous: Job | None) -> bool:
    """Whether `job`, which may be of an unknown type, has another state than `previous`."""
    return previous is None or getattr(job, "state", None) != getattr(previous, "state", None)


def _intervals(first: float, max_interval: float) -> Iterator[float]:
    """Yield the seconds between polls: `first`, then 1.5 times the previous ones, up to `max_interval`."""
    interval = first
    while True:
        yield min(interval, max_interval)
        interval *= 1.5


def extend_pause(pause: float, limits: RateLimits, requests: int, max_pause: float) -> float:
    """Return `pause`, extended up to `max_pause` if less than a quarter of a rate limit is left.

    Polls with this number of `requests` then spread what is left over the rest of the window. If nothing is left, the
    pause lasts until the window ends.
    """
    for limit in (limits.organization, limits.user):
        if limit is None or limit.limit is None or limit.remaining is None or limit.reset is None:
            continue
        if limit.remaining < _LOW_SHARE * limit.limit:
            pause = max(pause, min(max_pause, limit.reset * min(1.0, requests / (limit.remaining + 1))))
    return pause


class PollSchedule:
    """Schedule of the polls of a build or job, and the time that is left for each.

    The `last_state` that methods accept describes what is polled, such as `build 7 is still running`. The message of a
    `WaitTimeoutError` starts with it.

    Args:
        settings: Settings of the client: its clock, its retry policy and the rate limits of the last response.
        interval: Seconds of the first pause.
        max_interval: Seconds of the longest pause, if that is longer than the first.
        timeout: Seconds after which there are no further polls, or None.
        requests: Number of requests per poll.

    Raises:
        TypeError: `interval` or `timeout` is not a number.
        ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        interval: float,
        max_interval: float = 0.0,
        timeout: float | None,
        requests: int = 1,
    ) -> None:
        check_timeout("interval", interval)
        if timeout is not None:
            check_total_seconds("timeout", timeout)
        self._settings = settings
        self._intervals = _intervals(interval, max(interval, max_interval))
        self._requests = requests
        self._timeout = timeout
        self._started = self._now()
        self._poll_started = self._started
        self._error: BuildkiteError | None = None
        self.build: Build | None = None
        """The build that was polled last, for a `WaitTimeoutError`."""
        self.job: Job | None = None
        """The job that was polled last, for a `WaitTimeoutError`."""

    def start_poll(self) -> None:
        """Start a poll."""
        self._poll_started = self._now()
        self._error = None

    def record_failure(self, error: BuildkiteError) -> None:
        """Record that this poll and its retries have failed with one of the `OUTAGES`.

        Raises `error` if there is no timeout, since an outage may never end.
        """
        if self._timeout is None:
            raise error
        self._error = error

    def settings(self, last_state: str) -> Settings:
        """Return the settings for a request of this poll, with the time that is left as its deadline.

        Raises:
            WaitTimeoutError: There is no time left.
        """
        if self._timeout is None:
            return self._settings
        self.check(last_state)
        left, retries = self._left_for_poll(self._timeout), self._settings.retries
        if retries.deadline is not None and retries.deadline < left:
            return self._settings
        return replace(self._settings, retries=replace(retries, deadline=min(left, MAX_SECONDS)))

    def check(self, last_state: str, error: APIConnectionError | None = None) -> None:
        """Raise `WaitTimeoutError`, caused by `error`, if there is no time left for this poll.

        Raises `error` itself if it is not the last poll, so that the next one can succeed.
        """
        if self._timeout is not None and self._left_for_poll(self._timeout) <= 0:
            if error is not None and not self._is_last(self._timeout):
                raise error
            raise self._timed_out(last_state, self._timeout, error)

    def next_pause(self, last_state: str) -> float:
        """Return the seconds until the next poll. The last poll starts at the end of the timeout.

        There is a last poll even if the previous one was still running at that time, and then failed.

        Raises:
            WaitTimeoutError: The timeout has ended, or the rate limit resets after its end.
        """
        max_pause = self._settings.retries.max_rate_limit_wait if self._timeout is None else MAX_SECONDS
        pause = extend_pause(next(self._intervals), self._settings.limits.read(), self._requests, max_pause)
        if self._timeout is None:
            return pause
        left = max(0.0, self._started + self._timeout - self._now())
        if not left and (self._error is None or self._is_last(self._timeout)):
            raise self._timed_out(last_state, self._timeout, self._error)
        requested = self._requested_pause()
        if requested > left and isinstance(self._error, RateLimitError):
            # It follows from the reset or from `Retry-After`.
            reset = f"allows no request for {requested:.4g} s" if math.isfinite(requested) else "does not reset in time"
            late = f"the rate limit {reset}, but only {left:.3g} s of the timeout of {self._timeout:g} s are left"
            raise self._timeout_error(f"{last_state}, and {late}", self._timeout) from self._error
        return min(max(pause, requested), left)

    def _requested_pause(self) -> float:
        error = self._error
        if not isinstance(error, APIStatusError):
            return 0.0
        return requested_pause(error.status, error.headers, error.body, self._settings.timing.now) or 0.0

    def _is_last(self, timeout: float) -> bool:
        """Whether this poll started so late that its time has lasted to the end of the timeout."""
        return self._poll_started + _MIN_POLL_SECONDS > self._started + timeout

    def _left_for_poll(self, timeout: float) -> float:
        return max(self._started + timeout, self._poll_started + _MIN_POLL_SECONDS) - self._now()

    def _now(self) -> float:
        return self._settings.timing.monotonic()

    def _timed_out(self, last_state: str, timeout: float, error: BuildkiteError | None) -> WaitTimeoutError:
        failed = "" if error is None else f"; the last poll failed: {error}"
        timed_out = self._timeout_error(f"{last_state} after {timeout:g} s{failed}", timeout)
        timed_out.__cause__ = error
        return timed_out

    def _timeout_error(self, message: str, timeout: float) -> WaitTimeoutError:
        return WaitTimeoutError(message, timeout=timeout, build=self.build, job=self.job)
