"""Waiting for builds, following and finding them: methods that a generator cannot write."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING

from _buildkite_rest.operations import builds as operations
from _buildkite_rest.resources.builds import AsyncBuilds as _AsyncBuilds
from _buildkite_rest.resources.builds import Builds as _Builds

from ._callbacks import plain_function
from ._commits import full_sha
from ._decode import expect_object
from ._following import BuildChange, Changes, JobChange, has_changed
from ._request import check_path
from ._safe_text import safe_excerpt
from ._waiting import OUTAGES, Pauses, is_over

if TYPE_CHECKING:
    from _buildkite_rest.models import Build

    from ._in_time import RequestInTime
    from ._transport import AsyncHTTPPort, HTTPPort

_LONGEST = 15.0


class Builds(_Builds):
    """Builds, single runs of a pipeline."""

    def __init__(self, port: HTTPPort) -> None:
        super().__init__(port)
        self._http = port

    def _within(self, request: RequestInTime) -> Builds:
        settings = request.settings
        return self if settings is self._http.settings else Builds(self._http.with_settings(settings))

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
        """Wait until a build has finished or is blocked, and return it with its jobs.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}`, again and again

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            timeout: Seconds to wait at most, requests included. At their end there is a last look, which has a second,
                and so has the request for the jobs. Without it the wait lasts as long as the build.
            interval: Seconds before the build is looked at again; grows to at most 15, or more where little is left
                of a rate limit.
            on_change: Is called with the build, which may lack its jobs, at the first look and whenever it is in
                another state than before or was blocked or unblocked.

        Raises:
            WaitTimeoutError: The build is not over in time. It goes on.
            ServerError, RateLimitError, APIConnectionError: A look failed, its retries included, and
                there is no `timeout`. With one, the next look follows, and an error of the last one is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type, or `on_change` is a coroutine function.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/builds#get-a-build
        """
        pauses = Pauses(self._http.settings, interval=interval, longest=_LONGEST, timeout=timeout)
        plain_function("on_change", on_change)
        seen: Build | None = None
        exclude: bool | None = True
        while True:
            pauses.begin()
            try:
                with pauses.request(_still(number, seen)) as request:
                    look = self._within(request).get(
                        org, pipeline, number, exclude_jobs=exclude, exclude_pipeline=exclude
                    )
            except OUTAGES as error:
                pauses.failed(error)
            else:
                seen = _told(expect_object("getBuild", look), seen, on_change)
                if not is_over(seen):  # Somebody may have retried a job since the look before.
                    exclude = True
                elif exclude:
                    exclude = None
                    continue
                else:
                    return seen
            self._http.timing.sleep(pauses.next(_still(number, seen)))

    def follow(
        self, org: str, pipeline: str, number: int, *, timeout: float | None = None, interval: float = 1.0
    ) -> Generator[BuildChange | JobChange]:
        """Tell the changes of a build and of its jobs until it has finished or is blocked.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}`, again and again

        Each look at the build is one request. The first one tells the build and all jobs that it has. Of what happens
        between two looks only the outcome is told: the jobs in the order of the API, then the build, so that the last
        change is the end of the build. A job that was retried is told to its end, and each further try is a job of its
        own.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            timeout: Seconds to follow the build at most, requests included. At their end there is a last look, which
                has a second. Without it, as long as it takes.
            interval: Seconds before the build is looked at again, or more where little is left of a rate limit.

        Raises:
            WaitTimeoutError: The build is not over in time. It goes on.
            ServerError, RateLimitError, APIConnectionError: A look failed, its retries included, and
                there is no `timeout`. With one, the next look follows, and an error of the last one is the cause of
                the `WaitTimeoutError`.
            TypeError: An argument has another type, such as a `number` that is a str.
            ValueError: `interval` is not greater than 0 or longer than a day, or `timeout` is negative or not finite.

        Source: https://buildkite.com/docs/apis/rest-api/builds#get-a-build
        """
        check_path(operations.GET_BUILD, org=org, pipeline=pipeline, number=number)
        pauses = Pauses(self._http.settings, interval=interval, timeout=timeout)
        return self._follow(org, pipeline, number, pauses)

    def _follow(self, org: str, pipeline: str, number: int, pauses: Pauses) -> Generator[BuildChange | JobChange]:
        changes = Changes()
        build: Build | None = None
        while True:
            pauses.begin()
            try:
                with pauses.request(_still(number, build)) as request:
                    look = self._within(request).get(
                        org, pipeline, number, exclude_pipeline=True, include_retried_jobs=True
                    )
            except OUTAGES as error:
                pauses.failed(error)
            else:
                build = expect_object("getBuild", look)
                yield from changes.in_(build)
                if is_over(build):
                    return
            self._http.timing.sleep(pauses.next(_still(number, build)))

    def find_by_commit(self, org: str, pipeline: str, commit: str, *, branch: str | None = None) -> Build | None:
        """Return the newest build of a commit, or None when there is none.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds`

        A build that was created for a ref such as `HEAD` has a commit only when an agent has resolved it.

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            commit: Full SHA of the commit. The API finds nothing by a part of it.
            branch: Only builds of this branch, which may contain `*`.

        Raises:
            TypeError: An argument is not a str.
            ValueError: `commit` is not a full SHA.

        Source: https://buildkite.com/docs/apis/rest-api/builds#list-builds-for-a-pipeline
        """
        found = self.list(org, pipeline, commit=full_sha(commit), branch=branch, max_items=1)
        return next(iter(found), None)


class AsyncBuilds(_AsyncBuilds):
    """Builds, single runs of a pipeline."""

    def __init__(self, port: AsyncHTTPPort) -> None:
        super().__init__(port)
        self._http = port

    def _within(self, request: RequestInTime) -> AsyncBuilds:
        settings = request.settings
        return self if settings is self._http.settings else AsyncBuilds(self._http.with_settings(settings))

    async def wait(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the build's time, and it goes on
        interval: float = 1.0,
        on_change: Callable[[Build], object] | None = None,
    ) -> Build:
        """Wait until a build has finished or is blocked, and return it with its jobs. See `Builds.wait`."""
        pauses = Pauses(self._http.settings, interval=interval, longest=_LONGEST, timeout=timeout)
        plain_function("on_change", on_change)
        seen: Build | None = None
        exclude: bool | None = True
        while True:
            pauses.begin()
            try:
                with pauses.request(_still(number, seen)) as request:
                    look = await self._within(request).get(
                        org, pipeline, number, exclude_jobs=exclude, exclude_pipeline=exclude
                    )
            except OUTAGES as error:
                pauses.failed(error)
            else:
                seen = _told(expect_object("getBuild", look), seen, on_change)
                if not is_over(seen):  # Somebody may have retried a job since the look before.
                    exclude = True
                elif exclude:
                    exclude = None
                    continue
                else:
                    return seen
            await self._http.timing.async_sleep(pauses.next(_still(number, seen)))

    def follow(
        self, org: str, pipeline: str, number: int, *, timeout: float | None = None, interval: float = 1.0
    ) -> AsyncGenerator[BuildChange | JobChange]:
        """Tell the changes of a build and of its jobs until it has finished or is blocked. See `Builds.follow`."""
        check_path(operations.GET_BUILD, org=org, pipeline=pipeline, number=number)
        pauses = Pauses(self._http.settings, interval=interval, timeout=timeout)
        return self._follow(org, pipeline, number, pauses)

    async def _follow(
        self, org: str, pipeline: str, number: int, pauses: Pauses
    ) -> AsyncGenerator[BuildChange | JobChange]:
        changes = Changes()
        build: Build | None = None
        while True:
            pauses.begin()
            try:
                with pauses.request(_still(number, build)) as request:
                    look = await self._within(request).get(
                        org, pipeline, number, exclude_pipeline=True, include_retried_jobs=True
                    )
            except OUTAGES as error:
                pauses.failed(error)
            else:
                build = expect_object("getBuild", look)
                for change in changes.in_(build):
                    yield change
                if is_over(build):
                    return
            await self._http.timing.async_sleep(pauses.next(_still(number, build)))

    async def find_by_commit(self, org: str, pipeline: str, commit: str, *, branch: str | None = None) -> Build | None:
        """Return the newest build of a commit, or None when there is none. See `Builds.find_by_commit`."""
        found = self.list(org, pipeline, commit=full_sha(commit), branch=branch, max_items=1)
        return await anext(aiter(found), None)


def _told(build: Build, previous: Build | None, on_change: Callable[[Build], object] | None) -> Build:
    """Return `build`, of which `on_change` is told when it has changed."""
    if on_change is not None and has_changed(build, previous):
        on_change(build)
    return build


def _still(number: int, build: Build | None) -> str:
    """Say what is known of a build."""
    if build is None:
        return f"nothing is known of build {number}"
    return safe_excerpt(f"build {build.number} is {'' if is_over(build) else 'still '}{build.state}")
