"""Multipart forms, whose files must be read again when a request is sent again."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, TypeGuard

from attrs import frozen

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
        return all(isinstance(content, bytes) or _is_seekable(content) for _, content in self.parts.values())


def _is_seekable(file: BinaryIO) -> bool:
    """Whether a file says that it can go back. What only has `read` does not say so."""
    seekable = getattr(file, "seekable", None)
    return seekable is not None and bool(seekable())


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
    if isinstance(filename, str) and filename and _is_binary(content):
        return filename, content
    raise TypeError(f"{name} must be a Path, an open binary file, or a tuple of a name and bytes or a binary file")


def _name_of(file: object) -> str | None:
    """Return the name of an open file. That of one without a path, such as a pipe, is a number."""
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) else None


@contextmanager
def open_form(form: Form | None) -> Generator[OpenForm]:
    """Open the files that are given by path, and close those again in the end."""
    with ExitStack() as stack:
        parts: dict[str, Part] = {
            name: (part.name, stack.enter_context(part.open("rb"))) if isinstance(part, Path) else part
            for name, part in (form.parts.items() if form is not None else ())
        }
        yield OpenForm(parts)


def _is_pair(value: object) -> TypeGuard[tuple[object, object]]:
    return isinstance(value, tuple) and len(value) == 2  # pyright: ignore[reportUnknownArgumentType]


def _is_binary(value: object) -> TypeGuard[BinaryIO | bytes]:
    """Whether `value` gives bytes. A file that was opened as text has an encoding."""
    return isinstance(value, bytes) or (hasattr(value, "read") and not hasattr(value, "encoding"))
