"""Handwritten methods of builds: wait for them, follow them, find them, and download their logs."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Final

from _buildkite_rest.operations import builds as operations

from .._base.arguments import check_result, check_type
from .._base.safe_text import safe_excerpt
from .._decoding.decoder import expect_object
from .._http.request import check_path
from .build_lists import AsyncBuildLists, BuildLists
from .polling import (
    OUTAGES,
    AsyncResource,
    BuildChange,
    ChangeTracker,
    JobChange,
    PollSchedule,
    Resource,
    has_changed,
    has_stopped,
)

if TYPE_CHECKING:
    from _buildkite_rest.models import Build

    from .build_logs import JobLogFile
_MAX_INTERVAL_SECONDS: Final = 15.0


def describe_state(number: int, build: Build | None) -> str:
    """Describe the last known state of a build for a message."""
    if build is None:
        return f"the state of build {number} is unknown"
    if build.state is None:  # pyright: ignore[reportUnnecessaryComparison] - lenient decoding
        return f"build {number} has no state"
    if has_stopped(build):
        return safe_excerpt(f"build {number} is {build.state}, but its jobs could not be fetched")
    return safe_excerpt(f"build {number} is still {build.state}")


class Builds(Resource, BuildLists):
    """Builds of pipelines."""

    def wait(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        timeout: float | None = None,
        interval: float = 1.0,
        on_change: Callable[[Build], object] | None = None,
    ) -> Build:
        """Poll a build until it has finished or is blocked, and return it with its jobs.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}`, repeatedly

        After `retry_failed_jobs`, which is asynchronous, a finished build may be returned before its jobs are retried.
        To wait for them, use `jobs.retry`, and `jobs.wait` for each new job, before this method.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            timeout: Seconds to wait, including requests. The last poll is at the end of the timeout and may take one
                second, and so may the request for the jobs of a finished build. None waits without a limit.
            interval: Seconds between the first two polls. Grows to 15, and beyond when less than a quarter of a rate
                limit is left.
            on_change: Called with the build, possibly without its jobs, at the first poll and whenever its state has
                changed or it was blocked or unblocked. A build that has finished is reported once its jobs were read.

        Raises:
            WaitTimeoutError: The build did not finish in time, and keeps running; or the rate limit resets after the
                end of the timeout.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type, or `on_change` returned a coroutine.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/builds#get-a-build
        """
        polls = PollSchedule(
            self._http.settings, interval=interval, max_interval=_MAX_INTERVAL_SECONDS, timeout=timeout
        )
        seen: Build | None = None
        reported: Build | None = None
        exclude: bool | None = True
        while True:
            polls.start_poll()
            try:
                found = self._with_settings(polls.settings(describe_state(number, seen))).get(
                    org, pipeline, number, exclude_jobs=exclude, exclude_pipeline=exclude
                )
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                seen = polls.build = expect_object("getBuild", found)
                if has_stopped(seen) and exclude:
                    exclude = None  # Not reported yet: a job may be retried before the jobs are read.
                    continue
                reported = _notify(seen, reported, on_change)
                if has_stopped(seen):
                    return seen
                exclude = True
            self._http.timing.sleep(polls.next_pause(describe_state(number, seen)))

    def follow(
        self, org: str, pipeline: str, number: int, *, timeout: float | None = None, interval: float = 1.0
    ) -> Generator[BuildChange | JobChange]:
        """Yield the changes of a build and of its jobs until it has finished or is blocked.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}`, repeatedly

        Each poll is one request. The first one yields the build and all of its jobs, later ones only the changes since
        the previous poll: jobs in the order of the API, then the build, so that its final state comes last. Changes
        between two polls are merged into one. A retried job is reported until it has finished, and each retry is a
        separate job.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            timeout: Seconds to follow the build, including requests. The last poll is at the end of the timeout and
                may take one second. None follows the build until it has finished.
            interval: Seconds between polls. Longer when less than a quarter of a rate limit is left.

        Raises:
            WaitTimeoutError: The build did not finish in time, and keeps running; or the rate limit resets after the
                end of the timeout.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type, such as a `number` that is a str.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/builds#get-a-build
        """
        check_path(operations.GET_BUILD, org=org, pipeline=pipeline, number=number)
        polls = PollSchedule(self._http.settings, interval=interval, timeout=timeout)
        return self._follow(org, pipeline, number, polls)

    def find_by_commit(self, org: str, pipeline: str, commit: str, *, branch: str | None = None) -> Build | None:
        """Return the newest build of a commit, or None if there is none.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds`

        A build that was created for a ref such as `HEAD` has no commit until an agent has resolved the ref.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            commit: Full SHA of the commit. The API does not match abbreviated ones.
            branch: Only builds of this branch, a name or a pattern with `*`.

        Raises:
            TypeError: An argument is not a str.
            ValueError: `commit` is not a full SHA in lower case.

        Source: https://buildkite.com/docs/apis/rest-api/builds#list-builds-for-a-pipeline
        """
        check_type("commit", commit, str, "a str")
        return self.list(org, pipeline, commit=commit, branch=branch).first()

    def download_logs(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        to: str | os.PathLike[str],
        concurrency: int = 4,
        progress: Callable[[int, int], object] | None = None,
    ) -> list[JobLogFile]:
        """Download the logs of a build into a folder: those of all command jobs, including retried ones.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/jobs`, then
        `GET /v2/organizations/{org}/jobs/{job_id}/log` with `Accept: text/plain` for each

        The log of a finished job is in the file `42-Tests-<id of the job>.log`: the number of the build, the name of
        the job with hyphens for characters that are not letters or digits, and its id. The file appears when it is
        complete. If it exists and is not empty, the log is not requested, so calling the method again resumes a failed
        download. The log of a job without a `finished_at` that is in no finished state is in a file with the extension
        `.partial.log`, which the next call replaces, or removes when the log is complete or does not exist any more. A
        job that has not started, or whose log does not exist, has no file.

        A request waits for the rate limit as any other. An interrupted log is requested again, with three attempts at
        most. The first failure cancels the other downloads and is raised with a note that names the job; Ctrl-C cancels
        them too. Complete files remain.

        Scopes: `read_builds`, `read_build_logs`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            to: The folder, which is created if it does not exist.
            concurrency: Number of logs that are downloaded at the same time.
            progress: Called with the number of logs that are done and the number of all logs: at the start and after
                each log, from any thread but never from two at once.

        Returns:
            A record for each command job, in the order of the API.

        Raises:
            TypeError: An argument has another type, or `progress` returned a coroutine.
            ValueError: `concurrency` is less than 1, or `to` is empty or contains a NUL character.
            DecodeError: A job has no valid id, or a response is not a log but, for example, the HTML page of a proxy,
                which is not saved.
            OSError: A file cannot be written, or its path is not that of a regular file.

        Source: https://buildkite.com/docs/apis/rest-api/jobs#get-a-jobs-log-output
        """
        from .build_logs import download_logs  # noqa: PLC0415 - few clients need it

        return download_logs(self._http, org, pipeline, number, to=to, concurrency=concurrency, progress=progress)

    def _follow(self, org: str, pipeline: str, number: int, polls: PollSchedule) -> Generator[BuildChange | JobChange]:
        tracker = ChangeTracker()
        build: Build | None = None
        while True:
            polls.start_poll()
            try:
                found = self._with_settings(polls.settings(describe_state(number, build))).get(
                    org, pipeline, number, exclude_pipeline=True, include_retried_jobs=True
                )
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                build = polls.build = expect_object("getBuild", found)
                yield from tracker.since_last(build)
                if has_stopped(build):
                    return
            self._http.timing.sleep(polls.next_pause(describe_state(number, build)))


class AsyncBuilds(AsyncResource, AsyncBuildLists):
    """Builds of pipelines."""

    async def wait(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - does not cancel the build
        interval: float = 1.0,
        on_change: Callable[[Build], object] | None = None,
    ) -> Build:
        """Poll a build until it has finished or is blocked, and return it with its jobs. See `Builds.wait`."""
        polls = PollSchedule(
            self._http.settings, interval=interval, max_interval=_MAX_INTERVAL_SECONDS, timeout=timeout
        )
        seen: Build | None = None
        reported: Build | None = None
        exclude: bool | None = True
        while True:
            polls.start_poll()
            try:
                found = await self._with_settings(polls.settings(describe_state(number, seen))).get(
                    org, pipeline, number, exclude_jobs=exclude, exclude_pipeline=exclude
                )
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                seen = polls.build = expect_object("getBuild", found)
                if has_stopped(seen) and exclude:
                    exclude = None  # Not reported yet: a job may be retried before the jobs are read.
                    continue
                reported = _notify(seen, reported, on_change)
                if has_stopped(seen):
                    return seen
                exclude = True
            await self._http.timing.async_sleep(polls.next_pause(describe_state(number, seen)))

    def follow(
        self, org: str, pipeline: str, number: int, *, timeout: float | None = None, interval: float = 1.0
    ) -> AsyncGenerator[BuildChange | JobChange]:
        """Yield the changes of a build and of its jobs until it has finished or is blocked. See `Builds.follow`."""
        check_path(operations.GET_BUILD, org=org, pipeline=pipeline, number=number)
        polls = PollSchedule(self._http.settings, interval=interval, timeout=timeout)
        return self._follow(org, pipeline, number, polls)

    async def find_by_commit(self, org: str, pipeline: str, commit: str, *, branch: str | None = None) -> Build | None:
        """Return the newest build of a commit, or None if there is none. See `Builds.find_by_commit`."""
        check_type("commit", commit, str, "a str")
        return await self.list(org, pipeline, commit=commit, branch=branch).first()

    async def download_logs(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        to: str | os.PathLike[str],
        concurrency: int = 4,
        progress: Callable[[int, int], object] | None = None,
    ) -> list[JobLogFile]:
        """Download the logs of a build into a folder. See `Builds.download_logs`."""
        from .build_logs import async_download_logs  # noqa: PLC0415 - few clients need it

        return await async_download_logs(
            self._http, org, pipeline, number, to=to, concurrency=concurrency, progress=progress
        )

    async def _follow(
        self, org: str, pipeline: str, number: int, polls: PollSchedule
    ) -> AsyncGenerator[BuildChange | JobChange]:
        tracker = ChangeTracker()
        build: Build | None = None
        while True:
            polls.start_poll()
            try:
                found = await self._with_settings(polls.settings(describe_state(number, build))).get(
                    org, pipeline, number, exclude_pipeline=True, include_retried_jobs=True
                )
            except OUTAGES as error:
                polls.record_failure(error)
            else:
                build = polls.build = expect_object("getBuild", found)
                for change in tracker.since_last(build):
                    yield change
                if has_stopped(build):
                    return
            await self._http.timing.async_sleep(polls.next_pause(describe_state(number, build)))


def _notify(build: Build, previous: Build | None, on_change: Callable[[Build], object] | None) -> Build:
    """Call `on_change` with `build` if it has changed, and return it."""
    if on_change is not None and has_changed(build, previous):
        check_result("on_change", on_change(build))
    return build
