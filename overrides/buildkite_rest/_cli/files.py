"""Files that `buildkite-rest api` reads: values of fields, and bodies."""

from __future__ import annotations

import codecs
import sys
from json import JSONDecodeError
from typing import Final

from .._base.json_values import DepthError, loads
from .._base.safe_text import safe_repr
from .errors import CommandError

STANDARD_INPUT: Final = "-"


def _name(path: str, use: str) -> str:
    """Return the name of a file in messages, from what it is used for."""
    return f"{use} ({'standard input' if path == STANDARD_INPUT else safe_repr(path)})"


def _read(path: str, use: str) -> bytes:
    """Return the content of the file `path`, or of standard input for `-`. `use` is its use in messages."""
    name = _name(path, use)
    try:
        if path != STANDARD_INPUT:
            with open(path, "rb") as file:  # noqa: PTH123 - an empty path is an error, not the current folder
                return file.read()
        if sys.stdin is None:
            raise CommandError(f"{name} is closed. Name a file.")
        return sys.stdin.buffer.read()
    except (OSError, ValueError) as error:  # ValueError: a null character
        raise CommandError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None


def read_text(path: str, use: str) -> str:
    """Return the content of a file as text, without a byte order mark."""
    try:
        return _read(path, use).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"{_name(path, use)} is not UTF-8 text") from None


def read_json(path: str, use: str) -> bytes:
    """Return the content of a file, which is JSON, without a byte order mark."""
    content = _read(path, use).removeprefix(codecs.BOM_UTF8)
    try:
        loads(content.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    except DepthError:
        problem = "is nested too deeply"
    except JSONDecodeError as error:
        problem = f"is not JSON: line {error.lineno}, column {error.colno}"
    except ValueError as error:
        problem = f"is not JSON: it contains {error}"
    else:
        return content
    raise CommandError(f"{_name(path, use)} {problem}")


def _refuse_constant(name: str) -> None:
    """Refuse `NaN` and `Infinity`, which Python decodes."""
    raise ValueError(name)
