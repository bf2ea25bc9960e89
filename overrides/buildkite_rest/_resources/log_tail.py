"""The last lines of a log, from a suffix of it. Nothing is sent here."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping
from typing import Final

from .._base.arguments import check_int
from .._base.errors import APIStatusError
from .._base.lines import Lines
from .log_responses import check_log_type, unsatisfied_size

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

    def start_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Start a response. One that is not partial has the whole log.

        Raises:
            DecodeError: The response is not a log.
        """
        check_log_type(headers)
        self._is_cut = status == 206 and not headers.get("Content-Range", "").startswith("bytes 0-")

    def feed(self, chunk: bytes) -> None:
        """Add a chunk of the body."""
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
        """Return the lines. The last one may lack its line end."""
        for line in self._lines.end():
            self._add(line)
        return list(self._last)
