"""Handwritten methods of artifacts: downloads to files, to memory and as streams."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from _buildkite_rest.resources.artifacts import Artifacts as GeneratedArtifacts
from _buildkite_rest.resources.artifacts import AsyncArtifacts as GeneratedAsyncArtifacts

from .._base.arguments import check_file_path, check_int
from .._base.errors import DecodeError, note_in_errors
from .._decoding.decoder import expect_object
from .._files.folders import artifact_paths, name_for_note
from .._files.targets import open_target, target_path
from .downloads import RETRIED_ERRORS, ArtifactDownload, ArtifactKey, Downloads, ProgressCallback, no_progress
from .halves import AsyncResource, Resource, blocking

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact
    from _buildkite_rest.params import ArtifactState
    from _buildkite_rest.ports import AsyncByteStream, ByteStream

    from .._http.options import Settings


class BuildDownload(Downloads):
    """The downloads of the artifacts of a build: their files, and the progress in bytes.

    Args:
        org: Slug of the organization.
        listed: The artifacts.
        root: The folder.
        progress: Called after each chunk with the bytes of all files.

    Raises:
        DecodeError: An artifact has no id or no job.
        DownloadError: A path leaves the folder or is not valid.
        OSError: A path is not that of a regular file.
    """

    def __init__(self, org: str, listed: list[Artifact], root: Path, progress: ProgressCallback | None) -> None:
        # The pages of a list shift while the build runs, so an artifact may be on two.
        artifacts = {_key(org, artifact): artifact for artifact in listed}
        self.paths = artifact_paths(root, artifacts.values())
        self.files = [(path, *each) for path, each in zip(self.paths, artifacts.items(), strict=True)]
        sizes = [artifact.file_size for artifact in artifacts.values() if isinstance(artifact.file_size, int)]
        super().__init__(sum(sizes) if len(sizes) == len(artifacts) else None, progress or no_progress)

    def of_file(self, key: ArtifactKey, file: IO[bytes], settings: Settings, artifact: Artifact) -> ArtifactDownload:
        """Return the download of one artifact."""
        progress, check = self.progress_of_file(), self.cancellation.check
        return ArtifactDownload(key, file, settings, artifact, progress=progress, check_cancelled=check)


def _key(org: str, artifact: Artifact) -> ArtifactKey:
    job_id, artifact_id = getattr(artifact, "job_id", None), getattr(artifact, "id", None)
    if not (isinstance(job_id, str) and job_id and isinstance(artifact_id, str) and artifact_id):
        raise DecodeError("an artifact has no job or no id", "listBuildArtifacts")
    return org, job_id, artifact_id


class AsyncArtifacts(AsyncResource, GeneratedAsyncArtifacts):
    """Artifacts: files uploaded by jobs."""

    async def download(
        self,
        org: str,
        job_id: str,
        artifact_id: str,
        *,
        to: str | os.PathLike[str],
        progress: ProgressCallback | None = None,
    ) -> Path:
        """Download an artifact to a file and return its path.

        `GET /v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download`, and the URL in its response

        The URL is requested without credentials. If it has expired, the storage fails or the body is interrupted, the
        download is retried with a new URL, with three attempts at most. It resumes if the API reports a SHA-1. The file
        appears when it is complete and has the size and the SHA-1 that the API reports, and replaces an existing one. A
        body that exceeds the known size is refused before more is written.

        Only a regular file is replaced. For a pipe, a device or standard output, use `stream`.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            artifact_id: UUID of the artifact.
            to: A file to write, or a folder (one that exists, or any path that ends with a slash) in which the file
                gets the name of the artifact. A regular file is replaced.
            progress: Called with the number of received bytes and the size in bytes, or None if the size is unknown:
                when a response begins and after each chunk. A download that starts again reports 0 bytes.

        Raises:
            TypeError: An argument has another type, or `progress` returned a coroutine.
            ValueError: `to` is empty or contains a NUL character.
            DownloadError: The storage responds with an error, or the size or SHA-1 is wrong. Or `to` is a folder and
                the artifact's name is not a valid file name; then nothing has been written.
            OSError: The file cannot be written. The error is raised before the content is requested if the path is not
                that of a regular file or its name is too long.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        check_file_path("to", to)
        key = org, job_id, artifact_id
        artifact = expect_object("getArtifact", await self.get(*key))
        with note_in_errors(name_for_note, artifact):
            path = target_path(to, artifact.filename or artifact.path)
            with open_target(path) as file:
                download = ArtifactDownload(key, file, self._http.settings, artifact, progress=progress or no_progress)
                await self._save(download)
        return path

    async def read(self, org: str, job_id: str, artifact_id: str) -> bytes:
        """Return the content of an artifact.

        `GET /v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download`, and the URL in its response

        The content is requested, retried and verified as by `download`. It is in memory as a whole: use `stream` or
        `download` for large artifacts.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            artifact_id: UUID of the artifact.

        Raises:
            TypeError: An argument has another type.
            DownloadError: The storage responds with an error, or the size or SHA-1 is wrong.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        key = org, job_id, artifact_id
        artifact = expect_object("getArtifact", await self.get(*key))
        content = BytesIO()
        with note_in_errors(name_for_note, artifact):
            download = ArtifactDownload(key, content, self._http.settings, artifact)
            await self._save(download)
        return content.getvalue()

    @asynccontextmanager
    async def stream(self, org: str, job_id: str, artifact_id: str) -> AsyncGenerator[AsyncByteStream]:
        """Get the content of an artifact as a stream. See `Artifacts.stream`."""
        key = org, job_id, artifact_id
        url = expect_object("getArtifactDownload", await self.get_download_url(*key)).url
        async with self._http.stream_url(url, {}) as stream:
            ArtifactDownload(key, BytesIO(), self._http.settings).start_response(
                stream.url, stream.status, stream.headers
            )
            yield stream

    async def download_build(
        self,
        org: str,
        pipeline: str,
        number: int,
        *,
        to: str | os.PathLike[str],
        state: ArtifactState = "finished",
        path: str | None = None,
        concurrency: int = 4,
        progress: ProgressCallback | None = None,
    ) -> list[Path]:
        """Download the artifacts of a build into a folder and return their paths, in the order of the API.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/artifacts`, then those of `download` for each

        Each file has the artifact's path inside the folder. Of two artifacts with the same path, the one that the API
        lists later has its id in the name: `report.txt`, then `report.<id of the artifact>.txt`. An artifact that is
        listed twice is downloaded once. The first failure cancels the other downloads and is raised with a note that
        names the artifact; Ctrl-C cancels them too. Complete files remain, no further request is sent, and pauses end
        at once. A request in flight ends in the background; on Windows, so does the removal of its file.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            to: The folder, which is created if it does not exist. Files in it are replaced.
            state: Only artifacts in this state. Only a `finished` artifact has content.
            path: Only artifacts whose path matches, as in `list`.
            concurrency: Number of pages of the list, and then of files, that are downloaded at the same time.
            progress: Called like that of `download`, with the bytes of all files together, from any thread but never
                from two at once.

        Raises:
            TypeError: An argument has another type, or `progress` returned a coroutine.
            DownloadError: The storage responds with an error, or the size or SHA-1 of a file is wrong. Or the path of
                an artifact would leave the folder or is not a valid path; then nothing has been written.
            ValueError: `concurrency` is less than 1, or `to` is empty or contains a NUL character.
            OSError: A file cannot be written. The error is raised before anything is written if a path is not that of a
                regular file or a name is too long.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#list-artifacts-for-a-build
        """
        check_int("concurrency", concurrency, minimum=1)
        check_file_path("to", to)
        listed = self.list(org, pipeline, number, state=state, path=path).prefetch(concurrency)
        build = BuildDownload(org, [artifact async for artifact in listed], Path(to), progress)
        resource = type(self)(build.port(self._http))

        async def save(file: tuple[Path, ArtifactKey, Artifact]) -> None:
            path, key, artifact = file
            with note_in_errors(name_for_note, artifact), open_target(path, build.create) as target:
                # Writing to a local file is faster than handing it to a thread.
                await resource._save(build.of_file(key, target, resource._http.settings, artifact))
                build.cancellation.check()

        await build.run(self._http, save, build.files, concurrency)
        return build.paths

    async def _save(self, download: ArtifactDownload) -> None:
        while True:
            url = expect_object("getArtifactDownload", await self.get_download_url(*download.key)).url
            try:
                async with self._http.stream_url(url, download.request_headers(), download.attempts.number) as stream:
                    download.start_response(stream.url, stream.status, stream.headers)
                    async for chunk in stream:
                        download.write(chunk)
                download.end()
            except RETRIED_ERRORS as error:
                delay = download.attempts.next_delay(error)
            else:
                return
            await self._http.settings.timing.async_sleep(delay)


class Artifacts(Resource, GeneratedArtifacts):
    """Artifacts: files uploaded by jobs."""

    _half = AsyncArtifacts
    download = blocking(AsyncArtifacts.download)
    """Download an artifact to a file and return its path."""
    read = blocking(AsyncArtifacts.read)
    """Return the content of an artifact."""
    download_build = blocking(AsyncArtifacts.download_build)
    """Download the artifacts of a build into a folder and return their paths, in the order of the API."""

    @contextmanager
    def stream(self, org: str, job_id: str, artifact_id: str) -> Generator[ByteStream]:
        """Get the content of an artifact as a stream.

        `GET /v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download`, and the URL in its response

        The URL is requested once, without credentials. An interruption of the body is raised by the stream; size and
        SHA-1 are not verified.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            artifact_id: UUID of the artifact.

        Returns:
            A context manager that returns the body as a stream of bytes.

        Raises:
            TypeError: An argument has another type.
            DownloadError: The storage responds with an error or an encoded body.
            APIConnectionError: The storage cannot be reached, or the body is incomplete.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        key = org, job_id, artifact_id
        url = expect_object("getArtifactDownload", self.get_download_url(*key)).url
        with self._http.stream_url(url, {}) as stream:
            ArtifactDownload(key, BytesIO(), self._http.settings).start_response(
                stream.url, stream.status, stream.headers
            )
            yield stream
