"""A parser of command lines that reports an invalid one in a line, without the usage."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, NoReturn

from .standard_streams import exit_without_output, report

if TYPE_CHECKING:
    from typing import Protocol

    class SupportsWrite(Protocol):
        def write(self, text: str, /) -> object: ...


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
