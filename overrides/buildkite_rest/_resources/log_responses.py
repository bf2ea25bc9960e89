"""Headers of the responses to requests for a log. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .._base.errors import DecodeError
from .._base.safe_text import safe_repr

_LOG_TYPES: Final = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_UNSATISFIED_RANGE: Final = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)


def check_log_type(headers: Mapping[str, str]) -> None:
    """Raise `DecodeError` if a response to `Accept: text/plain` is of another type, such as the page of a proxy."""
    content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in _LOG_TYPES:
        raise DecodeError(
            f"the response is not a log: its Content-Type is {safe_repr(content_type)}. It may be from a proxy",
            "getJobLog",
        )


def partial_range(status: int, headers: Mapping[str, str]) -> tuple[int, int, int] | None:
    """Return the offsets of the start and the end of a partial response, and the size of the log.

    Returns None for a complete log.

    Raises:
        DecodeError: The response is not a log, or a partial one has no valid `Content-Range`.
    """
    check_log_type(headers)
    if status == 200:
        return None
    if status != 206:
        raise DecodeError(f"the response is not a log: its status is {status}", "getJobLog")
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    if found is None or not int(found[1]) <= int(found[2]) < int(found[3]):
        raise DecodeError("the response has no valid Content-Range", "getJobLog")
    return int(found[1]), int(found[2]) + 1, int(found[3])


def unsatisfied_size(headers: Mapping[str, str]) -> int | None:
    """Return the size of the log in the headers of a 416, or None if they do not have it."""
    found = _UNSATISFIED_RANGE.fullmatch(headers.get("Content-Range", ""))
    return None if found is None else int(found[1])
