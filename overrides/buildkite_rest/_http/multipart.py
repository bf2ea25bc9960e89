"""Multipart forms, whose files are read while a request is sent, and again when it is retried."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, TypeGuard, cast

from .._base.records import Record
from .._base.safe_text import safe_repr
from .failures import CallersError, carry_errors

_CHANGED: Final = "changed size during the upload; the request was aborted before its end"
Part: TypeAlias = "tuple[str | None, BinaryIO | bytes]"
"""The name of a file, or None for a plain field, and its content."""
_CHUNK: Final = 1 << 16
"""Bytes of a file that the HTTP library reads and sends at a time."""


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


class Form(Record, frozen=True):
    """The parts of a form. A file that is passed as a path is not open yet."""

    parts: Mapping[str, Part | Path]

    @contextmanager
    def open(self) -> Generator[OpenForm]:
        """Open the files that are passed as paths, and close them afterwards."""
        with ExitStack() as stack:
            parts: dict[str, Part] = {}
            for name, part in self.parts.items():
                filename, content = (part.name, stack.enter_context(_open(part))) if isinstance(part, Path) else part
                if isinstance(content, bytes) and len(content) > _CHUNK:
                    content = BytesIO(content)  # The library would send it in one write.
                if not isinstance(content, bytes):
                    # The library uses no other methods of a file.
                    content = cast("BinaryIO", upload_file(filename or name, content))
                parts[name] = filename, content
            yield OpenForm(parts)


class OpenForm(Record, frozen=True):
    """The parts of a form, ready to be sent."""

    parts: Mapping[str, Part]

    def can_repeat(self) -> bool:
        """Whether the form can be sent again. The HTTP library rewinds seekable files."""
        return all(isinstance(content, bytes | SeekableUploadFile) for _, content in self.parts.values())

    def set_before_read(self, check: Callable[[], None]) -> None:
        """Let each read of a file begin with a call of `check`."""
        for _, content in self.parts.values():
            if isinstance(content, UploadFile):
                content.before_read = check


def file_part(name: str, value: object) -> Part | Path:
    """Return the part for a file that a caller passed.

    Raises:
        TypeError: It is not a file.
        ValueError: Its name cannot be sent.
    """
    if isinstance(value, Path):
        _check_filename(name, value.name)
        return value
    if _is_pair(value):
        filename, content = value
    else:
        filename, content = _name_of(value), value
    if isinstance(content, bytes) or hasattr(content, "read"):
        if hasattr(content, "encoding"):
            raise TypeError(f'{name} is open as text: open it in binary mode, "rb"')
        if filename is None or filename == "":
            raise TypeError(f'{name} has no name: pass ("name.tgz", {name}) instead')
    if isinstance(filename, str) and _is_binary(content):
        _check_filename(name, filename)
        return filename, content
    raise TypeError(f"{name} must be a Path, an open binary file, or a tuple of a name and bytes or a binary file")


def _check_filename(name: str, filename: str) -> None:
    try:
        filename.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"the file name of {name} is not valid Unicode: {safe_repr(filename)}. Pass a tuple of another name and "
            "the open file."
        ) from None


def _name_of(file: object) -> str | None:
    """Return the name of an open file, if it has one. A pipe has a number, and a standard stream `<stdin>`."""
    name = getattr(file, "name", None)
    if not isinstance(name, str) or (name.startswith("<") and name.endswith(">")):
        return None
    return Path(name).name


def _open(path: Path) -> BinaryIO:
    """Open a file for uploading, unless it is a special file, which may block forever."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(
            errno.EINVAL,
            "not a regular file; pass a tuple of a name and the open file",
            str(path),
        )
    return path.open("rb")


def _is_pair(value: object) -> TypeGuard[tuple[object, object]]:
    return isinstance(value, tuple) and len(value) == 2  # pyright: ignore[reportUnknownArgumentType]


def _is_binary(value: object) -> TypeGuard[BinaryIO | bytes]:
    """Whether `value` is bytes or has bytes to read."""
    return isinstance(value, bytes) or hasattr(value, "read")
