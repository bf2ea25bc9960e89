"""Following the log of a job: methods that a generator cannot write."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from typing import TYPE_CHECKING

from _buildkite_rest.operations import jobs as operations
from _buildkite_rest.resources.jobs import AsyncJobs as _AsyncJobs
from _buildkite_rest.resources.jobs import Jobs as _Jobs

from ._decode import expect_object
from ._errors import APIConnectionError, APIStatusError
from ._log_lines import LogLines
from ._request import check_path
from ._safe_text import safe_excerpt
from ._waiting import OUTAGES, Pauses, is_job_over

if TYPE_CHECKING:
    from _buildkite_rest.models import Job

    from ._in_time import RequestInTime
    from ._transport import AsyncHTTPPort, HTTPPort

_REQUESTS = 3  # The job, the end of its log, and what is missing before that.


class Jobs(_Jobs):
    """Jobs of a build, their logs and their environment."""

    def __init__(self, port: HTTPPort) -> None:
        super().__init__(port)
        self._http = port

    def _within(self, request: RequestInTime) -> Jobs:
        settings = request.settings
        return self if settings is self._http.settings else Jobs(self._http.with_settings(settings))

    def follow_log(
        self, org: str, job_id: str, *, timeout: float | None = None, interval: float = 1.0
    ) -> Generator[str]:
        """Give the lines of the log of a job, those that are there and then those that come, until the job is over.

        `GET /v2/organizations/{org}/jobs/{job_id}` and
        `GET /v2/organizations/{org}/jobs/{job_id}/log` with `Accept: text/plain` and a `Range`, again and again

        A line is given without its end, a line feed and a carriage return before it; escape sequences of the terminal
        stay, and bytes that are not UTF-8 are replaced. What was read is not asked for again, but for a few kilobytes.
        A line that has only begun is given when it is whole or the job is over. A log that has become shorter, because
        somebody deleted it, is read from its start again. Where an answer breaks off the next one goes on.

        Scopes: `read_builds`, `read_build_logs`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job, which must be one that runs a command: others have no log.
            timeout: Seconds to follow the log at most, requests included. At their end there is a last look, which has
                a second. A log that stops in the middle of an answer is noticed after the `timeout` of the client.
                Without it, as long as the job takes.
            interval: Seconds before the log is looked at again, or more where little is left of a rate limit.

        Raises:
            WaitTimeoutError: The job is not over, or its log not read, in time. The job goes on.
            ServerError, RateLimitError, APIConnectionError: A look failed, its retries included, and
                there is no `timeout`. With one, the next look follows, and an error of the last one is the cause of
                the `WaitTimeoutError`.
            DecodeError: The answers do not tell which part of the log they have, or leave out what was not read yet.
            TypeError: An argument has another type.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-jobs-log-output-get-a-log-tail-using-a-range-request
        """
        check_path(operations.GET_JOB, org=org, job_id=job_id)
        pauses = Pauses(self._http.settings, interval=interval, timeout=timeout, requests=_REQUESTS)
        return self._follow_log(org, job_id, pauses)

    def _follow_log(self, org: str, job_id: str, pauses: Pauses) -> Generator[str]:
        log = LogLines()
        job: Job | None = None
        while True:
            pauses.begin()
            # The job comes first: when it is over by then, nothing is added to the log that is read after it.
            try:
                with pauses.request(_still(job_id, job)) as request:
                    look = self._within(request).get(org, job_id)
                job = expect_object("getJob", look)
                yield from self._unread(org, job_id, log, pauses, _still(job_id, job))
            except OUTAGES as error:
                pauses.failed(error)
            else:
                if is_job_over(job):
                    yield from log.end()
                    return
            self._http.timing.sleep(pauses.next(_still(job_id, job)))

    def _unread(self, org: str, job_id: str, log: LogLines, pauses: Pauses, still: str) -> Generator[str]:
        """Give the lines that have come since the look before."""
        range_: str | None = log.look()
        while range_ is not None:
            if log.needs_pause:
                self._http.timing.sleep(pauses.next(still))
            try:
                with (
                    pauses.request(still) as request,
                    self._within(request).stream_log(org, job_id, range_=range_) as stream,
                ):
                    log.begin(stream.status, stream.headers)
                    for piece in stream:
                        pauses.check(still)
                        yield from log.lines(piece)
                range_ = log.missing()
            except APIStatusError as error:
                log.refused(error)
                break
            except APIConnectionError as error:
                range_ = log.broken(error)


class AsyncJobs(_AsyncJobs):
    """Jobs of a build, their logs and their environment."""

    def __init__(self, port: AsyncHTTPPort) -> None:
        super().__init__(port)
        self._http = port

    def _within(self, request: RequestInTime) -> AsyncJobs:
        settings = request.settings
        return self if settings is self._http.settings else AsyncJobs(self._http.with_settings(settings))

    def follow_log(
        self, org: str, job_id: str, *, timeout: float | None = None, interval: float = 1.0
    ) -> AsyncGenerator[str]:
        """Give the lines of the log of a job until the job is over. See `Jobs.follow_log`."""
        check_path(operations.GET_JOB, org=org, job_id=job_id)
        pauses = Pauses(self._http.settings, interval=interval, timeout=timeout, requests=_REQUESTS)
        return self._follow_log(org, job_id, pauses)

    async def _follow_log(self, org: str, job_id: str, pauses: Pauses) -> AsyncGenerator[str]:
        log = LogLines()
        job: Job | None = None
        while True:
            pauses.begin()
            try:
                with pauses.request(_still(job_id, job)) as request:
                    look = await self._within(request).get(org, job_id)
                job = expect_object("getJob", look)
                async with aclosing(self._unread(org, job_id, log, pauses, _still(job_id, job))) as lines:
                    async for line in lines:
                        yield line
            except OUTAGES as error:
                pauses.failed(error)
            else:
                if is_job_over(job):
                    for line in log.end():
                        yield line
                    return
            await self._http.timing.async_sleep(pauses.next(_still(job_id, job)))

    async def _unread(self, org: str, job_id: str, log: LogLines, pauses: Pauses, still: str) -> AsyncGenerator[str]:
        """Give the lines that have come since the look before."""
        range_: str | None = log.look()
        while range_ is not None:
            if log.needs_pause:
                await self._http.timing.async_sleep(pauses.next(still))
            try:
                with pauses.request(still) as request:
                    async with self._within(request).stream_log(org, job_id, range_=range_) as stream:
                        log.begin(stream.status, stream.headers)
                        async for piece in stream:
                            pauses.check(still)
                            for line in log.lines(piece):
                                yield line
                range_ = log.missing()
            except APIStatusError as error:
                log.refused(error)
                break
            except APIConnectionError as error:
                range_ = log.broken(error)


def _still(job_id: str, job: Job | None) -> str:
    """Say what is known of a job."""
    if job is None:
        return safe_excerpt(f"nothing is known of job {job_id}")
    still = f"the log of job {job.id} is not read" if is_job_over(job) else f"job {job.id} is still {job.state}"
    return safe_excerpt(still)
