"""Reading of a log, of which the API only returns suffixes: incrementally, or its last lines. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from .._base.errors import DecodeError
from .._base.lines import Lines
from .._base.safe_text import safe_repr

_LOG_TYPES: Final = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_MARGIN_BYTES: Final = 4096
"""Bytes to request in addition to those that are known to be new."""
_MAX_MARGIN_BYTES: Final = 4096 * 16**4
_BYTES_PER_LINE: Final = 1024
_MIN_BYTES: Final = 65_536
EMPTY: Final = 416
"""Status of a response to the request for a range of an empty log."""


def check_log(status: int, headers: Mapping[str, str], accepted: tuple[int, ...] = (200,)) -> None:
    """Raise `DecodeError` if a response to `Accept: text/plain` is not a log but, for example, the page of a proxy."""
    content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if status not in accepted:
        raise DecodeError(f"the response is not a log: its status is {status}", "getJobLog")
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
    check_log(status, headers, (200, 206))
    if status == 200:
        return None
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    if found is None or not int(found[1]) <= int(found[2]) < int(found[3]):
        raise DecodeError("the response has no valid Content-Range", "getJobLog")
    return int(found[1]), int(found[2]) + 1, int(found[3])


def tail_range(lines: int) -> str:
    """Return the range that has the last `lines` lines, unless they are long."""
    return f"bytes=-{max(_MIN_BYTES, lines * _BYTES_PER_LINE)}"


class LogReader:
    """The position up to which a log was read, and the incomplete line before it.

    A poll starts with `start_poll`, and requests each `next_range` until it `is_complete`. Pass the status and headers
    of each response to `start_response` and the chunks of its body to `lines`.
    """

    def __init__(self) -> None:
        self._read = 0
        self._size = 0
        """Size of the log in the last response."""
        self._lines = Lines()
        self._margin = _MARGIN_BYTES
        self._skip = 0
        """Bytes of the body that were read before. Negative if the body begins after the position."""
        self.has_new_bytes = False
        """Whether the response to the last request had new bytes."""

    def start_poll(self) -> None:
        """Start a poll."""
        self._size, self._margin = self._read, _MARGIN_BYTES

    def next_range(self) -> str:
        """Return the next range to request."""
        self.has_new_bytes = False
        return f"bytes=-{max(self._size - self._read, 0) + self._margin}"

    def start_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Start a response.

        Raises:
            DecodeError: The response is not a log, or a partial one has no valid `Content-Range`.
        """
        start, _, self._size = partial_range(status, headers) or (0, 0, 0)
        if status == 206 and self._size < self._read:  # The log was deleted.
            self._read, self._lines = 0, Lines()
        self._skip = self._read - start

    def lines(self, chunk: bytes) -> Iterator[str]:
        """Yield the lines that end in `chunk`, the next chunk of the body, without their line ends."""
        if self._skip < 0:
            return
        new = chunk[self._skip :]
        self._skip -= len(chunk) - len(new)
        self._read += len(new)
        self.has_new_bytes = self.has_new_bytes or bool(new)
        yield from self._lines.feed(new)

    def is_complete(self, *, is_finished: bool) -> bool:
        """Whether no bytes are missing after a complete body, or they are left to the next poll.

        Raises:
            DecodeError: The responses lack bytes that were not read yet, though the ranges grew or the job has
                finished.
        """
        if self._skip < 0:  # The log grew by more than the requested range, and may still be growing.
            self._margin *= 16
            if self._margin > _MAX_MARGIN_BYTES:
                raise DecodeError("the responses do not reach back to the bytes that were read before", "getJobLog")
            return False
        if is_finished and self._read < self._size and not self.has_new_bytes:
            raise DecodeError("the responses lack the end of the log, although the job has finished", "getJobLog")
        return self._read >= self._size or not self.has_new_bytes

    def end(self) -> Iterator[str]:
        """Yield the last line of the log if it has no line end."""
        return self._lines.end()
