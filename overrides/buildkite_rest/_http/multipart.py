"""Multipart forms, whose files are read while a request is sent, and again when it is retried.

The form of `packages.create_upload` is sent by the caller, not here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

from .._base.arguments import type_name
from .._base.records import Record
from .connection_errors import carry_errors

_CHANGED: Final = "changed size during the upload; the request was aborted before its end"
Part: TypeAlias = "tuple[str | None, BinaryIO | bytes]"
"""The name of a file, or None for a plain field, and its content."""


class UploadFile:
    """A file as the HTTP library reads it.

    If it is seekable, its length is sent before it, and it can be sent again. The library would take the length from
    the descriptor, which is 0 for a pipe and the compressed length for a `GzipFile`.
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self.length: int | None = None
        """None for a file that can be read only once."""
        self._file = file
        self._position = 0
        with suppress(OSError, AttributeError):  # a pipe, or a file in /proc, which cannot be measured
            file.seek(0, os.SEEK_END)
            length = file.tell()
            file.seek(0)
            self.length = length

    def tell(self) -> int:
        """Return the current position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Change the position. Raises `UnsupportedOperation` if the file can be read only once."""
        if self.length is None:
            raise UnsupportedOperation
        with carry_errors():
            self._file.seek(offset, whence)
        self._position = self.length if whence == os.SEEK_END else offset
        return self._position

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`, or nothing at the end.

        Raises:
            CallersError: The file cannot be read, is not binary, or has another length than before.
        """
        with carry_errors():
            chunk = cast("object", self._file.read(size))
            if not isinstance(chunk, bytes | bytearray):
                raise TypeError(f"read() of the file {self.name!r} must return bytes, not {type_name(chunk)}")
            self._position += len(chunk)
            left = 0 if self.length is None else self.length - self._position
            if left < 0 or (left and size and not chunk):
                raise OSError(f"the file {self.name!r} {_CHANGED}")
        return bytes(chunk)


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
                if not isinstance(content, bytes):
                    # The library uses no other methods of a file.
                    content = cast("BinaryIO", UploadFile(filename or name, content))
                parts[name] = filename, content
            yield OpenForm(parts)


class OpenForm(Record, frozen=True):
    """The parts of a form, ready to be sent."""

    parts: Mapping[str, Part]

    def can_repeat(self) -> bool:
        """Whether the form can be sent again. The HTTP library rewinds seekable files."""
        return all(getattr(content, "length", 0) is not None for _, content in self.parts.values())


def file_part(name: str, value: Any) -> Part | Path:
    """Return the part for a file that a caller passed. Raises `TypeError` if it is not a file or has no name."""
    if isinstance(value, Path):
        return value
    filename, content = cast("tuple[Any, Any]", value) if isinstance(value, tuple) else (_name_of(value), value)
    if isinstance(filename, str) and filename and (isinstance(content, bytes) or hasattr(content, "read")):
        return filename, content
    accepted = "a Path, an open binary file that has a name, or a tuple of a name and bytes or a binary file"
    raise TypeError(f"{name} must be {accepted}")


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
