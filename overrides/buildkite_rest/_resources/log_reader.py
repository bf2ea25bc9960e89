"""Reading of a log, of which the API only returns suffixes: incrementally, or its last lines. Nothing is sent here."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from .._base.arguments import check_int
from .._base.errors import APIConnectionError, APIStatusError, DecodeError
from .._base.lines import Lines
from .._base.safe_text import safe_repr

_LOG_TYPES: Final = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_UNSATISFIED_RANGE: Final = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)
_MARGIN_BYTES: Final = 4096
"""Bytes to request in addition to those that are known to be new."""
_MAX_GAPS: Final = 4
_MAX_REQUESTS_WITHOUT_PAUSE: Final = 100
"""Requests of one poll. A server could send an endless log in responses of one byte."""
_BYTES_PER_LINE: Final = 1024
_MIN_BYTES: Final = 65_536


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


def unsatisfied_size(headers: Mapping[str, str]) -> int | None:
    """Return the size of the log in the headers of a 416, or None if they do not have it."""
    found = _UNSATISFIED_RANGE.fullmatch(headers.get("Content-Range", ""))
    return None if found is None else int(found[1])


class LogReader:
    """The position up to which a log was read, and the incomplete line before it.

    A poll starts with `start_poll`, which returns the range to request. Pass the status and headers of the response to
    `start_response` and the chunks of its body to `lines`; `next_range` then returns the next range to request, or None
    when the log was read to its end. Pass an error to `handle_status` or `handle_interruption` instead.
    """

    def __init__(self) -> None:
        self._read = 0
        self._size = 0
        self._lines = Lines()
        self._skip: int | None = None
        """Bytes of the body that were read before. None if the body begins after the position, and is skipped."""
        self._read_before = 0
        self._gaps = 0
        """Responses in this poll that began after the position. Each makes the next range larger."""
        self._requests = 0
        """Requests in this poll."""
        self._suffix = 0
        """Bytes from the start of the response to the end of the log."""
        self._left: int | None = None
        """Bytes of the body that were not received yet, or None if the response is not partial."""
        self._max_suffix = 0
        """The largest `_suffix` of the responses in this poll that began after the position."""
        self._was_refused = False
        """Whether the last response was a 416."""
        self._refusals = 0
        """Responses in this poll that were a 416."""

    def start_poll(self) -> str:
        """Start a poll, and return the first range to request."""
        self._size = self._read
        self._requests = self._refusals = 0
        self._gaps = self._max_suffix = 0
        return self._range()

    def start_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Start a response.

        Raises:
            DecodeError: The response is not a log, or a partial one has no valid `Content-Range`.
        """
        found = partial_range(status, headers)
        self._was_refused = False
        if found is None:
            self._skip, self._size, self._left = self._read, 0, None
            return
        first, end, size = found
        self._left = end - first
        if size < self._read:
            self._restart()
        self._size = size
        self._skip = self._read - first if first <= self._read else None
        self._suffix = self._size - first

    def lines(self, chunk: bytes) -> Iterator[str]:
        """Yield the lines that end in `chunk`, the next chunk of the body, without their line ends.

        Raises:
            DecodeError: The body is larger than its Content-Range.
        """
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise DecodeError("the response body is larger than its Content-Range", "getJobLog")
        if self._skip is None:
            return
        new = chunk[self._skip :]
        self._skip -= len(chunk) - len(new)
        self._read += len(new)
        yield from self._lines.feed(new)

    def next_range(self, *, is_finished: bool) -> str | None:
        """Return the range to request after a complete body, or None if no bytes are missing.

        A response without the missing bytes is left to the next poll, which a finished job does not have.

        Raises:
            DecodeError: The responses lack bytes that were not read yet, though the ranges grew or the job has
                finished.
        """
        if self._skip is None:
            # The log grew by more than the requested range, and may still be growing.
            self._gaps += 1
            if self._suffix <= self._max_suffix or self._gaps > _MAX_GAPS:
                raise DecodeError("the responses do not reach back to the bytes that were read before", "getJobLog")
            self._max_suffix = self._suffix
            return self._range()
        if self._read_before < self._read < self._size:
            return self._range()
        if is_finished and self._read < self._size:
            raise self._incomplete()
        return None

    def handle_status(self, error: APIStatusError, *, is_finished: bool) -> str | None:
        """Return the range to request after an error status, or None to wait for the next poll.

        A 416 means that the log is empty: it was not written yet, or was deleted. A single 416 without the size of the
        log may also come from a proxy, so only a second one in a row counts. If the job has finished, there is no next
        poll, so the second request is sent at once.

        Raises:
            APIStatusError: The status is not 416.
            DecodeError: The job has finished, and the log is larger than what was read of it.
        """
        if error.status != 416:
            raise error
        size = unsatisfied_size(error.headers)
        is_shorter = self._was_refused if size is None else size < self._read
        self._was_refused = True
        self._refusals += 1
        is_last = is_finished and (size == 0 or self._refusals > 1)
        if is_last and size is not None and size > self._read:
            raise self._incomplete()
        if is_shorter and not is_last:
            self._restart()
        return self._range() if is_finished and not is_last else None

    def handle_interruption(self, error: APIConnectionError) -> str:
        """Return the range to request after an incomplete body. Raises `error` if the body had no new bytes."""
        if self._read == self._read_before:
            raise error
        return self._range()

    def end(self) -> Iterator[str]:
        """Yield the last line of the log if it has no line end."""
        return self._lines.end()

    @property
    def needs_pause(self) -> bool:
        """Whether this poll has sent so many requests that a pause is due before the next one."""
        return self._requests > _MAX_REQUESTS_WITHOUT_PAUSE

    def _incomplete(self) -> DecodeError:
        return DecodeError("the responses lack the end of the log, although the job has finished", "getJobLog")

    def _range(self) -> str:
        self._requests += 1
        self._read_before = self._read
        return f"bytes=-{max(self._size - self._read, 0) + _MARGIN_BYTES * 16**self._gaps}"

    def _restart(self) -> None:
        self._read = self._read_before = self._size = 0
        self._lines = Lines()


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
