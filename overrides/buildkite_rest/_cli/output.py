"""Standard output of a command: bytes and JSON, without the token."""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from typing import Final

import msgspec
from attrs import frozen

from .._base.command_line import exit_without_output, write_output
from .._base.safe_text import without_token
from .errors import USAGE

_COMPACT: Final = -1
"""Indentation of JSON in one line without spaces."""
_CONTROLS: Final = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2(?:\x80[\x8e\x8f\xa8-\xae]|\x81[\xa6-\xa9])")
"""Characters in UTF-8 that control a terminal or reorder text, and that JSON allows in a string."""


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
        """Write and flush. Exits with 141 or `status` if standard output is closed or full."""
        try:
            write_output(without_token(content))
        except OSError as error:
            exit_without_output(error, self.before, self.after, self.status)

    def write_body(self, content: bytes) -> None:
        """Write a body as it is. A terminal gets JSON indented, and a line break at the end."""
        if not is_terminal():
            self.write(content)
            return
        with suppress(msgspec.DecodeError, RecursionError):  # not JSON
            content = _escape_controls(msgspec.json.format(content, indent=2))
        self.write(content if content.endswith(b"\n") or not content else content + b"\n")


def item_text(item: object, *, one_line: bool) -> bytes:
    """Return an item of a list as JSON. Numbers and strings are as received.

    Args:
        item: The item: `msgspec.Raw`, also of a page with text that msgspec does not accept, or a deeply nested one.
        one_line: Whether the text must be one line. Otherwise it is indented for a terminal.

    Raises:
        ValueError: The item has a number that is not JSON.
        RecursionError: The item is nested too deeply.
    """
    for_terminal = is_terminal()
    text: bytes | None = None
    if isinstance(item, msgspec.Raw):
        with suppress(msgspec.DecodeError):
            text = bytes(msgspec.json.format(item, indent=2 if for_terminal and not one_line else _COMPACT))
    if text is None:
        text = _encode(json.loads(bytes(item)) if isinstance(item, msgspec.Raw) else item)
    return _escape_controls(text) if for_terminal else text


def _escape_controls(text: bytes) -> bytes:
    """Return JSON with escapes in place of characters that control a terminal."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0].decode()):04x}".encode(), text)


def _encode(item: object) -> bytes:
    text = json.dumps(item, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate, which UTF-8 cannot encode, as an escape of JSON.
    return text.encode(errors="backslashreplace")
