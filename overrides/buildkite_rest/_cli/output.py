"""Output and exit statuses: bytes and JSON without the token, on a terminal printable text only, and failures."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Final

import msgspec
from attrs import frozen

from .._base.command_line import exit_without_output, write_output
from .._base.safe_text import escaped, without_token

OK: Final = 0
API_ERROR: Final = 1
"""The API responded with an error status."""
USAGE: Final = 2
"""An option, an argument or a file cannot be used. `api` has sent nothing."""
NO_RESPONSE: Final = 3
"""There is no complete response, or a list cannot be continued."""
UNAUTHENTICATED: Final = 4
"""There are no credentials, they cannot be used, or the API does not accept them (401)."""
UNWRITTEN: Final = 5
"""The request was sent, but standard output cannot be written."""
INTERRUPTED: Final = 130
_COMPACT: Final = -1
"""Indentation of JSON in one line without spaces."""


class CommandError(Exception):
    """A failure with the exit status of the command."""

    def __init__(self, message: str, status: int = USAGE) -> None:
        self.status = status
        super().__init__(message)


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
