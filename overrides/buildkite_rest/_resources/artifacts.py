"""Downloads, added to the generated resource classes of artifacts."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from _buildkite_rest.resources.artifacts import Artifacts as _Artifacts
from _buildkite_rest.resources.artifacts import AsyncArtifacts as _AsyncArtifacts

from .._base.arguments import check_file_path, plain_function, whole
from .._base.errors import APIConnectionError, APIStatusError, BuildkiteError, DecodeError, DownloadError
from .._base.safe_text import safe_repr
from .._decoding.decoder import expect_object
from .._files.folders import places
from .._files.targets import Receiver, receive, target_path
from .._http.request import path_segment
from .downloads import Fetch, Overall, Progress, announced, ignore, wanted

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact
    from _buildkite_rest.params import ArtifactState

    from .._http.transport import AsyncHTTPPort, HTTPPort

_Where: TypeAlias = tuple[str, str, str]
"""The organization, the job and the artifact."""

_BROKEN = (APIConnectionError, DownloadError)


class Artifacts(_Artifacts):
    """Files that jobs have uploaded."""

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
        progress: Progress | None = None,
    ) -> Path:
        """Download an artifact to a file and return its path.

        `GET /v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download`, and the URL in its response

        The URL is requested without credentials. When it has expired, the storage fails or the body is interrupted, the
        download is retried with a new URL, with three attempts at most. It resumes if the storage supports ranges and
        the file has not changed. The file appears when it is complete, with the size and the SHA-1 that the API
        reports, and replaces an existing one. A body that exceeds the known size is refused before more is written.

        A symbolic link that is passed as `to` is followed: its target is replaced. One in a folder is itself replaced.
        A FIFO and a character device are written to and never replaced, and so is an open descriptor, such as
        `/dev/stdout`, at its offset. Bytes that were written there cannot be taken back: a failure after the first
        byte is raised unless the download can resume, and a wrong size or SHA-1 is raised at the end.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            job_id: UUID of the job.
            artifact_id: UUID of the artifact.
            to: A file to write, or a folder (one that exists, or any path that ends with a slash) in which the file
                is called like the artifact.
            progress: Is called with the number of received bytes and the size, or None if it is unknown: when a
                response begins and after each chunk. A download that starts again reports 0 bytes.

        Raises:
            TypeError: An argument has another type, or `progress` is a coroutine function.
            DownloadError: The storage refuses, or size or SHA-1 are wrong. Or `to` is a folder and the artifact's name
                would leave it or is not a valid file name, such as that of a device on Windows; then nothing has been
                written.
            OSError: The file cannot be written. That a folder, a socket or a block device is in its place, that no
                process reads from a FIFO, or that its name is too long, is raised before the content is requested. So
                is a FIFO or a device that has the name of the artifact in a folder.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#download-an-artifact
        """
        check_file_path("to", to)
        report = plain_function("progress", progress) or ignore
        artifact = expect_object("getArtifact", self.get(org, job_id, artifact_id))
        path = target_path(to, artifact.filename or artifact.path)
        with receive(path, follow=path == Path(to)) as receiver:
            self._save((org, job_id, artifact_id), artifact, receiver, report)
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
        progress: Progress | None = None,
    ) -> list[Path]:
        """Download the artifacts of a build into a folder and return their paths, in the order of the API.

        `GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/artifacts`, and each as `download` does it

        Each file keeps its own path inside the folder. Of two with the same path the one that the API lists later
        gets its id into its name: `report.txt`, then `report.<id of the artifact>.txt`. An artifact that is listed
        twice is downloaded once. The first failure stops the others and is raised with a note that names the artifact;
        Ctrl-C stops them too. Files that are complete stay. No further request is sent then, and pauses end at once. A
        request in flight is not waited for and ends in the background; on Windows, so does the removal of its file.

        Scopes: `read_artifacts`.

        Args:
            org: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build within its pipeline.
            to: The folder; it need not exist.
            state: Only artifacts in this state; others have no content to download.
            path: Only artifacts whose path matches, as `list` takes it.
            concurrency: How many files are downloaded at the same time.
            progress: Is called like that of `download`, with the bytes of all files together, from any thread but
                never from two at once.

        Raises:
            TypeError: An argument has another type, or `progress` is a coroutine function.
            DownloadError: The storage refuses, or size or SHA-1 of a file are wrong. Or the path of an artifact would
                leave the folder or has a name that no file can have; then nothing has been written.
            ValueError: `concurrency` is less than 1.
            OSError: A file cannot be written. That a folder, a FIFO, a socket or a device is in the place of one, or
                that a name is too long, is raised before anything is written.

        Source: https://buildkite.com/docs/apis/rest-api/artifacts#list-artifacts-for-a-build
        """
        from concurrent.futures import as_completed  # noqa: PLC0415 - few clients need it

        from .._base.workers import Workers  # noqa: PLC0415 - few clients need it

        whole("concurrency", concurrency, least=1)
        check_file_path("to", to)
        report = plain_function("progress", progress) or ignore
        listed = self.list(org, pipeline, number, state=state, path=path)
        artifacts = _distinct((_where(org, artifact), artifact) for artifact in listed)
        paths = places(to, (artifact for _, artifact in artifacts))
        overall = Overall((artifact.file_size for _, artifact in artifacts), report)
        stoppable = type(self)(self._http.stoppable(overall.stop))

        def save(index: int, where: _Where, artifact: Artifact) -> None:
            file = receive(paths[index], create=overall.create, inside=Path(to))
            with overall.stop_on_error(), self._http.in_background(), _errors_note(artifact), file as receiver:
                stoppable._save(where, artifact, receiver, overall.of(index), overall.stop.check)
                overall.stop.check()

        workers = Workers(concurrency, overall.stop)
        try:
            started = [workers.submit(partial(save, index, *each)) for index, each in enumerate(artifacts)]
            for done in as_completed(started):
                overall.raise_first(done.exception())
        except BaseException:
            overall.abandon()
            raise
        finally:
            workers.close()
        return paths

    def _save(
        self,
        where: _Where,
        artifact: Artifact,
        receiver: Receiver,
        progress: Progress,
        check: Callable[[], None] = wanted,
    ) -> None:
        settings = self._http.settings
        fetch = Fetch(receiver, artifact.file_size, artifact.sha1sum, settings, progress, check)
        url = expect_object("getArtifactDownload", self.get_download(*where)).url
        while True:
            try:
                with self._http.stream_url(url, fetch.headers()) as stream:
                    fetch.begin(url, stream.status, stream.headers)
                    for piece in stream:
                        fetch.write(piece)
                fetch.end()
                break
            except _BROKEN as error:
                self._http.timing.sleep(announced(fetch.failed(error), error, url, settings.on_wait))
                try:
                    url = expect_object("getArtifactDownload", self.get_download(*where)).url
                except APIStatusError as refusal:
                    raise error from refusal


def _distinct(listed: Iterable[tuple[_Where, Artifact]]) -> list[tuple[_Where, Artifact]]:
    """Return each artifact once. While a build runs the pages of its list shift, and repeat some."""
    found: dict[_Where, Artifact] = {}
    for where, artifact in listed:
        found.setdefault(where, artifact)
    return list(found.items())


@contextmanager
def _errors_note(artifact: Artifact) -> Generator[None]:
    """Add to an error which of the artifacts of a build it is about."""
    try:
        yield
    except (BuildkiteError, OSError) as error:
        error.add_note(f"This is about the artifact {safe_repr(artifact.path)} with the id {safe_repr(artifact.id)}.")
        raise


def _where(org: str, artifact: Artifact) -> _Where:
    """Return where the content of a listed artifact is asked for."""
    job_id, artifact_id = getattr(artifact, "job_id", None), getattr(artifact, "id", None)
    if not (isinstance(job_id, str) and isinstance(artifact_id, str)):
        raise DecodeError("listBuildArtifacts: an artifact has no job or no id")
    try:
        path_segment("job_id", job_id)
        path_segment("artifact_id", artifact_id)
    except ValueError as error:
        raise DecodeError(f"listBuildArtifacts: {error}") from None
    return org, job_id, artifact_id


class AsyncArtifacts(_AsyncArtifacts):
    """Files that jobs have uploaded."""

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
        progress: Progress | None = None,
    ) -> Path:
        """Download an artifact to a file and return its path. See `Artifacts.download`."""
        check_file_path("to", to)
        report = plain_function("progress", progress) or ignore
        artifact = expect_object("getArtifact", await self.get(org, job_id, artifact_id))
        path = target_path(to, artifact.filename or artifact.path)
        with receive(path, follow=path == Path(to), blocking=False) as receiver:
            await self._save((org, job_id, artifact_id), artifact, receiver, report)
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
        progress: Progress | None = None,
    ) -> list[Path]:
        """Download the artifacts of a build into a folder and return their paths. See `Artifacts.download_build`."""
        import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

        whole("concurrency", concurrency, least=1)
        check_file_path("to", to)
        report = plain_function("progress", progress) or ignore
        listed = self.list(org, pipeline, number, state=state, path=path)
        artifacts = _distinct([(_where(org, artifact), artifact) async for artifact in listed])
        paths = places(to, (artifact for _, artifact in artifacts))
        overall = Overall((artifact.file_size for _, artifact in artifacts), report)
        places_free = asyncio.Semaphore(concurrency)

        async def save(index: int, where: _Where, artifact: Artifact) -> None:
            async with places_free:
                overall.stop.check()  # The group cancels this task only after the failed one has freed its place.
                file = receive(paths[index], blocking=False, inside=Path(to))
                with overall.stop_on_error(), _errors_note(artifact), file as receiver:
                    await self._save(where, artifact, receiver, overall.of(index), overall.stop.check)

        started: list[asyncio.Task[None]] = []

        def cancel_others(task: asyncio.Task[None]) -> None:
            # A group ignores the cancellation of one of its tasks, by `progress` for example.
            for other in started if task.cancelled() else ():
                if not other.cancelling():
                    other.cancel()

        try:
            async with asyncio.TaskGroup() as tasks:
                for index, (where, artifact) in enumerate(artifacts):
                    task = tasks.create_task(save(index, where, artifact))
                    task.add_done_callback(cancel_others)
                    started.append(task)
        except BaseExceptionGroup as failures:
            error = failures.exceptions[0]
        else:
            error = None
        overall.raise_first(error)  # outside of the block, in which its cause would be lost
        for task in started:
            task.result()
        return paths

    async def _save(
        self,
        where: _Where,
        artifact: Artifact,
        receiver: Receiver,
        progress: Progress,
        check: Callable[[], None] = wanted,
    ) -> None:
        settings = self._http.settings
        fetch = Fetch(receiver, artifact.file_size, artifact.sha1sum, settings, progress, check)
        url = expect_object("getArtifactDownload", await self.get_download(*where)).url
        while True:
            try:
                async with self._http.stream_url(url, fetch.headers()) as stream:
                    fetch.begin(url, stream.status, stream.headers)
                    async for chunk in stream:
                        fetch.write(chunk)  # A local file takes less time than a thread would.
                        await receiver.drain()
                fetch.end()
                break
            except _BROKEN as error:
                delay = announced(fetch.failed(error), error, url, settings.on_wait)
                await self._http.timing.async_sleep(delay)
                try:
                    url = expect_object("getArtifactDownload", await self.get_download(*where)).url
                except APIStatusError as refusal:
                    raise error from refusal
