"""Files that options name: regular ones, read up to a size, and written only if they are distinct."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .._base.safe_text import safe_repr
from .._files.targets import check_target
from .api import CannotRunError


class InputFileError(Exception):
    """A file cannot be read. The message is a predicate on one line: `is not a regular file`."""


def read_file(path: Path, *, limit: int) -> bytes:
    """Read a file of at most `limit` bytes.

    Raises:
        InputFileError: It cannot be read, is a directory or a device, or is larger.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputFileError("is not a regular file")
            content = file.read(limit + 1)
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise InputFileError(f"is larger than {limit >> 20} MiB")
    return content


def _open(path: str, flags: int) -> int:
    """Open a file without waiting for the writer of a FIFO."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def check_output(option: str, path: Path | None) -> None:
    """Check that a file can be written, without waiting for the reader of a FIFO.

    Raises:
        CannotRunError: It cannot, or is not a regular file.
    """
    if path is None:
        return
    try:
        check_target(path)
    except OSError as error:
        raise CannotRunError(f"{option} {safe_repr(str(path))}: {error.strerror}. Name another file.") from None
