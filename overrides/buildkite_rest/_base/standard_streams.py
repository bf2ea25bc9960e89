"""Standard output and error of the command lines, which a daemon may not have and which may be closed or full."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final, NoReturn

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
