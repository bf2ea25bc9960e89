"""Recordings in files: their size, format and entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..._base.json_values import as_object, loads
from . import cassettes, har
from .errors import RecordingError
from .har import Entry

MAX_FILE: Final = 1 << 28
"""Bytes of a file."""


def read_entries(path: Path, file: int) -> Iterator[Entry]:
    """Return the entries of a HAR or a cassette.

    Raises:
        RecordingError: The file cannot be used.
    """
    content = _read(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordingError("is not a text file in UTF-8") from None
    document: object
    if text.lstrip().startswith("{"):
        try:
            document = loads(text)
        except RecursionError:
            raise RecordingError("is nested too deeply") from None
        except ValueError:
            raise RecordingError("is not JSON") from None
        if "log" in as_object(document):
            return har.entries_of(document, file)
    else:
        document = cassettes.load_yaml(text)
    return cassettes.entries_of(document, file)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise RecordingError(f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE:
        raise RecordingError(f"is larger than {MAX_FILE >> 20} MiB")
    return content
