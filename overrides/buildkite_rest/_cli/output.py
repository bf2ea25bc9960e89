"""Output: bytes and JSON without the token, on a terminal printable text only, and failures."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Final

import msgspec
from attrs import frozen

from .._base.command_line import exit_without_output, write_output
from .._base.safe_text import escaped, without_token
from .exit_statuses import USAGE

_COMPACT: Final = -1
"""Indentation of JSON in one line without spaces."""


def is_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


@frozen
class Output:
    """Standard output of a command. Tokens of requests become `***`."""

    before: str
    """Start of the message if standard output cannot be written."""
    after: str = ""
    """End of that message."""
    status: int = USAGE
    """Exit status in that case."""

    def write(self, content: bytes) -> None:
        """Write and flush. A terminal gets escapes in place of what is not printable, a file or pipe all bytes.

        Exits with 141 or `status` if standard output is closed or full.
        """
        content = without_token(content)
        if is_terminal():
            content = escaped(content.decode(errors="backslashreplace"), but="\n\t").encode()
        try:
            write_output(content)
        except OSError as error:
            exit_without_output(error, self.before, self.after, self.status)

    def write_body(self, content: bytes) -> None:
        """Write a body as it is. A terminal gets JSON indented, and a line break at the end."""
        if is_terminal() and content:
            content = formatted(content, indent=2).removesuffix(b"\n") + b"\n"
        self.write(content)


def item_text(item: msgspec.Raw, *, one_line: bool) -> bytes:
    """Return an item of a list as JSON: in one line, or if that is not necessary indented for a terminal."""
    return formatted(bytes(item), indent=2 if is_terminal() and not one_line else _COMPACT)


def formatted(content: bytes, indent: int) -> bytes:
    """Return JSON with other white space, and numbers and strings as they are. What is not JSON is unchanged.

    The client has decoded a list with items that are not standard JSON leniently, and these are in one line.
    """
    with suppress(msgspec.DecodeError, RecursionError):
        return bytes(msgspec.json.format(content, indent=indent))
    return content
