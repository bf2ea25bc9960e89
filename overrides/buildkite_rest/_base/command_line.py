"""Shared parts of the command-line programs: argument parser, standard output and error."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from .safe_text import without_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    class SupportsWrite(Protocol):
        def write(self, text: str, /) -> object: ...


_EXIT_SIGPIPE: Final = 141
_EXIT_USAGE: Final = 2
_MAX_VALUE_LENGTH: Final = 60
_OPTION: Final = re.compile(r"(?:--?[a-z]+(?:-[a-z]+)*|-[A-Za-z0-9])(?==|$)")
"""Name of an option at the start of an argument, with an optional `=` and value."""


def report(line: str) -> None:
    """Print a line on standard error, with credentials masked. Without one, `print` would use standard output."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # closed by its reader
            print(without_credential(line), file=sys.stderr, flush=True)


def write_output(content: bytes) -> None:
    """Write all of `content` to standard output.

    The system may write a part only: before a disk is full, when the process is stopped, and to a pipe that does not
    block. Python's unbuffered output, `PYTHONUNBUFFERED=1`, then discards the rest.

    Raises:
        OSError: Standard output is closed, or not everything can be written.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    sys.stdout.flush()
    buffer = sys.stdout.buffer
    file: Any = getattr(buffer, "raw", buffer)
    rest = memoryview(content)
    while rest:
        written = file.write(rest)
        if written is None:  # a pipe that does not block is full
            select.select([], [file], [])
        else:
            rest = rest[written:]
    file.flush()


def write_text(text: str) -> None:
    """Write `text` to standard output. What its encoding lacks is escaped. See `write_output`."""
    if sys.stdout is not None and not hasattr(sys.stdout, "buffer"):  # replaced by a caller of this program
        sys.stdout.write(text)
        return
    encoding = "utf-8" if sys.stdout is None else sys.stdout.encoding
    write_output(text.replace("\n", os.linesep).encode(encoding, "backslashreplace"))


def discard_output() -> None:
    """Redirect standard output to the null device, so that flushing it at exit does not fail again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def exit_without_output(error: OSError, before: str = "", after: str = "", status: int = _EXIT_USAGE) -> NoReturn:
    """Exit with 141, as after SIGPIPE, if the reader has closed the pipe; otherwise with a message and `status`."""
    discard_output()
    if isinstance(error, BrokenPipeError):
        sys.exit(_EXIT_SIGPIPE)
    report(f"{before}cannot write to standard output: {error.strerror}{after}")
    sys.exit(status)


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Formatter whose help is the same on all versions of Python: that of 3.13, `-X, --method METHOD`."""

    if sys.version_info < (3, 13):

        def add_argument(self, action: argparse.Action) -> None:
            """Add an argument. The names of commands make the first column wider, as those of options do."""
            super().add_argument(action)
            if action.help is not argparse.SUPPRESS:
                for command in self._iter_indented_subactions(action):
                    length = self._current_indent + len(self._format_action_invocation(command))
                    self._action_max_length = max(self._action_max_length, length)

        def _format_action_invocation(self, action: argparse.Action) -> str:
            if not action.option_strings or action.nargs == 0:
                return super()._format_action_invocation(action)
            value = self._format_args(action, self._get_default_metavar_for_optional(action))
            return f"{', '.join(action.option_strings)} {value}"


class Parser(argparse.ArgumentParser):
    """Argument parser that reports an error in one line, without the usage, and accepts no abbreviated options."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Report an error and exit with 2."""
        report(f"{self.prog}: {message}")
        self.exit(_EXIT_USAGE)

    def print_help(self, file: SupportsWrite | None = None) -> None:
        """Print the help. Exit with 141 or 2 if standard output is closed or full, which argparse ignores."""
        if file is not None or sys.stdout is None:
            super().print_help(file)
            return
        try:
            write_text(self.format_help())
        except OSError as error:
            exit_without_output(error, f"{self.prog}: ")


class OpaqueParser(Parser):
    """A parser whose errors show no value of a mistyped option, which may be a token.

    Args:
        hide: Masks further credentials in errors.
        options: Those of `argparse`.
    """

    def __init__(self, hide: Callable[[str], str] = str, **options: Any) -> None:
        super().__init__(**options)
        self._hide = hide

    def error(self, message: str) -> NoReturn:
        """Exit with a message, without the value after the `=` of an option that takes none."""
        message = message.partition("ignored explicit argument ")[0]
        super().error(self._hide(f"{message}takes no value" if message.endswith(": ") else message))


def parse_arguments(
    reader: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    surplus: str = "a value without an option; see --help",
) -> argparse.Namespace:
    """Parse the arguments. An error names unknown options without their values; `surplus` is that for other values."""
    namespace, unknown = reader.parse_known_args(arguments)
    if unknown:
        options = dict.fromkeys(match[0] for argument in unknown if (match := _OPTION.match(argument)))
        reader.error(f"unknown options: {', '.join(options)}" if options else surplus)
    return namespace


def file_path(text: str) -> Path:
    """Parse a path. `Path` also accepts an empty text, which an unset shell variable causes."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty. Pass a file or leave it out")
    return Path(text)


def whole_number(text: str) -> int:
    """Parse an integer in ASCII digits. `int` also accepts other digits and underscores."""
    try:
        if re.fullmatch("-?[0-9]+", text):
            return int(text)
    except ValueError:  # more digits than Python converts
        pass
    raise argparse.ArgumentTypeError(f"{text[:_MAX_VALUE_LENGTH]!r} is not a whole number")
