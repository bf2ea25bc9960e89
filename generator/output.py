"""Standard output of commands."""

import contextlib
import os
import sys
from typing import NoReturn

_EXIT_SIGPIPE = 141


def print_lines(text: str) -> None:
    """Print `text` to standard output, or exit as `write_all` does."""
    _check_open()
    try:
        print(text, flush=True)
    except OSError as error:
        _exit(error)


def write_all(content: bytes) -> None:
    """Write all of `content` to standard output, which writes a part at a time if it has no buffer.

    If the reader has closed the pipe, the exit status is that of SIGPIPE. Any other error is printed, with status 2.
    """
    _check_open()
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.flush()
    except OSError as error:
        _exit(error)


def _check_open() -> None:
    """Exit with status 2 if the process was started without standard output, as with `>&-`."""
    if sys.stdout is None:
        print("cannot write to standard output: it is closed", file=sys.stderr)
        sys.exit(2)


def _exit(error: OSError) -> NoReturn:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)  # so that flushing standard output at exit does not fail again
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    if isinstance(error, BrokenPipeError):
        sys.exit(_EXIT_SIGPIPE)
    print(f"cannot write to standard output: {error.strerror}", file=sys.stderr)
    sys.exit(2)
