"""Command lines: their parser, and their standard output and error."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from typing import Protocol

    class SupportsWrite(Protocol):
        def write(self, text: str, /) -> object: ...


#: Exit status after SIGPIPE, and that of a run that is not possible.
_CLOSED_PIPE: Final = 141
_CANNOT_RUN: Final = 2


def report(line: str) -> None:
    """Print a line on standard error. Without one, `print` would write it to standard output."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # nobody reads it any more
            print(line, file=sys.stderr, flush=True)


def discard_output() -> None:
    """Discard what is written to standard output from now on, or flushing it at exit fails once more."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def exit_without_output(error: OSError) -> NoReturn:
    """Exit with 141, as after SIGPIPE, if the reader has closed the pipe, and with a message and 2 on another error."""
    discard_output()
    if isinstance(error, BrokenPipeError):
        sys.exit(_CLOSED_PIPE)
    report(f"cannot write to standard output: {error.strerror}")
    sys.exit(_CANNOT_RUN)


_LONGEST = 60


class Parser(argparse.ArgumentParser):
    """Parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Report an error and exit with 2."""
        report(f"{self.prog}: {message}")
        self.exit(2)

    def print_help(self, file: SupportsWrite | None = None) -> None:
        """Print the help. Exit with 141 or 2 if standard output is closed or full; argparse ignores that."""
        if file is not None or sys.stdout is None:
            super().print_help(file)
            return
        try:
            sys.stdout.write(self.format_help())
            sys.stdout.flush()
        except OSError as error:
            exit_without_output(error)


def whole_number(text: str) -> int:
    """Return the number that `text` is in ASCII digits. `int` accepts other digits and underscores too."""
    try:
        if re.fullmatch("-?[0-9]+", text):
            return int(text)
    except ValueError:  # more digits than Python reads
        pass
    raise argparse.ArgumentTypeError(f"{text[:_LONGEST]!r} is not a whole number")
