"""Handwritten methods of jobs: wait for them, and read their logs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from _buildkite_rest.operations import jobs as operations
from _buildkite_rest.resources.jobs import AsyncJobs as GeneratedAsyncJobs
from _buildkite_rest.resources.jobs import Jobs as GeneratedJobs

from .._base.arguments import check_result
from .._base.errors import APIConnectionError, APIStatusError
from .._base.safe_text import safe_excerpt
from .._decoding.decoder import expect_object
from .._http.request import check_path
from .log_reader import LogReader, LogTail
from .polling import OUTAGES, AsyncResource, PollSchedule, Resource, has_job_changed, is_finished

if TYPE_CHECKING:
    from _buildkite_rest.models import Job
_MAX_INTERVAL_SECONDS: Final = 15.0
_REQUESTS_PER_POLL: Final = 3  # the job, the end of its log, and the missing bytes before that


def describe_state(job_id: str, job: Job | None) -> str:
    """Describe the last known state of a job, which may be of an unknown type, for a message."""
    if job is None:
        return safe_excerpt(f"the state of job {job_id} is unknown")
    if is_finished(job):
        return safe_excerpt(f"job {job_id} has finished, but its log could not be fetched")
    state = getattr(job, "state", None)
    return safe_excerpt(f"job {job_id} {'has no state' if state is None else f'is still {state}'}")


class Jobs(Resource, GeneratedJobs):
    """Jobs of a build, with their logs and environment variables."""

    def wait(
        self,
        org: str,
        job_id: str,
        *,
        timeout: float | None = None,
        interval: float = 1.0,
        on_change: Callable[[Job], object] | None = None,
    ) -> Job:
        """Poll a job until it has finished, and return it.

        `GET /v2/organizations/{org}/jobs/{job_id}`, repeatedly

        A job has finished when it passed, failed, was canceled, timed out, expired, was skipped, or will not run
        because its build has failed; also in an unknown state if it has a `finished_at`. A block step has finished when
        it is unblocked. A retry is another job.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            timeout: Seconds to wait, including requests. The last poll is at the end of the timeout and may take one
                second. None waits without a limit.
            interval: Seconds between the first two polls. Grows to 15, and beyond when less than a quarter of a rate
                limit is left.
            on_change: Called with the job at the first poll and whenever its state has changed.

        Raises:
            WaitTimeoutError: The job did not finish in time, and keeps running; or the rate limit resets after the end
                of the timeout.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type, or `on_change` returned a coroutine.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-job
        """
        polls = PollSchedule(
            self._http.settings, interval=interval, max_interval=_MAX_INTERVAL_SECONDS, timeout=timeout
        )
        job: Job | None = None
        while True:
            polls.start_poll()
            try:
                found = self._with_settings(polls.settings(describe_state(job_id, job))).get(org, job_id)
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                polls.job = job = _notify(expect_object("getJob", found), job, on_change)
                if is_finished(job):
                    return job
            self._http.timing.sleep(polls.next_pause(describe_state(job_id, job)))

    def follow_log(
        self, org: str, job_id: str, *, timeout: float | None = None, interval: float = 1.0
    ) -> Generator[str]:
        """Yield the lines of the log of a job, first the existing and then the new ones, until the job has finished.

        `GET /v2/organizations/{org}/jobs/{job_id}` and
        `GET /v2/organizations/{org}/jobs/{job_id}/log` with `Accept: text/plain` and a `Range`, repeatedly

        Lines are yielded without their line end, LF or CR LF. Terminal escape sequences are preserved, and bytes that
        are not UTF-8 are replaced. Each poll requests the new bytes and a few kilobytes before them. An incomplete line
        is yielded when it is complete or the job has finished. A log that is shorter than before, because it was
        deleted, is read from its start again. After an incomplete response the rest is requested.

        Scopes: `read_builds`, `read_build_logs`.

        Args:
            org: Slug of the organization.
            job_id: UUID of a command job. Other jobs have no log.
            timeout: Seconds to follow the log, including requests. The last poll is at the end of the timeout and may
                take one second for the job and one for the log. A response body that stalls is aborted after the
                `timeout` of the client. None follows the log until the job has finished.
            interval: Seconds between polls. Longer when less than a quarter of a rate limit is left.

        Raises:
            WaitTimeoutError: The job did not finish in time, and keeps running; or its log was not read in time; or
                the rate limit resets after the end of the timeout.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            DecodeError: A response is not a log but, for example, the HTML page of a proxy; or it does not have the
                range that its headers declare, or lacks bytes that were not read yet; or the job has finished, and
                the end of its log cannot be read.
            TypeError: An argument has another type.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-jobs-log-output-get-a-log-tail-using-a-range-request
        """
        check_path(operations.GET_JOB, org=org, job_id=job_id)
        polls = PollSchedule(self._http.settings, interval=interval, timeout=timeout, requests=_REQUESTS_PER_POLL)
        return self._follow_log(org, job_id, polls)

    def tail_log(self, org: str, job_id: str, *, lines: int = 20) -> list[str]:
        """Return the last lines of the log of a job, as written so far.

        `GET /v2/organizations/{org}/jobs/{job_id}/log` with `Accept: text/plain` and a `Range`

        Only the end of the log is fetched, 1 KiB for each line and at least 64 KiB. If the lines are longer, fewer are
        returned. They have no line end. Terminal escape sequences are preserved; `logs.strip` removes them. Bytes that
        are not UTF-8 are replaced. An empty log has no lines.

        Scopes: `read_build_logs`.

        Args:
            org: Slug of the organization.
            job_id: UUID of a command job. Other jobs have no log.
            lines: Number of lines.

        Raises:
            NotFoundError: The job does not exist, or has no log.
            APIConnectionError: The response was interrupted.
            DecodeError: The response is not a log but, for example, the HTML page of a proxy; or it does not have the
                range that its headers declare.
            TypeError: An argument has another type.
            ValueError: `lines` is less than 1.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-jobs-log-output-get-a-log-tail-using-a-range-request
        """
        tail = LogTail(lines)
        try:
            with self.stream_log(org, job_id, range_=tail.range) as stream:
                tail.start_response(stream.status, stream.headers)
                for chunk in stream:
                    tail.feed(chunk)
        except APIStatusError as error:
            return tail.handle_status(error)
        return tail.end()

    def _follow_log(self, org: str, job_id: str, polls: PollSchedule) -> Generator[str]:
        log = LogReader()
        job: Job | None = None
        while True:
            polls.start_poll()
            # The job is read first, so that the log of a finished job is complete.
            try:
                found = self._with_settings(polls.settings(describe_state(job_id, job))).get(org, job_id)
                job = polls.job = expect_object("getJob", found)
                yield from self._new_lines(org, job_id, job, log, polls)
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                if is_finished(job):
                    yield from log.end()
                    return
            self._http.timing.sleep(polls.next_pause(describe_state(job_id, job)))

    def _new_lines(self, org: str, job_id: str, job: Job, log: LogReader, polls: PollSchedule) -> Generator[str]:
        """Yield the lines since the previous poll. They count as a separate poll, with its own time."""
        polls.start_poll()
        last_state, is_last = describe_state(job_id, job), is_finished(job)
        range_: str | None = log.start_poll()
        while range_ is not None:
            if log.needs_pause:
                self._http.timing.sleep(polls.next_pause(last_state))
            try:
                with self._with_settings(polls.settings(last_state)).stream_log(org, job_id, range_=range_) as stream:
                    log.start_response(stream.status, stream.headers)
                    for chunk in stream:
                        polls.check(last_state)
                        yield from log.lines(chunk)
                range_ = log.next_range(is_finished=is_last)
            except APIStatusError as error:
                range_ = log.handle_status(error, is_finished=is_last)
            except APIConnectionError as error:
                range_ = log.handle_interruption(error)
                polls.check(last_state, error)


class AsyncJobs(AsyncResource, GeneratedAsyncJobs):
    """Jobs of a build, with their logs and environment variables."""

    async def wait(
        self,
        org: str,
        job_id: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - does not cancel the job
        interval: float = 1.0,
        on_change: Callable[[Job], object] | None = None,
    ) -> Job:
        """Poll a job until it has finished, and return it. See `Jobs.wait`."""
        polls = PollSchedule(
            self._http.settings, interval=interval, max_interval=_MAX_INTERVAL_SECONDS, timeout=timeout
        )
        job: Job | None = None
        while True:
            polls.start_poll()
            try:
                found = await self._with_settings(polls.settings(describe_state(job_id, job))).get(org, job_id)
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                polls.job = job = _notify(expect_object("getJob", found), job, on_change)
                if is_finished(job):
                    return job
            await self._http.timing.async_sleep(polls.next_pause(describe_state(job_id, job)))

    def follow_log(
        self, org: str, job_id: str, *, timeout: float | None = None, interval: float = 1.0
    ) -> AsyncGenerator[str]:
        """Yield the lines of the log of a job until the job has finished. See `Jobs.follow_log`."""
        check_path(operations.GET_JOB, org=org, job_id=job_id)
        polls = PollSchedule(self._http.settings, interval=interval, timeout=timeout, requests=_REQUESTS_PER_POLL)
        return self._follow_log(org, job_id, polls)

    async def tail_log(self, org: str, job_id: str, *, lines: int = 20) -> list[str]:
        """Return the last lines of the log of a job, as written so far. See `Jobs.tail_log`."""
        tail = LogTail(lines)
        try:
            async with self.stream_log(org, job_id, range_=tail.range) as stream:
                tail.start_response(stream.status, stream.headers)
                async for chunk in stream:
                    tail.feed(chunk)
        except APIStatusError as error:
            return tail.handle_status(error)
        return tail.end()

    async def _follow_log(self, org: str, job_id: str, polls: PollSchedule) -> AsyncGenerator[str]:
        log = LogReader()
        job: Job | None = None
        while True:
            polls.start_poll()
            # The job is read first, so that the log of a finished job is complete.
            try:
                found = await self._with_settings(polls.settings(describe_state(job_id, job))).get(org, job_id)
                job = polls.job = expect_object("getJob", found)
                async with aclosing(self._new_lines(org, job_id, job, log, polls)) as lines:
                    async for line in lines:
                        yield line
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                if is_finished(job):
                    for line in log.end():
                        yield line
                    return
            await self._http.timing.async_sleep(polls.next_pause(describe_state(job_id, job)))

    async def _new_lines(
        self, org: str, job_id: str, job: Job, log: LogReader, polls: PollSchedule
    ) -> AsyncGenerator[str]:
        """Yield the lines since the previous poll. They count as a separate poll, with its own time."""
        polls.start_poll()
        last_state, is_last = describe_state(job_id, job), is_finished(job)
        range_: str | None = log.start_poll()
        while range_ is not None:
            if log.needs_pause:
                await self._http.timing.async_sleep(polls.next_pause(last_state))
            try:
                async with self._with_settings(polls.settings(last_state)).stream_log(
                    org, job_id, range_=range_
                ) as stream:
                    log.start_response(stream.status, stream.headers)
                    async for chunk in stream:
                        polls.check(last_state)
                        for line in log.lines(chunk):
                            yield line
                range_ = log.next_range(is_finished=is_last)
            except APIStatusError as error:
                range_ = log.handle_status(error, is_finished=is_last)
            except APIConnectionError as error:
                range_ = log.handle_interruption(error)
                polls.check(last_state, error)


def _notify(job: Job, previous: Job | None, on_change: Callable[[Job], object] | None) -> Job:
    """Call `on_change` with `job` if its state has changed, and return it."""
    if on_change is not None and has_job_changed(job, previous):
        check_result("on_change", on_change(job))
    return job
