"""Standard output of a run: without secrets, and with one error if it is closed or full."""

from __future__ import annotations

import sys
from typing import IO, Any, Final, TextIO, cast

from rich.console import Console

from .._base.command_line import discard_output, exit_without_output, write_text
from .credentials import Secrets

#: Columns of an output that is not a terminal.
_WIDTH: Final = 120


class Output:
    """Standard output for rich, which would exit with 1, the status of failures, if it is closed or full.

    Args:
        file: Standard output.
        secrets: Secrets that are masked.
    """

    def __init__(self, file: TextIO, secrets: Secrets) -> None:
        self._file = file
        self._secrets = secrets
        self._error: OSError | None = None

    @property
    def encoding(self) -> str:
        """Encoding of the file."""
        return self._file.encoding

    def fileno(self) -> int:
        """Return the descriptor of the file."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return whether the file is a terminal."""
        return self._file.isatty()

    def write(self, text: str, /) -> int:
        """Write all of `text`. Tables have spaces at the ends of lines, which only a terminal gets."""
        if self._error is None:
            masked = self._secrets.mask(text)
            if not self.isatty():
                masked = "\n".join(line.rstrip(" ") for line in masked.split("\n"))
            try:
                write_text(masked)
            except OSError as error:  # the run continues, for its reports and its cleanup
                self._error = error
                discard_output()
        return len(text)

    def flush(self) -> None:
        """Do nothing: `write` does."""

    def close(self, program: str) -> None:
        """Exit with 141 if the output was closed, and with 2 if it was full."""
        if self._error is not None:
            exit_without_output(self._error, f"{program}: ")


def standard_output(secrets: Secrets) -> Output | None:
    """Return standard output, or None if there is none. Characters that its encoding lacks are escaped."""
    file: Any = sys.stdout
    if file is None:
        return None
    if hasattr(file, "reconfigure"):
        file.reconfigure(errors="backslashreplace")
    return Output(file, secrets)


def console_for(output: Output | None) -> Console:
    """Return a console that writes to `output`, or to nothing if there is no standard output."""
    width = None if output is not None and output.isatty() else _WIDTH
    file = None if output is None else cast("IO[str]", output)
    return Console(file=file, width=width, soft_wrap=True, highlight=False, markup=False, emoji=False)
