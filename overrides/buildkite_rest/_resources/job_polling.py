"""Polling of jobs for the lines of their logs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from typing import TYPE_CHECKING

from _buildkite_rest.resources.jobs import AsyncJobs, Jobs

from .._base.errors import APIConnectionError, APIStatusError
from .._base.safe_text import safe_excerpt
from .._decoding.decoder import expect_object
from .log_reader import LogReader
from .polling import OUTAGES, PollSchedule, is_finished
from .resource import AsyncResource, Resource

if TYPE_CHECKING:
    from _buildkite_rest.models import Job


class PolledJobs(Resource, Jobs):
    """Jobs whose logs are polled."""

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


class AsyncPolledJobs(AsyncResource, AsyncJobs):
    """Jobs whose logs are polled."""

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


def describe_state(job_id: str, job: Job | None) -> str:
    """Describe the last known state of a job, which may be of an unknown type, for a message."""
    if job is None:
        return safe_excerpt(f"the state of job {job_id} is unknown")
    if is_finished(job):
        return safe_excerpt(f"job {job_id} has finished, but its log could not be fetched")
    state = getattr(job, "state", None)
    return safe_excerpt(f"job {job_id} {'has no state' if state is None else f'is still {state}'}")
