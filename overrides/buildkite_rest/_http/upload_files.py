"""Files of the caller's that are read while a request is sent."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from .library_errors import CallersError, carry_errors

_CHANGED: Final = "changed size during the upload; the request was aborted before its end"


def _allow() -> None:
    """Let a read begin."""


class UploadFile:
    """A file that can be read once and whose length is unknown."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self.file = file
        self.before_read: Callable[[], None] = _allow
        """Called before each read. It may raise an error of the HTTP library."""

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`.

        Raises:
            CallersError: The file cannot be read, or is not binary.
        """
        self.before_read()
        with carry_errors():
            chunk = cast("object", self.file.read(size))
            if not isinstance(chunk, bytes | bytearray):
                raise TypeError(f"read() of the file {self.name!r} must return bytes, not {type(chunk).__name__}")
            return bytes(chunk)


class SeekableUploadFile(UploadFile):
    """A file that can be rewound. Its length is sent before it."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        super().__init__(name, file)
        self._length = 0
        self._position = 0

    def tell(self) -> int:
        """Return the current position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Change the position. `SEEK_END` returns the length, which the file must then keep.

        Raises:
            CallersError: The file cannot change its position.
        """
        with carry_errors():
            self.file.seek(offset, whence)
            self._position = self.file.tell()
        if whence == os.SEEK_END:
            self._length = self._position
        return self._position

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`, or nothing at the end.

        Raises:
            CallersError: The file cannot be read, is not binary, or has another length than before.
        """
        chunk = super().read(size)
        self._position += len(chunk)
        if self._position > self._length or (not chunk and size and self._position < self._length):
            raise CallersError(OSError(f"the file {self.name!r} {_CHANGED}"))
        return chunk


def upload_file(name: str, file: BinaryIO) -> UploadFile:
    """Wrap a file for the HTTP library.

    The library takes the length from the descriptor, which is 0 for a pipe and the compressed length for a `GzipFile`.
    """
    return (SeekableUploadFile if _is_seekable(file) else UploadFile)(name, file)


def _is_seekable(file: BinaryIO) -> bool:
    """Whether a file is seekable and can be measured, which files in /proc cannot."""
    if not (hasattr(file, "seekable") and file.seekable() and hasattr(file, "tell")):
        return False
    try:
        file.seek(0, os.SEEK_END)
        file.seek(0)
    except OSError:
        return False
    return True
