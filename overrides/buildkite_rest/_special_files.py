"""Special files as targets of a download: they are written into, and never replaced."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Final

from attrs import define, field

_DESCRIPTORS: Final = re.compile(r"/proc/\d+(/task/\d+)?/fd")
"""The folder in which Linux lists the open files of a process, to which `/dev/stdout` leads."""
_MOST_LINKS: Final = 40


@define
class SpecialFile:
    """A FIFO, a character device or a standard stream that is open for writing."""

    _descriptor: int
    _unwritten: memoryview = field(factory=lambda: memoryview(b""), init=False)

    def write(self, chunk: bytes) -> None:
        """Write `chunk`, or as much of it as the file accepts without blocking."""
        self._unwritten = memoryview(chunk)
        self._push()

    async def drain(self) -> None:
        """Wait until all is written."""
        while self._unwritten:
            await _writable(self._descriptor)
            self._push()

    def _push(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._descriptor, self._unwritten) :]


async def _writable(descriptor: int) -> None:
    import asyncio  # noqa: PLC0415 - a blocking client should not pay for it

    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(descriptor)


@contextlib.contextmanager
def special_file(path: Path, *, blocking: bool) -> Generator[SpecialFile | None]:
    """Open `path` for writing if it is, or links to, a file to write into; otherwise yield None.

    Args:
        path: The path.
        blocking: Whether a write waits for a reader that is slow. Otherwise `drain` does.

    Raises:
        OSError: The file cannot be opened, or nobody reads from the FIFO.
    """
    mode = _mode(path)
    if mode is None or not _is_special(path, mode):
        yield None
        return
    # A FIFO without a reader would block for ever, and a terminal could become that of this process.
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENXIO and stat.S_ISFIFO(mode):
            raise OSError(errno.ENXIO, "no process reads from this FIFO; start the reader first", str(path)) from None
        raise
    try:
        if not _is_special(path, os.fstat(descriptor).st_mode):
            raise FileExistsError(errno.EEXIST, "the file was replaced while it was opened", str(path))
        if blocking and hasattr(os, "O_NONBLOCK"):
            os.set_blocking(descriptor, True)
        yield SpecialFile(descriptor)
    finally:
        os.close(descriptor)


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _is_special(path: Path, mode: int) -> bool:
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return True
    return stat.S_ISREG(mode) and _is_open_file(path)


def _is_open_file(path: Path) -> bool:
    """Whether `path` leads to a file by its descriptor, such as a standard output that is redirected to it."""
    for _ in range(_MOST_LINKS):
        if _DESCRIPTORS.fullmatch(os.path.realpath(path.parent)):
            return True
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
    return False
