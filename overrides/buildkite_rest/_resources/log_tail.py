"""The last lines of a log, from a suffix of it. Nothing is sent here."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping
from typing import Final

from .._base.arguments import check_int
from .._base.errors import APIStatusError, DecodeError
from .._base.lines import Lines
from .log_responses import partial_range, unsatisfied_size

_BYTES_PER_LINE: Final = 1024
_MIN_BYTES: Final = 65_536


class LogTail:
    """The last `count` lines of a log.

    Request `range`, pass the status and headers of the response to `start_response` and the chunks of its body to
    `feed`, or an error to `handle_status`. `end` then returns the lines.
    """

    def __init__(self, count: int) -> None:
        check_int("lines", count, minimum=1)
        count = min(count, sys.maxsize // _BYTES_PER_LINE)
        self.range: Final = f"bytes=-{max(_MIN_BYTES, count * _BYTES_PER_LINE)}"
        self._lines = Lines()
        self._last = deque[str](maxlen=count)
        self._is_cut = False
        """Whether the next line lacks its start."""
        self._left: int | None = None
        """Bytes of the body that were not received yet, or None if the response is not partial."""

    def start_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Start a response. One that is not partial has the whole log.

        Raises:
            DecodeError: The response is not a log, or a partial one has no valid `Content-Range`.
        """
        found = partial_range(status, headers)
        if found is not None:
            self._is_cut, self._left = found[0] > 0, found[1] - found[0]

    def feed(self, chunk: bytes) -> None:
        """Add a chunk of the body."""
        if self._left is not None:
            self._left -= len(chunk)
        for line in self._lines.feed(chunk):
            self._add(line)

    def _add(self, line: str) -> None:
        if self._is_cut:
            self._is_cut = False
        else:
            self._last.append(line)

    @staticmethod
    def handle_status(error: APIStatusError) -> list[str]:
        """Return no lines for a 416: the log is empty.

        Raises:
            APIStatusError: The status is not 416, or the log is not empty.
        """
        if error.status != 416 or unsatisfied_size(error.headers):
            raise error
        return []

    def end(self) -> list[str]:
        """Return the lines. The last one may lack its line end.

        Raises:
            DecodeError: The body does not have the size that its `Content-Range` declares.
        """
        if self._left:
            raise DecodeError("the response body does not have the size of its Content-Range", "getJobLog")
        for line in self._lines.end():
            self._add(line)
        return list(self._last)
