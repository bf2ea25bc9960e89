"""Handwritten methods of builds: wait for them, follow them, find them, and download their logs."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from _buildkite_rest.resources.builds import Builds as GeneratedBuilds

from .._base.arguments import check_file_path, check_int
from .._decoding.decoder import expect_object
from .build_history import AsyncBuildsWithHistory
from .halves import AsyncResource, Resource, blocking, blocking_generator
from .polling import BuildChange, ChangeTracker, JobChange, Polls, has_stopped

if TYPE_CHECKING:
    from _buildkite_rest.models import Build

    from .._http.options import Settings
    from .build_logs import JobLogFile


class AsyncBuilds(AsyncResource, AsyncBuildsWithHistory):
    """Builds of pipelines."""

    async def wait(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - does not cancel the build
        interval: float = 1.0,
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

        Raises:
            WaitTimeoutError: The build did not finish in time, and keeps running.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/builds#get-a-build
        """
        polls = Polls["Build"](self._http.settings, "build", number, interval, timeout, max_interval=15.0)

        async def fetch(settings: Settings) -> Build:
            build = await self._with_settings(settings).get(
                org, pipeline, number, exclude_jobs=True, exclude_pipeline=True
            )
            if not has_stopped(expect_object("getBuild", build)):
                return build
            polls.start_poll()  # The jobs are read in a step with a time of its own.
            return await self._with_settings(polls.settings()).get(org, pipeline, number)

        while True:
            build = await polls.next(fetch)
            if has_stopped(build):
                return build

    async def follow(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - does not cancel what is followed
        interval: float = 1.0,
    ) -> AsyncGenerator[BuildChange | JobChange]:
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
            WaitTimeoutError: The build did not finish in time, and keeps running.
            ServerError, RateLimitError, APIConnectionError: A poll and its retries failed, and there is no `timeout`.
                With a timeout, polling continues until its end, and the error of a failed last poll is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type, such as a `number` that is a str.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/builds#get-a-build
        """
        polls = Polls["Build"](self._http.settings, "build", number, interval, timeout)
        tracker = ChangeTracker()

        def fetch(settings: Settings) -> Awaitable[Build]:
            resource = self._with_settings(settings)
            return resource.get(org, pipeline, number, exclude_pipeline=True, include_retried_jobs=True)

        while True:
            build = await polls.next(fetch)
            for change in tracker.since_last(build):
                yield change
            if has_stopped(build):
                return

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
        from .build_logs import LogDownloads, save_log  # noqa: PLC0415 - few clients need it
        from .jobs import AsyncJobs  # noqa: PLC0415

        check_int("concurrency", concurrency, minimum=1)
        check_file_path("to", to)
        jobs = AsyncJobs(self._http).list(org, pipeline, number, include_retried_jobs=True)
        logs = LogDownloads(Path(to), number, [job async for job in jobs], progress)
        save = partial(save_log, logs.port(self._http), org, logs)
        return await logs.run(self._http, save, logs.targets, concurrency)


class Builds(Resource, GeneratedBuilds):
    """Builds of pipelines."""

    _half = AsyncBuilds
    wait = blocking(AsyncBuilds.wait)
    """Poll a build until it has finished or is blocked, and return it with its jobs."""
    follow = blocking_generator(AsyncBuilds.follow)
    """Yield the changes of a build and of its jobs until it has finished or is blocked."""
    download_logs = blocking(AsyncBuilds.download_logs)
    """Download the logs of a build into a folder: those of all command jobs, including retried ones."""
    list_history = blocking_generator(AsyncBuilds.list_history)
    """Iterate all builds of a pipeline, of an organization or of all organizations, newest first."""
