"""Requests of the content of artifacts, with new URLs after failures."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from _buildkite_rest.resources.artifacts import Artifacts, AsyncArtifacts

from .._base.errors import APIConnectionError, APIStatusError, BuildkiteError, DownloadError
from .._base.notes import note_in_errors
from .._decoding.decoder import expect_object
from .._files.targets import Target
from .artifact_keys import ArtifactKey, id_for_note
from .downloads import FileDownload, ProgressCallback, never_cancelled, no_progress
from .resource import AsyncResource, Resource

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact
    from _buildkite_rest.ports import AsyncByteStream, ByteStream

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
