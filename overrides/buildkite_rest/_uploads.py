"""Multipart forms, whose files must be read again when a request is sent again."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, TypeGuard, cast

from attrs import frozen

from ._upload_files import SeekableUploadFile, UploadError, upload_file

Part: TypeAlias = "tuple[str | None, BinaryIO | bytes]"
"""The name of a file, or None for a plain field, and its content."""


@frozen
class Form:
    """The parts of a form. A file that is given by its path is not open yet."""

    parts: Mapping[str, Part | Path]


@frozen
class OpenForm:
    """The parts of a form, ready to be sent."""

    parts: Mapping[str, Part]

    def can_repeat(self) -> bool:
        """Whether the form can be sent again. The HTTP library goes back to the start of a file where that can be."""
        return all(isinstance(content, bytes | SeekableUploadFile) for _, content in self.parts.values())


def file_part(name: str, value: object) -> Part | Path:
    """Return the part for a file that a caller passed.

    Raises:
        TypeError: It is no file. Nothing was sent.
    """
    if isinstance(value, Path):
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
        return filename, content
    raise TypeError(f"{name} must be a Path, an open binary file, or a tuple of a name and bytes or a binary file")


def _name_of(file: object) -> str | None:
    """Return the name of an open file. That of one without a path, such as a pipe, is a number."""
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) else None


@contextmanager
def open_form(form: Form | None) -> Generator[OpenForm]:
    """Open the files that are given by path, and close those again in the end.

    What a file raises in the block leaves it unchanged.
    """
    with ExitStack() as stack:
        parts: dict[str, Part] = {}
        for name, part in form.parts.items() if form is not None else ():
            filename, content = (part.name, stack.enter_context(part.open("rb"))) if isinstance(part, Path) else part
            if not isinstance(content, bytes):
                # The library uses no other methods of a file.
                content = cast("BinaryIO", upload_file(filename or name, content))
            parts[name] = filename, content
        try:
            yield OpenForm(parts)
        except UploadError as carrier:
            raise carrier.error from None


def _is_pair(value: object) -> TypeGuard[tuple[object, object]]:
    return isinstance(value, tuple) and len(value) == 2  # pyright: ignore[reportUnknownArgumentType]


def _is_binary(value: object) -> TypeGuard[BinaryIO | bytes]:
    """Whether `value` is bytes or has bytes to read."""
    return isinstance(value, bytes) or hasattr(value, "read")
