"""Downloads: what to request next, when to retry, and several at a time, of which the first failure ends all."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, TypeVar

from .._base.arguments import check_result
from .._base.errors import BuildkiteError, DownloadError
from .._base.fork_safety import ForkSafeLock
from .._base.urls import without_query
from .._base.workers import Cancellation
from .._files.targets import Target
from .._http.body import coding_of, not_requested
from .._http.options import Settings
from .._policy.retries import ConnectionFailure, ErrorStatus, Wait, notify_delay, retry_delay

ProgressCallback: TypeAlias = Callable[[int, int | None], object]
"""Called with the number of received bytes and the size in bytes, or None if the size is unknown."""

_MAX_ATTEMPTS: Final = 3
_MAX_FILE_BYTES: Final = (1 << 63) - 1
"""Size of the largest file that a file system supports."""
_EXPIRED: Final = frozenset({400, 403, 404})
"""Statuses of an expired URL, which differ between storages."""
_INTERRUPTED: Final = ConnectionFailure(maybe_sent=True)
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
K = TypeVar("K")
T = TypeVar("T")


def no_progress(_done: int, _total: int | None) -> None:
    """Do nothing: the caller does not want to know the progress."""


def never_cancelled() -> None:
    """Do nothing: a single download cannot be cancelled."""


def valid_size(value: object) -> int | None:
    """Return the size of a file, or None if the API reports none or an impossible one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_FILE_BYTES else None


