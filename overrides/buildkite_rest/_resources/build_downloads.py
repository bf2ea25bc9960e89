"""Downloads of the files of a build, several at a time, of which the first failure cancels the others."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

from .._base.arguments import check_result
from .._base.fork_safety import ForkSafeLock
from .._base.workers import Cancellation
from .downloads import ProgressCallback, valid_size

K = TypeVar("K")
T = TypeVar("T")


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
