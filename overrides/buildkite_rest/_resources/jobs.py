"""Handwritten methods of jobs: wait for them, and read their logs."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from _buildkite_rest.resources.jobs import AsyncJobs as GeneratedAsyncJobs
from _buildkite_rest.resources.jobs import Jobs as GeneratedJobs

from .._base.arguments import check_int
from .._base.errors import APIConnectionError, APIStatusError
from .halves import AsyncResource, Resource, blocking, blocking_generator
from .log_reader import EMPTY, LogReader, partial_range, tail_range
from .polling import OUTAGES, Polls, is_finished

if TYPE_CHECKING:
    from _buildkite_rest.models import Job


class AsyncJobs(AsyncResource, GeneratedAsyncJobs):
    """Jobs of a build, with their logs and environment variables."""

    async def wait(
        self,
        org: str,
        job_id: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - does not cancel the job
        interval: float = 1.0,
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

        Raises:
            WaitTimeoutError: The job did not finish in time, and keeps running.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-job
        """
        polls = Polls["Job"](self._http.settings, "job", job_id, interval, timeout, max_interval=15.0)
        while True:
            job = await polls.next(lambda settings: self._with_settings(settings).get(org, job_id))
            if is_finished(job):
                return job

    async def follow_log(
        self,
        org: str,
        job_id: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - does not cancel what is followed
        interval: float = 1.0,
    ) -> AsyncGenerator[str]:
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
            WaitTimeoutError: The job did not finish in time, and keeps running; or its log was not read in time.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            DecodeError: A response is not a log but, for example, the HTML page of a proxy; or it lacks bytes that were
                not read yet; or the job has finished, and the end of its log cannot be read.
            TypeError: An argument has another type.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-jobs-log-output-get-a-log-tail-using-a-range-request
        """
        polls = Polls["Job"](self._http.settings, "job", job_id, interval, timeout)
        log = LogReader()
        while True:
            # The job is read first, so that the log of a finished job is complete.
            job = await polls.next(lambda settings: self._with_settings(settings).get(org, job_id))
            try:
                async with aclosing(self._new_lines(org, job_id, polls, log, is_last=is_finished(job))) as lines:
                    async for line in lines:
                        yield line
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                if is_finished(job):
                    for line in log.end():
                        yield line
                    return

    async def tail_log(self, org: str, job_id: str, *, lines: int = 20) -> list[str]:
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
            DecodeError: The response is not a log but, for example, the HTML page of a proxy.
            TypeError: An argument has another type.
            ValueError: `lines` is less than 1.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-jobs-log-output-get-a-log-tail-using-a-range-request
        """
        check_int("lines", lines, minimum=1)
        last = deque[str](maxlen=lines)
        try:
            async with self.stream_log(org, job_id, range_=tail_range(lines)) as stream:
                found = partial_range(stream.status, stream.headers)
                is_cut = found is not None and found[0] > 0
                async for line in stream.lines():
                    if not is_cut:
                        last.append(line)
                    is_cut = False
        except APIStatusError as error:
            if error.status != EMPTY:
                raise
        return list(last)

    async def _new_lines(
        self, org: str, job_id: str, polls: Polls[Job], log: LogReader, *, is_last: bool
    ) -> AsyncGenerator[str]:
        """Yield the lines since the previous poll. They are a step with a time of its own."""
        polls.start_poll()
        log.start_poll()
        while True:
            resource = self._with_settings(polls.settings())
            try:
                async with resource.stream_log(org, job_id, range_=log.next_range()) as stream:
                    log.start_response(stream.status, stream.headers)
                    async for chunk in stream:
                        polls.check()
                        for line in log.lines(chunk):
                            yield line
                if log.is_complete(is_finished=is_last):
                    return
            except APIStatusError as error:
                if error.status != EMPTY:
                    raise
                return
            except APIConnectionError:
                if not log.has_new_bytes:
                    raise


class Jobs(Resource, GeneratedJobs):
    """Jobs of a build, with their logs and environment variables."""

    _half = AsyncJobs
    wait = blocking(AsyncJobs.wait)
    """Poll a job until it has finished, and return it."""
    follow_log = blocking_generator(AsyncJobs.follow_log)
    """Yield the lines of the log of a job, first the existing and then the new ones, until the job has finished."""
    tail_log = blocking(AsyncJobs.tail_log)
    """Return the last lines of the log of a job, as written so far."""
