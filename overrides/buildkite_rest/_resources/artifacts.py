"""Handwritten methods of artifacts: `download` and `download_build`."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from _buildkite_rest.resources.artifacts import Artifacts as _Artifacts
from _buildkite_rest.resources.artifacts import AsyncArtifacts as _AsyncArtifacts

from .._base.arguments import check_callback, check_file_path, check_int
from .._base.errors import APIConnectionError, APIStatusError, BuildkiteError, DecodeError, DownloadError
from .._base.safe_text import safe_repr
from .._decoding.decoder import expect_object
from .._files.folders import artifact_paths
from .._files.targets import Target, open_target, target_path
from .._http.request import path_segment
from .downloads import BuildDownload, FileDownload, ProgressCallback, never_cancelled, no_progress

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact
    from _buildkite_rest.params import ArtifactState

    from .._http.transport import AsyncHTTPPort, HTTPPort

_ArtifactKey: TypeAlias = tuple[str, str, str]
"""Slug of the organization, UUID of the job and UUID of the artifact."""

_RETRIED_ERRORS = (APIConnectionError, DownloadError)


class Artifacts(_Artifacts):
    """Artifacts: files uploaded by jobs."""

    def __init__(self, port: HTTPPort) -> None:
        super().__init__(port)
        self._http = port

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
        replaced. A FIFO and a character device are written to and never replaced, and so is an open descriptor, such as
        `/dev/stdout`, at its offset. Bytes that were written there cannot be discarded: a failure after the first byte
        is raised unless the download can resume, and a wrong size or SHA-1 is raised at the end.

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
            TypeError: An argument has another type, or `progress` is a coroutine function.
            DownloadError: The storage responds with an error, or the size or SHA-1 is wrong. Or `to` is a folder and
                the artifact's name would leave it or is not a valid file name, such as that of a device on Windows;
                then nothing has been written.
            OSError: The file cannot be written. The error is raised before the content is requested if the path is a
                folder, a socket, a block device or a FIFO that no process reads from, if its name is too long, or if
                the artifact has the name of a FIFO or a device in the folder.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        check_file_path("to", to)
        check_callback("progress", progress)
        progress = progress or no_progress
        artifact = expect_object("getArtifact", self.get(org, job_id, artifact_id))
        path = target_path(to, artifact.filename or artifact.path)
        with open_target(path, follow=path == Path(to)) as target:
            self._save((org, job_id, artifact_id), artifact, target, progress)
        return path

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
            concurrency: Number of files that are downloaded at the same time.
            progress: Called like that of `download`, with the bytes of all files together, from any thread but never
                from two at once.

        Raises:
            TypeError: An argument has another type, or `progress` is a coroutine function.
            DownloadError: The storage responds with an error, or the size or SHA-1 of a file is wrong. Or the path of
                an artifact would leave the folder or is not a valid path; then nothing has been written.
            ValueError: `concurrency` is less than 1.
            OSError: A file cannot be written. The error is raised before anything is written if a path is a folder, a
                FIFO, a socket or a device, or a name is too long.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#list-artifacts-for-a-build
        """
        from concurrent.futures import as_completed  # noqa: PLC0415 - few clients need it

        from .._base.workers import Workers  # noqa: PLC0415 - few clients need it

        check_int("concurrency", concurrency, minimum=1)
        check_file_path("to", to)
        check_callback("progress", progress)
        progress = progress or no_progress
        listed = self.list(org, pipeline, number, state=state, path=path)
        artifacts = _distinct([(_artifact_key(org, artifact), artifact) for artifact in listed])
        paths = artifact_paths(to, (artifact for _, artifact in artifacts))
        download = BuildDownload((artifact.file_size for _, artifact in artifacts), progress)
        resource = type(self)(self._http.cancellable(download.cancellation))

        def save(index: int, key: _ArtifactKey, artifact: Artifact) -> None:
            file = open_target(paths[index], create=download.create, root=Path(to))
            with download.cancel_on_error(), self._http.in_background(), _note_artifact(artifact), file as target:
                resource._save(key, artifact, target, download.progress_of(index), download.cancellation.check)
                download.cancellation.check()

        workers = Workers(concurrency, download.cancellation)
        try:
            futures = [workers.submit(partial(save, index, *each)) for index, each in enumerate(artifacts)]
            for future in as_completed(futures):
                download.raise_first(future.exception())
        except BaseException:
            download.cancel()
            raise
        finally:
            workers.close()
        return paths

    def _save(
        self,
        key: _ArtifactKey,
        artifact: Artifact,
        target: Target,
        progress: ProgressCallback,
        check_cancelled: Callable[[], None] = never_cancelled,
    ) -> None:
        size, sha1sum, settings = artifact.file_size, artifact.sha1sum, self._http.settings
        download = FileDownload(target, size, sha1sum, settings, progress, check_cancelled)
        url = expect_object("getArtifactDownload", self.get_download(*key)).url
        while True:
            try:
                with self._http.stream_url(url, download.request_headers(), download.attempt) as stream:
                    download.start_response(url, stream.status, stream.headers)
                    for chunk in stream:
                        download.write(chunk)
                download.end()
                break
            except _RETRIED_ERRORS as error:
                self._http.timing.sleep(download.next_delay(error, url))
                try:
                    url = expect_object("getArtifactDownload", self.get_download(*key)).url
                except APIStatusError as refusal:
                    raise error from refusal


