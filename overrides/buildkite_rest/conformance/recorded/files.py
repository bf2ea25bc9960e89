"""Recordings in files: their size, format and entries."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..._base.json_values import as_object
from ...traffic._json import JSONLimitError, decode
from . import cassettes, har
from .errors import MAX_FILE, RecordingError
from .har import Entry

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NO_TEXT: Final = "is not a text file in UTF-8"


def read_entries(path: Path) -> Iterator[Entry]:
    """Return the entries of a HAR or a cassette.

    Raises:
        RecordingError: The file cannot be used.
    """
    content = _read(path).removeprefix(_BYTE_ORDER_MARK)
    if not content.lstrip().startswith(b"{"):
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise RecordingError(_NO_TEXT) from None
        del content
        return cassettes.entries_of(cassettes.load_yaml(text))
    try:
        document: object = decode(content, allow_constants=True)
    except JSONLimitError as error:
        raise RecordingError(str(error)) from None
    except UnicodeDecodeError:
        raise RecordingError(_NO_TEXT) from None
    except ValueError:
        raise RecordingError("is not JSON") from None
    return har.entries_of(document) if "log" in as_object(document) else cassettes.entries_of(document)


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RecordingError("is not a regular file")
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise RecordingError(f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE:
        raise RecordingError(f"is larger than {MAX_FILE >> 20} MiB")
    return content


def _open(path: str, flags: int) -> int:
    """Open a file without waiting for the writer of a FIFO."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
