"""Downloads: what to request next, when to retry, and several at a time, of which the first failure ends all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from .._base.arguments import check_result
from .._base.errors import APIConnectionError, BuildkiteError, DownloadError
from .._base.safe_text import safe_repr
from .._base.urls import without_query
from .._base.workers import Cancellation, Workers
from .._http.body import unrequested_coding
from .._http.options import Settings
from .._policy.retries import ConnectionFailure, Wait, notify_delay, retry_delay
from .halves import BlockingPort, run

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact

    from .halves import AnyPort

ArtifactKey: TypeAlias = tuple[str, str, str]
"""Slug of the organization, UUID of the job and UUID of the artifact."""
ProgressCallback: TypeAlias = Callable[[int, int | None], object]
"""Called with the number of received bytes and the size in bytes, or None if the size is unknown."""

RETRIED_ERRORS: Final = (APIConnectionError, DownloadError)
_MAX_ATTEMPTS: Final = 3
_INTERRUPTED: Final = ConnectionFailure(maybe_sent=True)
T = TypeVar("T")
Item = TypeVar("Item")


def no_progress(_done: int, _total: int | None) -> None:
    """Do nothing: the caller does not want to know the progress."""


def never_cancelled() -> None:
    """Do nothing: a single download cannot be cancelled."""


class Attempts:
    """The attempts of a download, with the pauses of the retry policy in between."""

    def __init__(self, operation_id: str, settings: Settings) -> None:
        self.number = 1
        """Number of the current attempt."""
        self._operation_id = operation_id
        self._settings = settings

    def next_delay(self, error: BuildkiteError) -> float:
        """Return the seconds until the attempt after `error`, and notify of that pause.

        Raises `error` if there is no further attempt.
        """
        policy, now = self._settings.retries, self._settings.timing.now
        delay = retry_delay(policy, _INTERRUPTED, attempt=self.number, idempotent=True, now=now)
        if delay is None or self.number >= _MAX_ATTEMPTS:
            raise error
        self.number += 1
        notify_delay(Wait(self._operation_id, delay, error), self._operation_id, self._settings.on_wait)
        return delay


class ArtifactDownload:
    """The download of one artifact.

    Args:
        key: The path parameters of the artifact.
        file: File that the bytes are written to.
        settings: Settings of the client: its retry policy, its clock and `on_wait`.
        artifact: The artifact, or None if its size and its SHA-1 are not verified.
        progress: Called after each chunk.
        check_cancelled: Raises an exception if the download was cancelled.
    """

    def __init__(
        self,
        key: ArtifactKey,
        file: IO[bytes],
        settings: Settings,
        artifact: Artifact | None = None,
        *,
        progress: ProgressCallback = no_progress,
        check_cancelled: Callable[[], None] = never_cancelled,
    ) -> None:
        size, sha1sum = (None, None) if artifact is None else (artifact.file_size, artifact.sha1sum)
        self.key = key
        self._file = file
        self._size = size if isinstance(size, int) else None
        self._sha1sum = sha1sum.lower() if isinstance(sha1sum, str) else ""
        self._progress = progress
        self._check_cancelled = check_cancelled
        self.attempts = Attempts("getArtifactDownload", settings)
        self._total = self._size
        self._received = 0
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def request_headers(self) -> dict[str, str]:
        """Return the headers of an attempt, which requests the missing bytes if the download can be resumed."""
        self._check_cancelled()
        if not self._sha1sum:
            self._restart()  # Only a checksum detects a file that consists of parts of two versions.
        return {"Range": f"bytes={self._received}-"} if self._received else {}

    def start_response(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        """Start a response. Raises `DownloadError` if it does not have the requested content."""
        # The checksum of the whole file shows whether a part has its missing bytes.
        if status == 200:
            self._restart()
            if (reason := unrequested_coding(headers)) is not None and not self._sha1sum:
                raise DownloadError(f"{without_query(url)}: {reason}")
            if self._size is None:
                length = headers.get("Content-Length", "")
                self._total = int(length) if length.isdecimal() else None
        elif status != 206 or not self._received:
            if status == 416:
                self._restart()
            raise DownloadError(f"getArtifactDownload: {without_query(url)} responded with status {status}", status)
        check_result("progress", self._progress(self._received, self._total))

    def write(self, chunk: bytes) -> None:
        """Write a chunk of the body. Raises `DownloadError` instead if it exceeds the known size."""
        received = self._received + len(chunk)
        if self._total is not None and received > self._total:
            raise self._mismatch(f"received more than the {self._total} bytes of the file")
        self._file.write(chunk)
        self._received = received
        if self._sha1sum:
            self._sha1.update(chunk)
        check_result("progress", self._progress(received, self._total))

    def end(self) -> None:
        """Finish a body. Raises `DownloadError` if its size or checksum is known and differs."""
        if self._total is not None and self._received < self._total:
            raise self._mismatch(f"received {self._received} bytes of a file of {self._total}")
        if self._sha1sum and self._sha1sum != self._sha1.hexdigest():
            found, expected = self._sha1.hexdigest(), safe_repr(self._sha1sum)
            raise self._mismatch(f"the SHA-1 of the received bytes is {found}, not {expected}")

    def _mismatch(self, message: str) -> DownloadError:
        """Discard the received bytes, which may be parts of two versions."""
        self._restart()
        return DownloadError(message)

    def _restart(self) -> None:
        if self._received:  # Truncating makes ext4 flush the file when it is closed, even if the file was empty.
            self._file.seek(0)
            self._file.truncate()
            self._received = 0
            self._sha1 = hashlib.sha1(usedforsecurity=False)


class Downloads:
    """Downloads that run at the same time, of which the first failure cancels all others.

    Args:
        total: What all of them add to the progress, or None if that is unknown.
        progress: Called with what is done and with `total`, from one thread at a time.
    """

    def __init__(self, total: int | None, progress: Callable[[int, Any], object]) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._temporaries: list[Path] = []
        self._lock = Lock()
        self._progress_lock = Lock()
        """A lock of its own, because `progress` may block while Ctrl-C cancels the downloads."""
        self.cancellation = Cancellation("another file of the build failed")
        """Cancels each file at its next chunk or before its next request."""

    def create(self, path: Path) -> IO[bytes]:
        """Create a temporary file, unless the downloads were cancelled."""
        with self._lock:
            self.cancellation.check()
            self._temporaries.append(path)
            return path.open("xb")

    def add(self, count: int) -> None:
        """Report progress."""
        self.cancellation.check()
        with self._progress_lock:
            self._done += count
            check_result("progress", self._progress(self._done, self._total))

    def progress_of_file(self) -> ProgressCallback:
        """Return the progress callback of one file, which may start again."""
        reported = 0

        def report(received: int, _total: int | None) -> None:
            nonlocal reported
            count, reported = received - reported, received
            self.add(count)

        return report

    def port(self, http: AnyPort) -> AnyPort:
        """Return the port for the requests of the downloads. In threads, their cancellation ends its pauses."""
        return http.cancellable(self.cancellation) if isinstance(http, BlockingPort) else http

    async def run(
        self, http: AnyPort, work: Callable[[Item], Coroutine[Any, Any, T]], items: Sequence[Item], concurrency: int
    ) -> list[T]:
        """Run `work` for each of `items`, in tasks or threads, and return the results in order.

        Raises the first error.
        """
        results = dict[int, T]()
        remaining = iter(enumerate(items))

        async def work_off() -> None:
            for index, item in remaining:
                self.cancellation.check()
                results[index] = await work(item)

        count = min(concurrency, len(items))
        if isinstance(http, BlockingPort):
            self._run_in_threads(http, work_off, count)
        else:
            await _run_in_tasks(work_off, count)
        return [results[index] for index in range(len(items))]

    def _run_in_threads(
        self, http: BlockingPort, work_off: Callable[[], Coroutine[Any, Any, None]], count: int
    ) -> None:
        def work() -> None:
            with http.in_background():
                run(work_off())

        workers = Workers(count, self.cancellation)
        try:
            for future in as_completed([workers.submit(work) for _ in range(count)]):
                future.result()
        except BaseException:
            self._cancel()
            raise
        finally:
            workers.close()

    def _cancel(self) -> None:
        """Cancel all files, and remove the temporary ones.

        Each thread removes its own file too, but only when its request ends, which may be after the interpreter exits.
        """
        self.cancellation.cancel()
        with self._lock:
            temporaries = list(self._temporaries)
        for path in temporaries:
            with suppress(OSError):  # Windows does not remove open files.
                path.unlink(missing_ok=True)


async def _run_in_tasks(work_off: Callable[[], Coroutine[Any, Any, None]], count: int) -> None:
    import asyncio  # noqa: PLC0415 - not needed by the blocking client

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(work_off())
    except BaseExceptionGroup as failures:
        error = failures.exceptions[0]
    else:
        return
    raise error  # outside of the `except` block, which would replace its context
