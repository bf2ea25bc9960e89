"""Special files as targets of a download, which are written to and never replaced."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Final, TextIO

_DESCRIPTOR_FOLDER: Final = re.compile(r"/proc/(\d+)(?:/task/\d+)?/fd|/dev/fd")
"""Folder of the open descriptors of a process, which `/dev/stdout` links to."""
_MAX_LINKS: Final = 40


class SpecialFile:
    """A FIFO, a character device or an open descriptor, to write to."""

    def __init__(self, descriptor: int, *, blocking: bool) -> None:
        self._descriptor = descriptor
        self._blocking = blocking
        self._unwritten = memoryview(b"")

    def write(self, chunk: bytes) -> None:
        """Write `chunk`, or as much of it as possible if writing must not block. `drain` writes the rest."""
        self._unwritten = memoryview(chunk)
        self._write_unwritten()
        while self._blocking and self._unwritten:  # Another process can make a shared descriptor non-blocking.
            self._wait_until_writable()
            self._write_unwritten()

    async def drain(self) -> None:
        """Write the rest, without blocking."""
        while self._unwritten:
            await _wait_until_writable(self._descriptor)
            self._write_unwritten()

    def _wait_until_writable(self) -> None:
        import selectors  # noqa: PLC0415 - hardly ever needed

        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_WRITE)
            selector.select()

    def _write_unwritten(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._descriptor, self._unwritten) :]


async def _wait_until_writable(descriptor: int) -> None:
    import asyncio  # noqa: PLC0415 - not needed by the blocking client

    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(descriptor)


@contextlib.contextmanager
def special_file(path: Path, *, blocking: bool) -> Generator[SpecialFile | None]:
    """Open `path` for writing if it is, or links to, a special file; otherwise yield None.

    Args:
        path: The path.
        blocking: Whether writes wait for a slow reader. If not, `drain` does.

    Raises:
        OSError: The file cannot be opened, or no process reads from the FIFO.
    """
    number = _own_descriptor(path)
    mode = _mode(path) if number is None else _mode_of_descriptor(path, number)
    if mode is None or not _is_special(path, mode):
        yield None
        return
    # A copy of the descriptor shares its offset. A newly opened file can be non-blocking without changing the other.
    is_copied = number is not None and (blocking or stat.S_ISREG(mode))
    descriptor = os.dup(number) if number is not None and is_copied else _open(path, mode)
    try:
        if not _is_special(path, os.fstat(descriptor).st_mode):
            raise FileExistsError(errno.EEXIST, "the file was replaced while it was opened", str(path))
        if blocking and not is_copied and hasattr(os, "O_NONBLOCK"):
            os.set_blocking(descriptor, True)
        yield SpecialFile(descriptor, blocking=blocking)
    finally:
        os.close(descriptor)


def _open(path: Path, mode: int) -> int:
    # Opening a FIFO without a reader would block forever, and a terminal could become the controlling one.
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        return os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENXIO and stat.S_ISFIFO(mode):
            raise OSError(errno.ENXIO, "no process reads from this FIFO; start the reader first", str(path)) from None
        raise


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _mode_of_descriptor(path: Path, number: int) -> int:
    """Return the mode of a writable descriptor of this process, after flushing what `print` has buffered for it."""
    try:
        mode = os.fstat(number).st_mode
        if not stat.S_ISSOCK(mode):  # it would send an empty message
            os.write(number, b"")
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        raise OSError(errno.EBADF, "this descriptor is not open for writing", str(path)) from None
    if stat.S_ISSOCK(mode):
        raise OSError(errno.EOPNOTSUPP, "a download cannot be written to a socket", str(path))
    for stream in (sys.stdout, sys.stderr):
        if _stream_descriptor(stream) == number:
            stream.flush()
    return mode


def _stream_descriptor(stream: TextIO | None) -> int | None:
    """Return the descriptor of a standard stream, which may be missing, closed or any other object."""
    try:
        return stream.fileno() if stream is not None else None
    except (AttributeError, OSError, ValueError):
        return None


def _is_special(path: Path, mode: int) -> bool:
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return True
    return stat.S_ISREG(mode) and _descriptor_link(path) is not None


def _own_descriptor(path: Path) -> int | None:
    """Return the descriptor of this process that `path` leads to, or None."""
    link = _descriptor_link(path)
    return link[1] if link is not None and link[0] in (None, Path("/proc/self").resolve().name) else None


def is_descriptor(path: Path) -> bool:
    """Return whether `path` is, or links to, an open descriptor, such as `/dev/stdout`."""
    return _descriptor_link(path) is not None


def _descriptor_link(path: Path) -> tuple[str | None, int] | None:
    """Return the process and the descriptor that `path` leads to, such as a standard output, or None."""
    for _ in range(_MAX_LINKS):
        folder = _DESCRIPTOR_FOLDER.fullmatch(os.path.realpath(path.parent))
        if folder is not None and path.name.isdecimal():
            return folder[1], int(path.name)
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None
