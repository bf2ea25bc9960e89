"""Methods that a generator cannot write, added to the generated resource classes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from _buildkite_rest.resources.artifacts import Artifacts as _Artifacts
from _buildkite_rest.resources.artifacts import AsyncArtifacts as _AsyncArtifacts
from _buildkite_rest.resources.builds import AsyncBuilds as _AsyncBuilds
from _buildkite_rest.resources.builds import Builds as _Builds

from ._downloads import receive, target_path
from ._errors import WaitTimeoutError
from ._waiting import intervals, is_over

if TYPE_CHECKING:
    from _buildkite_rest.models import Build

    from ._transport import AsyncHTTPPort, HTTPPort


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


class Artifacts(_Artifacts):
    """Files that jobs have uploaded."""

    def __init__(self, port: HTTPPort) -> None:
        super().__init__(port)
        self._http = port

    def download(self, org: str, job_id: str, artifact_id: str, *, to: str | os.PathLike[str]) -> Path:
        """Download an artifact to a file and return its path.

        `GET /v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download`, and the address in its answer

        The address is fetched without credentials. The file appears when it is complete, with the size and the
        SHA-1 that the API knows; a file that was there before is replaced.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            artifact_id: UUID of the artifact.
            to: A file to write, or a folder (one that exists, or any path that ends with a slash) in which the file
                is called like the artifact.

        Raises:
            DownloadError: The storage refuses, or size or SHA-1 are wrong.
            ValueError: `to` is a folder and the artifact's name would leave it.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        artifact = self.get(org, job_id, artifact_id)
        path = target_path(to, artifact.filename or artifact.path)
        location = self.get_download(org, job_id, artifact_id).url
        with receive(path) as receiver, self._http.stream_url(location) as stream:
            for piece in stream:
                receiver.write(piece)
            receiver.verify(artifact.file_size, artifact.sha1sum)
        return path


class AsyncArtifacts(_AsyncArtifacts):
    """Files that jobs have uploaded."""

    def __init__(self, port: AsyncHTTPPort) -> None:
        super().__init__(port)
        self._http = port

    async def download(self, org: str, job_id: str, artifact_id: str, *, to: str | os.PathLike[str]) -> Path:
        """Download an artifact to a file and return its path. See `Artifacts.download`."""
        artifact = await self.get(org, job_id, artifact_id)
        path = target_path(to, artifact.filename or artifact.path)
        location = (await self.get_download(org, job_id, artifact_id)).url
        # Writing a piece to a local file takes less time than handing it to a thread would.
        with receive(path) as receiver:
            async with self._http.stream_url(location) as stream:
                async for piece in stream:
                    receiver.write(piece)
            receiver.verify(artifact.file_size, artifact.sha1sum)
        return path
