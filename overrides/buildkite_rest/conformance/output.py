"""Standard output of a run, which may be closed or full."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO, TypeVar

from .._base.standard_streams import exit_without_output

T = TypeVar("T")


class Output:
    """Writes to a file and exits with 141 or 2 when that fails. rich exits with 1, which means failures here."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @property
    def encoding(self) -> str:
        """Return the encoding of the file."""
        return self._file.encoding

    def fileno(self) -> int:
        """Return the descriptor of the file."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return whether the file is a terminal."""
        return self._file.isatty()

    def write(self, text: str, /) -> int:
        """Write to the file."""
        return _or_exit(lambda: self._file.write(text))

    def flush(self) -> None:
        """Write what the file has buffered."""
        _or_exit(self._file.flush)


def _or_exit(write: Callable[[], T]) -> T:
    try:
        return write()
    except OSError as error:
        exit_without_output(error)
