"""Recordings in files: their size, format and entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..._base.json_values import as_object
from ...traffic._json import JSONLimitError, decode
from ..input_files import InputFileError, read_file
from ..parse_errors import json_problem
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
    except ValueError as error:
        raise RecordingError(f"is not JSON: {json_problem(error)}. Record it again") from None
    return har.entries_of(document) if "log" in as_object(document) else cassettes.entries_of(document)


def _read(path: Path) -> bytes:
    try:
        return read_file(path, limit=MAX_FILE)
    except InputFileError as error:
        raise RecordingError(str(error)) from None
