"""Output of a run without secrets. A closed or full standard output is reported at the end."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress

from .._base.command_line import discard_output, exit_without_output, write_text
from .credentials import Secrets

#: Moves the cursor to the start of the line, and deletes what is there.
_CLEAR = "\r\x1b[K"


class Output:
    """Lines on standard output, and progress on a terminal.

    Args:
        secrets: Secrets that are masked.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._error: OSError | None = None

    def print(self, *lines: str) -> None:
        """Print lines."""
        if self._error is not None or sys.stdout is None:
            return
        self.show("")
        try:
            write_text("".join(f"{self._secrets.hide(line)}\n" for line in lines))
        except OSError as error:
            self._error = error
            discard_output()

    def show(self, text: str) -> None:
        """Show what is under way on the last line of a terminal."""
        if sys.stderr is not None and sys.stderr.isatty():
            with suppress(OSError):
                shown = self._secrets.hide(text)[: shutil.get_terminal_size().columns - 1]
                print(f"{_CLEAR}{shown}", end="", file=sys.stderr, flush=True)

    def close(self, program: str) -> None:
        """Exit if not everything was printed. `program` is the name of the command in the message."""
        if self._error is not None:
            exit_without_output(self._error, f"{program}: ")
