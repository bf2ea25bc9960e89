"""Handwritten methods of artifacts: downloads to files, to memory and as streams."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from _buildkite_rest.operations import artifacts as operations
from _buildkite_rest.resources.artifacts import Artifacts as GeneratedArtifacts
from _buildkite_rest.resources.artifacts import AsyncArtifacts as GeneratedAsyncArtifacts

from .._base.arguments import check_file_path, check_int
from .._base.errors import (
    APIConnectionError,
    APIStatusError,
    BuildkiteError,
    DecodeError,
    DownloadError,
    note_in_errors,
)
from .._base.safe_text import safe_repr
from .._decoding.decoder import expect_object
from .._files.folders import artifact_paths, check_folder
from .._files.targets import Target, open_target, target_path
from .._http.request import check_path, path_segment
from .downloads import (
    BuildDownload,
    FileDownload,
    ProgressCallback,
    async_run_downloads,
    distinct,
    never_cancelled,
    no_progress,
    run_downloads,
)
from .polling import AsyncResource, Resource

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact
    from _buildkite_rest.params import ArtifactState
    from _buildkite_rest.ports import AsyncByteStream, ByteStream

ArtifactKey: TypeAlias = tuple[str, str, str]
"""Slug of the organization, UUID of the job and UUID of the artifact."""
_RETRIED_ERRORS = (APIConnectionError, DownloadError)
_MAX_BYTES: Final = 100 * 1024 * 1024
"""Default size of the largest artifact that is read into memory."""


def name_for_note(artifact: Artifact) -> str:
    """Name an artifact for a note."""
    return f"Artifact {safe_repr(artifact.path)}, id {safe_repr(artifact.id)}"


def id_for_note(artifact_id: str) -> str:
    """Name an artifact of which only the id is known for a note."""
    return f"Artifact with the id {safe_repr(artifact_id)}"


def artifact_key(org: str, artifact: Artifact) -> ArtifactKey:
    """Return the path parameters of a listed artifact. Raises `DecodeError` if they are missing or invalid."""
    job_id, artifact_id = getattr(artifact, "job_id", None), getattr(artifact, "id", None)
    if not (isinstance(job_id, str) and isinstance(artifact_id, str)):
        raise DecodeError("an artifact has no job or no id", "listBuildArtifacts")
    try:
        path_segment("job_id", job_id)
        path_segment("artifact_id", artifact_id)
    except ValueError as error:
        raise DecodeError(str(error), "listBuildArtifacts") from None
    return org, job_id, artifact_id


class Artifacts(Resource, GeneratedArtifacts):
    """Artifacts: files uploaded by jobs."""

    def download(
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
        download is retried with a new URL, with three attempts at most. It resumes if the storage supports ranges and
        the file has not changed. The file appears when it is complete and has the size and the SHA-1 that the API
        reports, and replaces an existing one. A body that exceeds the known size is refused before more is written.

        A symbolic link that is passed as `to` is followed: its target is replaced. A link in a folder is itself
        replaced. For a pipe, a device or standard output, use `stream`.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            artifact_id: UUID of the artifact.
            to: A file to write, or a folder (one that exists, or any path that ends with a slash) in which the file
                gets the name of the artifact.
            progress: Called with the number of received bytes and the size in bytes, or None if the size is unknown:
                when a response begins and after each chunk. A download that starts again reports 0 bytes.

        Raises:
            TypeError: An argument has another type, or `progress` returned a coroutine.
            ValueError: `to` is empty or contains a NUL character.
            DownloadError: The storage responds with an error, or the size or SHA-1 is wrong. Or `to` is a folder and
                the artifact's name would leave it or is not a valid file name, such as that of a device on Windows;
                then nothing has been written.
            OSError: The file cannot be written. The error is raised before the content is requested if the path is a
                folder or not that of a regular file, or if its name is too long.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        check_file_path("to", to)
        progress = progress or no_progress
        with note_in_errors(id_for_note, artifact_id):
            artifact = expect_object("getArtifact", self.get(org, job_id, artifact_id))
        with note_in_errors(name_for_note, artifact):
            path = target_path(to, artifact.filename or artifact.path)
            with open_target(path, follow=path == Path(to)) as target:
                self._save((org, job_id, artifact_id), artifact, target, progress)
        return path

    def read(self, org: str, job_id: str, artifact_id: str, *, max_bytes: int = _MAX_BYTES) -> bytes:
        """Return the content of an artifact.

        `GET /v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download`, and the URL in its response

        The content is requested, retried and verified as by `download`. If the size that the API reports is larger than
        `max_bytes`, it is not requested.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            artifact_id: UUID of the artifact.
            max_bytes: Size in bytes of the largest artifact that is read into memory, 100 MiB by default.

        Raises:
            TypeError: An argument has another type.
            ValueError: `max_bytes` is negative.
            DownloadError: The artifact is larger than `max_bytes`, the storage responds with an error, or the size or
                SHA-1 is wrong.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        check_int("max_bytes", max_bytes, minimum=0)
        with note_in_errors(id_for_note, artifact_id):
            artifact = expect_object("getArtifact", self.get(org, job_id, artifact_id))
        content = BytesIO()
        with note_in_errors(name_for_note, artifact):
            self._save((org, job_id, artifact_id), artifact, Target(content), no_progress, max_bytes=max_bytes)
        return content.getvalue()

    def stream(self, org: str, job_id: str, artifact_id: str) -> AbstractContextManager[ByteStream]:
        """Get the content of an artifact as a stream.

        `GET /v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download`, and the URL in its response

        The URL is requested without credentials. If it has expired or the storage fails, it is requested again, with
        three attempts at most. An interruption of the body is raised by the stream; size and SHA-1 are not verified.

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
        check_path(operations.GET_ARTIFACT_DOWNLOAD, org=org, job_id=job_id, artifact_id=artifact_id)
        return self._stream((org, job_id, artifact_id))

    def download_build(
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
            to: The folder, which is created if it does not exist.
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
            OSError: A file cannot be written. The error is raised before anything is written if a path is a folder or
                not that of a regular file, or a name is too long.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#list-artifacts-for-a-build
        """
        check_int("concurrency", concurrency, minimum=1)
        check_file_path("to", to)
        check_folder(Path(to))
        progress = progress or no_progress
        listed = self.list(org, pipeline, number, state=state, path=path).prefetch(concurrency)
        artifacts = distinct([(artifact_key(org, artifact), artifact) for artifact in listed])
        paths = artifact_paths(to, (artifact for _, artifact in artifacts), name_for_note)
        download = BuildDownload((artifact.file_size for _, artifact in artifacts), progress)
        resource = type(self)(self._http.cancellable(download.cancellation))

        def save(index: int, key: ArtifactKey, artifact: Artifact) -> None:
            file = open_target(paths[index], create=download.create, root=Path(to))
            with self._http.in_background(), note_in_errors(name_for_note, artifact), file as target:
                resource._save(key, artifact, target, download.progress_of(index), download.cancellation.check)
                download.cancellation.check()

        works = [partial(save, index, *each) for index, each in enumerate(artifacts)]
        run_downloads(works, concurrency, download)
        return paths

    @contextmanager
    def _stream(self, key: ArtifactKey) -> Generator[ByteStream]:
        download = FileDownload(Target(BytesIO()), None, None, self._http.settings, no_progress)
        with ExitStack() as opened:
            with note_in_errors(id_for_note, key[2]):
                url = expect_object("getArtifactDownload", self.get_download(*key)).url
                while True:
                    try:
                        stream = opened.enter_context(self._http.stream_url(url, {}, download.attempt))
                        download.start_response(stream.url, stream.status, stream.headers)
                        break
                    except _RETRIED_ERRORS as error:
                        opened.close()
                        url = self._retry(download, error, url, key)
            yield stream

    def _save(
        self,
        key: ArtifactKey,
        artifact: Artifact,
        target: Target,
        progress: ProgressCallback,
        check_cancelled: Callable[[], None] = never_cancelled,
        *,
        max_bytes: int | None = None,
    ) -> None:
        size, sha1sum, settings = artifact.file_size, artifact.sha1sum, self._http.settings
        download = FileDownload(
            target, size, sha1sum, settings, progress, check_cancelled=check_cancelled, max_bytes=max_bytes
        )
        download.check_reported_size()
        url = expect_object("getArtifactDownload", self.get_download(*key)).url
        while True:
            try:
                with self._http.stream_url(url, download.request_headers(), download.attempt) as stream:
                    download.start_response(stream.url, stream.status, stream.headers)
                    for chunk in stream:
                        download.write(chunk)
                download.end()
                break
            except _RETRIED_ERRORS as error:
                url = self._retry(download, error, url, key)

    def _retry(self, download: FileDownload, error: BuildkiteError, url: str, key: ArtifactKey) -> str:
        """Return a new URL after a pause. Raises `error` if there is no further attempt."""
        self._http.timing.sleep(download.next_delay(error, url))
        try:
            return expect_object("getArtifactDownload", self.get_download(*key)).url
        except APIStatusError as refusal:
            raise error from refusal


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
        """Download an artifact to a file and return its path. See `Artifacts.download`."""
        check_file_path("to", to)
        progress = progress or no_progress
        with note_in_errors(id_for_note, artifact_id):
            artifact = expect_object("getArtifact", await self.get(org, job_id, artifact_id))
        with note_in_errors(name_for_note, artifact):
            path = target_path(to, artifact.filename or artifact.path)
            with open_target(path, follow=path == Path(to)) as target:
                await self._save((org, job_id, artifact_id), artifact, target, progress)
        return path

    async def read(self, org: str, job_id: str, artifact_id: str, *, max_bytes: int = _MAX_BYTES) -> bytes:
        """Return the content of an artifact. See `Artifacts.read`."""
        check_int("max_bytes", max_bytes, minimum=0)
        with note_in_errors(id_for_note, artifact_id):
            artifact = expect_object("getArtifact", await self.get(org, job_id, artifact_id))
        content = BytesIO()
        with note_in_errors(name_for_note, artifact):
            await self._save((org, job_id, artifact_id), artifact, Target(content), no_progress, max_bytes=max_bytes)
        return content.getvalue()

    def stream(self, org: str, job_id: str, artifact_id: str) -> AbstractAsyncContextManager[AsyncByteStream]:
        """Get the content of an artifact as a stream. See `Artifacts.stream`."""
        check_path(operations.GET_ARTIFACT_DOWNLOAD, org=org, job_id=job_id, artifact_id=artifact_id)
        return self._stream((org, job_id, artifact_id))

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
        """Download the artifacts of a build into a folder and return their paths. See `Artifacts.download_build`."""
        check_int("concurrency", concurrency, minimum=1)
        check_file_path("to", to)
        check_folder(Path(to))
        progress = progress or no_progress
        listed = self.list(org, pipeline, number, state=state, path=path).prefetch(concurrency)
        artifacts = distinct([(artifact_key(org, artifact), artifact) async for artifact in listed])
        paths = artifact_paths(to, (artifact for _, artifact in artifacts), name_for_note)
        download = BuildDownload((artifact.file_size for _, artifact in artifacts), progress)

        async def save(index: int, key: ArtifactKey, artifact: Artifact) -> None:
            file = open_target(paths[index], root=Path(to))
            with note_in_errors(name_for_note, artifact), file as target:
                await self._save(key, artifact, target, download.progress_of(index), download.cancellation.check)

        works = [partial(save, index, *each) for index, each in enumerate(artifacts)]
        await async_run_downloads(works, concurrency, download)
        return paths

    @asynccontextmanager
    async def _stream(self, key: ArtifactKey) -> AsyncGenerator[AsyncByteStream]:
        download = FileDownload(Target(BytesIO()), None, None, self._http.settings, no_progress)
        async with AsyncExitStack() as opened:
            with note_in_errors(id_for_note, key[2]):
                url = expect_object("getArtifactDownload", await self.get_download(*key)).url
                while True:
                    try:
                        stream = await opened.enter_async_context(self._http.stream_url(url, {}, download.attempt))
                        download.start_response(stream.url, stream.status, stream.headers)
                        break
                    except _RETRIED_ERRORS as error:
                        await opened.aclose()
                        url = await self._retry(download, error, url, key)
            yield stream

    async def _save(
        self,
        key: ArtifactKey,
        artifact: Artifact,
        target: Target,
        progress: ProgressCallback,
        check_cancelled: Callable[[], None] = never_cancelled,
        *,
        max_bytes: int | None = None,
    ) -> None:
        size, sha1sum, settings = artifact.file_size, artifact.sha1sum, self._http.settings
        download = FileDownload(
            target, size, sha1sum, settings, progress, check_cancelled=check_cancelled, max_bytes=max_bytes
        )
        download.check_reported_size()
        url = expect_object("getArtifactDownload", await self.get_download(*key)).url
        while True:
            try:
                async with self._http.stream_url(url, download.request_headers(), download.attempt) as stream:
                    download.start_response(stream.url, stream.status, stream.headers)
                    async for chunk in stream:
                        download.write(chunk)  # Writing to a local file is faster than handing it to a thread.
                download.end()
                break
            except _RETRIED_ERRORS as error:
                url = await self._retry(download, error, url, key)

    async def _retry(self, download: FileDownload, error: BuildkiteError, url: str, key: ArtifactKey) -> str:
        """Return a new URL after a pause. Raises `error` if there is no further attempt."""
        await self._http.timing.async_sleep(download.next_delay(error, url))
        try:
            return expect_object("getArtifactDownload", await self.get_download(*key)).url
        except APIStatusError as refusal:
            raise error from refusal
