"""Reads a log that grows, of which the API gives only the last so many bytes. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import define, field

from ._errors import APIConnectionError, APIStatusError, DecodeError
from ._lines import Lines

_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_MARGIN: Final = 4096
"""Bytes that are asked for without knowing whether there are new ones."""
_MOST_GAPS: Final = 4
_MOST_WITHOUT_PAUSE: Final = 100
"""Requests of one look. A server could send byte after byte of a log that grows for ever, each in its own response."""


@define
class LogLines:
    """Where a log has been read to, and the line that has only begun there.

    Each look begins with `look`, which returns the range to ask for. The head of the answer goes to `begin` and its
    body, piece by piece, to `lines`; `missing` then returns a range to ask for next, or None when all has been read. An
    error goes to `refused` or `broken` instead.
    """

    _read: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)
    _lines: Lines = field(factory=Lines, init=False)
    _skip: int | None = field(default=None, init=False)
    """Bytes of the body that were read before. None when the body begins too late, so that all of it is skipped."""
    _began: int = field(default=0, init=False)
    _gaps: int = field(default=0, init=False)
    """How many answers of this look have begun too late, which makes the next range larger."""
    _requests: int = field(default=0, init=False)
    """How many requests of this look have been prepared."""
    _given: int = field(default=0, init=False)
    """Bytes from where the answer begins to the end of the log."""
    _left: int | None = field(default=None, init=False)
    """Bytes of the body that are still to come, or None when the response does not say."""
    _largest: int = field(default=0, init=False)
    """The same of the answers of this look that began too late."""

    def look(self) -> str:
        """Return the range that a look at the log begins with."""
        self._size = self._read
        self._requests = 0
        self._gaps = self._largest = 0
        return self._range()

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the head of an answer.

        Raises:
            DecodeError: It does not tell which bytes come.
        """
        if status != 206:
            self._skip, self._size, self._left = self._read, 0, None
            return
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        if found is None:
            raise DecodeError("getJobLog: the answer does not tell which bytes of the log it has")
        first, self._size = int(found[1]), int(found[3])
        self._left = int(found[2]) + 1 - first
        if self._size < self._read:
            self._restart()
        self._skip = self._read - first if first <= self._read else None
        self._given = self._size - first

    def lines(self, piece: bytes) -> Iterator[str]:
        """Yield the lines that end in `piece`, the next one of the body, without their ends.

        Raises:
            DecodeError: The body is larger than its Content-Range.
        """
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0:
                raise DecodeError("getJobLog: the response body is larger than its Content-Range")
        if self._skip is None:
            return
        fresh = piece[self._skip :]
        self._skip -= len(piece) - len(fresh)
        self._read += len(fresh)
        yield from self._lines.take(fresh)

    def missing(self) -> str | None:
        """Return the range to ask for after a body that came to its end, or None when nothing is missing.

        Raises:
            DecodeError: However much is asked for, what was not read yet does not come.
        """
        if self._skip is None:
            # The log grew by more than was asked for, and may be growing still.
            self._gaps += 1
            if self._given <= self._largest or self._gaps > _MOST_GAPS:
                raise DecodeError("getJobLog: the answers do not reach back to what was read of the log")
            self._largest = self._given
            return self._range()
        return self._range() if self._began < self._read < self._size else None

    def refused(self, error: APIStatusError) -> None:
        """Take an error status. That an empty log has no last bytes is none."""
        if error.status != 416:
            raise error
        self._restart()

    def broken(self, error: APIConnectionError) -> str:
        """Return the range to go on with after a body that broke off. When it brought nothing new, that is an error."""
        if self._read == self._began:
            raise error
        return self._range()

    def end(self) -> Iterator[str]:
        """Yield the last line of the log when nothing ends it."""
        return self._lines.end()

    @property
    def needs_pause(self) -> bool:
        """Whether this look has taken so many requests that there should be a pause before the next one."""
        return self._requests > _MOST_WITHOUT_PAUSE

    def _range(self) -> str:
        self._requests += 1
        self._began = self._read
        return f"bytes=-{max(self._size - self._read, 0) + _MARGIN * 16**self._gaps}"

    def _restart(self) -> None:
        self._read = self._began = 0
        self._lines = Lines()
