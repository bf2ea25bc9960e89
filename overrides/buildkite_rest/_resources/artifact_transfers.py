"""Requests of the content of artifacts, with new URLs after failures."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, TypeAlias

from _buildkite_rest.resources.artifacts import Artifacts, AsyncArtifacts

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
from .._files.targets import Target
from .._http.request import path_segment
from .downloads import FileDownload, ProgressCallback, never_cancelled, no_progress
from .resource import AsyncResource, Resource

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact
    from _buildkite_rest.ports import AsyncByteStream, ByteStream

ArtifactKey: TypeAlias = tuple[str, str, str]
"""Slug of the organization, UUID of the job and UUID of the artifact."""


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


_RETRIED_ERRORS = (APIConnectionError, DownloadError)


class ArtifactTransfers(Resource, Artifacts):
    """Artifacts whose content is fetched from the storage."""

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


class AsyncArtifactTransfers(AsyncResource, AsyncArtifacts):
    """Artifacts whose content is fetched from the storage."""

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