def _distinct(listed: Iterable[tuple[_ArtifactKey, Artifact]]) -> list[tuple[_ArtifactKey, Artifact]]:
    """Return each artifact once. The pages of a list shift while the build runs, so an artifact may be on two."""
    artifacts: dict[_ArtifactKey, Artifact] = {}
    for key, artifact in listed:
        artifacts.setdefault(key, artifact)
    return list(artifacts.items())


@contextmanager
def _note_artifact(artifact: Artifact) -> Generator[None]:
    """Add a note to errors that names the artifact."""
    try:
        yield
    except (BuildkiteError, OSError) as error:
        error.add_note(f"Artifact {safe_repr(artifact.path)}, id {safe_repr(artifact.id)}")
        raise


def _artifact_key(org: str, artifact: Artifact) -> _ArtifactKey:
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


class AsyncArtifacts(_AsyncArtifacts):
    """Artifacts: files uploaded by jobs."""

    def __init__(self, port: AsyncHTTPPort) -> None:
        super().__init__(port)
        self._http = port

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
        check_callback("progress", progress)
        progress = progress or no_progress
        artifact = expect_object("getArtifact", await self.get(org, job_id, artifact_id))
        path = target_path(to, artifact.filename or artifact.path)
        with open_target(path, follow=path == Path(to), blocking=False) as target:
            await self._save((org, job_id, artifact_id), artifact, target, progress)
        return path

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
        import asyncio  # noqa: PLC0415 - not needed by the blocking client

        check_int("concurrency", concurrency, minimum=1)
        check_file_path("to", to)
        check_callback("progress", progress)
        progress = progress or no_progress
        listed = self.list(org, pipeline, number, state=state, path=path)
        artifacts = _distinct([(_artifact_key(org, artifact), artifact) async for artifact in listed])
        paths = artifact_paths(to, (artifact for _, artifact in artifacts))
        download = BuildDownload((artifact.file_size for _, artifact in artifacts), progress)
        slots = asyncio.Semaphore(concurrency)

        async def save(index: int, key: _ArtifactKey, artifact: Artifact) -> None:
            async with slots:
                # The group cancels this task only after the failed one has released its slot.
                download.cancellation.check()
                file = open_target(paths[index], blocking=False, root=Path(to))
                with download.cancel_on_error(), _note_artifact(artifact), file as target:
                    await self._save(key, artifact, target, download.progress_of(index), download.cancellation.check)

        tasks: list[asyncio.Task[None]] = []

        def cancel_others(task: asyncio.Task[None]) -> None:
            # A group ignores the cancellation of one of its tasks, for example by `progress`.
            for other in tasks if task.cancelled() else ():
                if not other.cancelling():
                    other.cancel()

        try:
            async with asyncio.TaskGroup() as group:
                for index, (key, artifact) in enumerate(artifacts):
                    task = group.create_task(save(index, key, artifact))
                    task.add_done_callback(cancel_others)
                    tasks.append(task)
        except BaseExceptionGroup as failures:
            error = failures.exceptions[0]
        else:
            error = None
        download.raise_first(error)  # outside of the `except` block, which would replace its context
        for task in tasks:
            task.result()
        return paths

    async def _save(
        self,
        key: _ArtifactKey,
        artifact: Artifact,
        target: Target,
        progress: ProgressCallback,
        check_cancelled: Callable[[], None] = never_cancelled,
    ) -> None:
        size, sha1sum, settings = artifact.file_size, artifact.sha1sum, self._http.settings
        download = FileDownload(target, size, sha1sum, settings, progress, check_cancelled)
        url = expect_object("getArtifactDownload", await self.get_download(*key)).url
        while True:
            try:
                async with self._http.stream_url(url, download.request_headers(), download.attempt) as stream:
                    download.start_response(url, stream.status, stream.headers)
                    async for chunk in stream:
                        download.write(chunk)  # Writing to a local file is faster than handing it to a thread.
                        await target.drain()
                download.end()
                break
            except _RETRIED_ERRORS as error:
                await self._http.timing.async_sleep(download.next_delay(error, url))
                try:
                    url = expect_object("getArtifactDownload", await self.get_download(*key)).url
                except APIStatusError as refusal:
                    raise error from refusal