class FileDownload:
    """The download of one file, in up to three attempts.

    Args:
        target: File that the bytes are written to.
        size: Size that the API reports.
        sha1sum: SHA-1 that the API reports.
        settings: Settings of the client: its retry policy, its clock and `on_wait`.
        progress: Called after each chunk.
        check_cancelled: Raises an exception if the download was cancelled.
        max_bytes: Size of the largest file that is accepted, or None.
        operation_id: The `operationId` in notices of pauses.
        accepts_gzip: Whether gzip is requested, and decoded before `write`.
    """

    def __init__(
        self,
        target: Target,
        size: object,
        sha1sum: str | None,
        settings: Settings,
        progress: ProgressCallback,
        *,
        check_cancelled: Callable[[], None] = never_cancelled,
        max_bytes: int | None = None,
        operation_id: str = "getArtifactDownload",
        accepts_gzip: bool = False,
    ) -> None:
        self._target = target
        self._size = valid_size(size)
        self._sha1sum = sha1sum
        self._settings = settings
        self._progress = progress
        self._check_cancelled = check_cancelled
        self._max_bytes = max_bytes
        self._operation_id = operation_id
        self._accepts_gzip = accepts_gzip
        self._attempt = 0
        self._length: int | None = None
        """Size of the complete file in the headers of the storage."""
        self._can_resume = False
        self._is_resumed = False
        self._is_final = False
        self._outcome: ErrorStatus | ConnectionFailure = _INTERRUPTED
        self._total: int | None = None

    def request_headers(self) -> dict[str, str]:
        """Return the headers of the next attempt, which request the missing bytes if the download can be resumed."""
        self._check_cancelled()
        start = self._start
        return {"Range": f"bytes={start}-"} if start else {}

    @property
    def attempt(self) -> int:
        """Number of the next attempt, counted from 1."""
        return self._attempt + 1

    def start_response(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        """Start a response. Raises `DownloadError` if it does not have the requested content."""
        if status == 200 and not self._accepts_coding(headers):
            self._is_final = True
            raise DownloadError(f"{without_query(url)}: {not_requested(headers)}")
        if status == 200:
            self._target.restart()
            encoded = _coding(headers) is not None
            self._length = None if encoded else _length(headers)
            ranges = not encoded and headers.get("Accept-Ranges", "").strip().lower() == "bytes"
            # Only a checksum detects a file that consists of parts of two versions.
            self._can_resume = ranges and isinstance(self._sha1sum, str) and self._sha1sum != ""
            self._is_resumed = False
        elif status == 206 and self._start:
            if not self._is_rest(headers):
                self._can_resume = False
                raise DownloadError(f"{without_query(url)}: the response is not the requested range of the same file")
            self._is_resumed = True
        else:
            self._record_error_status(status, headers)
            raise DownloadError(f"{self._operation_id}: {without_query(url)} responded with status {status}", status)
        self._total = self._length if self._size is None else self._size
        self._check_limit(self._total or 0)
        check_result("progress", self._progress(self._target.size, self._total))

    def _accepts_coding(self, headers: Mapping[str, str]) -> bool:
        """Whether a body is not encoded, or may be that of a file that is stored with its coding, by the known size."""
        coding = _coding(headers)
        if self._accepts_gzip:
            return coding != "other"
        return coding is None or (self._size is not None and _length(headers) in (None, self._size))

    def write(self, chunk: bytes) -> None:
        """Write a chunk of the body. Raises `DownloadError` instead if it exceeds the known size."""
        if self._total is not None and self._target.size + len(chunk) > self._total:
            self._record_mismatch(is_truncated=False)
            raise DownloadError(f"received more than the {self._total} bytes of the file")
        self._check_limit(self._target.size + len(chunk))
        self._target.write(chunk)
        check_result("progress", self._progress(self._target.size, self._total))

    def check_reported_size(self) -> None:
        """Raise `DownloadError` before the first request if the size that the API reports is too large."""
        self._total = self._size
        self._check_limit(self._size or 0)

    def _check_limit(self, size: int) -> None:
        """Raise `DownloadError` if a file of this size is too large."""
        if self._max_bytes is not None and size > self._max_bytes:
            self._is_final = True
            known = "" if self._total is None else f", its size is {self._total}"
            raise DownloadError(
                f"the artifact is larger than max_bytes={self._max_bytes}{known}. Raise max_bytes, or download it to a"
                " file"
            )

    def end(self) -> None:
        """Finish a body. Raises `DownloadError` if its size or checksum is known and differs."""
        try:
            self._target.verify(self._total, self._sha1sum)
        except DownloadError:
            received, length = self._target.size, self._length
            is_truncated = self._total is not None and received < self._total and (length is None or received < length)
            self._record_mismatch(is_truncated=is_truncated)
            raise

    def _record_mismatch(self, *, is_truncated: bool) -> None:
        """Allow another attempt if the parts may be of two versions, or the body was truncated."""
        self._is_final = not self._is_resumed and not is_truncated
        self._can_resume = self._can_resume and not self._is_resumed

    def next_delay(self, error: BuildkiteError, url: object) -> float:
        """Return the seconds until the attempt after `error`, and notify of that pause.

        Raises `error` if there is no further attempt.
        """
        self._attempt += 1
        outcome, self._outcome = self._outcome, _INTERRUPTED
        policy, now = self._settings.retries, self._settings.timing.now
        delay = retry_delay(policy, outcome, attempt=self._attempt, idempotent=True, now=now)
        if self._is_final or delay is None or self._attempt >= _MAX_ATTEMPTS:
            raise error
        wait = Wait(self._operation_id, delay, error)
        notify_delay(wait, f"GET {without_query(str(url))}", self._settings.on_wait)
        return delay

    def _is_rest(self, headers: Mapping[str, str]) -> bool:
        """Whether a partial response has the rest of the file, of the same size as before. Stores that size."""
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        if found is None or int(found[1]) != self._start or _coding(headers):
            return False
        length = self._length if found[3] == "*" else int(found[3])
        if length is not None and (int(found[2]) + 1 != length or self._length not in (None, length)):
            return False
        self._length = length
        return True

    @property
    def _start(self) -> int:
        """Position of the first byte to request in the next attempt."""
        return self._target.size if self._can_resume else 0

    def _record_error_status(self, status: int, headers: Mapping[str, str]) -> None:
        """Decide by an error status whether and how the next attempt is made."""
        if status == 429 or status >= 500:
            self._outcome = ErrorStatus(status, headers, None)
        elif status != 408 and status not in _EXPIRED:
            self._is_final = not self._start
            self._can_resume = False


def _coding(headers: Mapping[str, str]) -> str | None:
    return coding_of(headers.get("Content-Encoding"))


def _length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("Content-Length", "")
    return int(length) if _LENGTH.fullmatch(length) else None


class Downloads:
    """The state of downloads that run at the same time: their temporary files and their cancellation."""

    def __init__(self) -> None:
        self._temporaries: list[Path] = []
        self._creating = ForkSafeLock()
        self.failure: BaseException | None = None
        """The first error. Later ones may be those of cancelled files."""
        self.cancellation = Cancellation("another file of the build failed")
        """Cancels each file at its next chunk or before its next request."""

    def create(self, path: Path) -> IO[bytes]:
        """Create a temporary file, unless the download was cancelled."""
        with self._creating.current:
            self.cancellation.check()
            self._temporaries.append(path)
            return path.open("xb")

    @contextmanager
    def cancel_on_error(self) -> Generator[None]:
        """Cancel all files when one fails, before its thread starts another."""
        try:
            yield
        except BaseException as error:
            with self._creating.current:
                if not self.cancellation.is_cancelled():
                    self.failure = error
                    self.cancellation.cancel()
            raise

    def raise_first(self, error: BaseException | None) -> None:
        """Raise the first error of all files unless `error` is None."""
        if error is not None:
            raise self.failure or error

    def cancel(self) -> None:
        """Cancel all files, and remove the temporary ones.

        Each thread removes its own file too, but only when its request ends, which may be after the interpreter exits.
        """
        self.cancellation.cancel()
        with self._creating.current:
            temporaries = list(self._temporaries)
        for path in temporaries:
            with suppress(OSError):  # Windows does not remove open files.
                path.unlink(missing_ok=True)


class BuildDownload(Downloads):
    """Downloads of files with known sizes, and their total progress in bytes.

    Args:
        sizes: Size of each file that the API reports.
        progress: Called after each chunk with the bytes of all files.
    """

    def __init__(self, sizes: Iterable[int | None], progress: ProgressCallback) -> None:
        super().__init__()
        valid = [valid_size(size) for size in sizes]
        self._total = None if None in valid else sum(filter(None, valid))
        self._progress = progress
        self._done = [0] * len(valid)
        self._lock = ForkSafeLock()

    def progress_of(self, index: int) -> ProgressCallback:
        """Return the progress callback of the file at `index`."""

        def report(done: int, _total: int | None) -> None:
            self.cancellation.check()
            with self._lock.current:
                self._done[index] = done
                check_result("progress", self._progress(sum(self._done), self._total))

        return report


class CountedDownloads(Downloads):
    """Downloads of files of unknown sizes, and the number of those that are done.

    Args:
        total: Number of files.
        progress: Called with the number of files that are done, and with `total`.
    """

    def __init__(self, total: int, progress: Callable[[int, int], object]) -> None:
        super().__init__()
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = ForkSafeLock()
        check_result("progress", progress(0, total))

    def count(self) -> None:
        """Report that another file is done."""
        self.cancellation.check()
        with self._lock.current:
            self._done += 1
            check_result("progress", self._progress(self._done, self._total))


def distinct(listed: Iterable[tuple[K, T]]) -> list[tuple[K, T]]:
    """Return the first item with each key. The pages of a list shift while the build runs, so an item may be on two."""
    items: dict[K, T] = {}
    for key, item in listed:
        items.setdefault(key, item)
    return list(items.items())


def run_downloads(works: Sequence[Callable[[], T]], concurrency: int, downloads: Downloads) -> list[T]:
    """Run `works` in threads, at most `concurrency` at the same time, and return their results in order.

    The first error cancels the others and is raised.
    """
    from concurrent.futures import as_completed  # noqa: PLC0415 - few clients need it

    from .._base.workers import Workers  # noqa: PLC0415 - few clients need it

    def run(work: Callable[[], T]) -> T:
        with downloads.cancel_on_error():
            return work()

    workers = Workers(concurrency, downloads.cancellation)
    try:
        futures = [workers.submit(partial(run, work)) for work in works]
        for future in as_completed(futures):
            downloads.raise_first(future.exception())
        return [future.result() for future in futures]
    except BaseException:
        downloads.cancel()
        raise
    finally:
        workers.close()


async def async_run_downloads(
    works: Sequence[Callable[[], Coroutine[Any, Any, T]]], concurrency: int, downloads: Downloads
) -> list[T]:
    """Run `works` in tasks, at most `concurrency` at the same time, and return their results. See `run_downloads`."""
    import asyncio  # noqa: PLC0415 - not needed by the blocking client

    slots = asyncio.Semaphore(concurrency)

    async def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with slots:
            # The group cancels this task only after the failed one has released its slot.
            downloads.cancellation.check()
            with downloads.cancel_on_error():
                return await work()

    tasks: list[asyncio.Task[T]] = []

    def cancel_others(task: asyncio.Task[T]) -> None:
        # A group ignores the cancellation of one of its tasks, for example by `progress`.
        for other in tasks if task.cancelled() else ():
            if not other.cancelling():
                other.cancel()

    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                task = group.create_task(run(work))
                task.add_done_callback(cancel_others)
                tasks.append(task)
    except BaseExceptionGroup as failures:
        error = failures.exceptions[0]
    else:
        error = None
    downloads.raise_first(error)  # outside of the `except` block, which would replace its context
    return [task.result() for task in tasks]
