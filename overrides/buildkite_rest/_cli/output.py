"""Standard output of a command: bytes and JSON, without the token."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

import msgspec

from .._base.command_line import exit_without_output
from .._base.safe_text import without_token


def write(content: bytes) -> None:
    """Write and flush. Tokens of requests become `***`. Exits with 141 or 2 if standard output is closed or full."""
    if sys.stdout is None:
        exit_without_output(OSError(errno.EBADF, os.strerror(errno.EBADF)))
    try:
        sys.stdout.buffer.write(without_token(content))
        sys.stdout.buffer.flush()
    except OSError as error:
        exit_without_output(error)


def is_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def write_body(content: bytes) -> None:
    """Write a body as it is. A terminal gets JSON indented, and a line break at the end."""
    if not is_terminal():
        write(content)
        return
    with suppress(msgspec.DecodeError, RecursionError):  # not JSON
        content = msgspec.json.format(content, indent=2)
    write(content if content.endswith(b"\n") or not content else content + b"\n")


def encode(value: object) -> bytes:
    """Return `value` as JSON, for a terminal indented."""
    text = msgspec.json.encode(value)
    return msgspec.json.format(text, indent=2) if is_terminal() else text
