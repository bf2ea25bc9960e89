"""Files that are overwritten, since the system does not replace them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def overwrite(path: Path, content: bytes) -> None:
    """Overwrite a file. If that fails, the old content is written again, if it can be read.

    Programs that do this at the same time wait for each other, if the file system has locks.

    Raises:
        OSError: The file cannot be written.
    """
    binary = getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, os.O_RDWR | binary)
        is_readable = True
    except PermissionError:
        descriptor = os.open(path, os.O_WRONLY | binary)
        is_readable = False
    try:
        _lock(descriptor)
        old = _read(descriptor) if is_readable else None
        try:
            _write(descriptor, content)
        except BaseException:
            if old is not None:
                with suppress(OSError):
                    _write(descriptor, old)
            raise
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Wait until no other program overwrites the file. Closing it ends the lock."""
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _read(descriptor: int) -> bytes:
    chunks: list[bytes] = []
    while chunk := os.read(descriptor, 1 << 20):
        chunks.append(chunk)
    return b"".join(chunks)


def _write(descriptor: int, content: bytes) -> None:
    """Write from the start, and then remove what is left of a longer content."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.ftruncate(descriptor, len(content))
