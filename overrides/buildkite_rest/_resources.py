"""Methods that a generator cannot write, added to the generated resource classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from _buildkite_rest.resources.builds import AsyncBuilds as _AsyncBuilds
from _buildkite_rest.resources.builds import Builds as _Builds

from ._artifacts import Artifacts, AsyncArtifacts
from ._errors import WaitTimeoutError
from ._waiting import intervals, is_over

if TYPE_CHECKING:
    from _buildkite_rest.models import Build

    from ._transport import AsyncHTTPPort, HTTPPort

__all__ = ["Artifacts", "AsyncArtifacts", "AsyncBuilds", "Builds"]


class Builds(_Builds):
    """Builds, single runs of a pipeline."""

    def __init__(self, port: HTTPPort) -> None:
        super().__init__(port)
        self._http = port

    def wait(
        self, org: str, pipeline: str, number: int, *, timeout: float | None = None, interval: float = 1.0
    ) -> Build:
        """Wait until a build has finished or is blocked, and return it with its jobs.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}`, again and again

        Scopes: `read_builds`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            timeout: Seconds to wait at most. Without it the wait lasts as long as the build.
            interval: Seconds before the build is looked at again; grows to at most 15.

        Raises:
            WaitTimeoutError: The build is not over in time. It goes on.

        Source: https://buildkite.com/docs/apis/rest-api/builds#get-a-build
        """
        timing = self._http.timing
        deadline = None if timeout is None else timing.monotonic() + timeout
        for pause in intervals(interval, max(interval, 15.0)):
            build = self.get(org, pipeline, number, exclude_jobs=True, exclude_pipeline=True)
            if is_over(build):
                return self.get(org, pipeline, number)
            if deadline is not None and timing.monotonic() + pause > deadline:
                raise _wait_timeout(build, timeout)
            timing.sleep(pause)
        raise AssertionError("intervals never end")


class AsyncBuilds(_AsyncBuilds):
    """Builds, single runs of a pipeline."""

    def __init__(self, port: AsyncHTTPPort) -> None:
        super().__init__(port)
        self._http = port

    async def wait(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the build's time, and it goes on
        interval: float = 1.0,
    ) -> Build:
        """Wait until a build has finished or is blocked, and return it with its jobs. See `Builds.wait`."""
        timing = self._http.timing
        deadline = None if timeout is None else timing.monotonic() + timeout
        for pause in intervals(interval, max(interval, 15.0)):
            build = await self.get(org, pipeline, number, exclude_jobs=True, exclude_pipeline=True)
            if is_over(build):
                return await self.get(org, pipeline, number)
            if deadline is not None and timing.monotonic() + pause > deadline:
                raise _wait_timeout(build, timeout)
            await timing.async_sleep(pause)
        raise AssertionError("intervals never end")


def _wait_timeout(build: Build, timeout: float | None) -> WaitTimeoutError:
    return WaitTimeoutError(f"build {build.number} is still {build.state} after {timeout:g} s")
