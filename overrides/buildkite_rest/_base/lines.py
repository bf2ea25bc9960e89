"""Lines of a text that arrives in chunks."""

from __future__ import annotations

from collections.abc import Iterator


class Lines:
    """Splitter of chunks into lines, which buffers an incomplete line.

    Lines have no line end, which is a line feed or a carriage return and a line feed. Bytes that are not UTF-8 are
    replaced.
    """

    def __init__(self) -> None:
        self._incomplete: list[bytes] = []
        self._chunk = b""
        self._start = 0
        """Start of the next line in the chunk."""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the lines that end in `chunk`."""
        self._chunk, self._start = chunk, 0
        # `pop_unread` may have removed bytes from `_chunk` since the last line was yielded.
        while (end := self._chunk.find(b"\n", self._start)) >= 0:
            self._incomplete.append(self._chunk[self._start : end])
            self._start = end + 1
            yield self._line().removesuffix(b"\r").decode(errors="replace")
        self._incomplete.append(self._chunk[self._start :])
        self._chunk, self._start = b"", 0

    def end(self) -> Iterator[str]:
        """Yield the last line if it has no line end."""
        if any(self._incomplete):
            yield self._line().decode(errors="replace")

    def pop_unread(self) -> bytes:
        """Return and remove the bytes that no line was made of."""
        rest = b"".join([*self._incomplete, self._chunk[self._start :]])
        self._incomplete, self._chunk, self._start = [], b"", 0
        return rest

    def _line(self) -> bytes:
        line = b"".join(self._incomplete)
        self._incomplete = []
        return line
