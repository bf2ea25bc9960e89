"""Lines of a text that comes piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field


@define
class Lines:
    """Splits pieces at line feeds and keeps the line that has only begun.

    A line is given without its end, a line feed and a carriage return before it; bytes that are not UTF-8 are replaced.
    """

    _begun: list[bytes] = field(factory=list[bytes], init=False)
    _piece: bytes = field(default=b"", init=False)
    _start: int = field(default=0, init=False)
    """Where in the piece the next line starts."""

    def take(self, piece: bytes) -> Iterator[str]:
        """Yield the lines that end in `piece`."""
        self._piece, self._start = piece, 0
        # What somebody else has read by `rest` meanwhile is no longer in `_piece`.
        while (end := self._piece.find(b"\n", self._start)) >= 0:
            self._begun.append(self._piece[self._start : end])
            self._start = end + 1
            yield self._line()
        self._begun.append(self._piece[self._start :])
        self._piece, self._start = b"", 0

    def end(self) -> Iterator[str]:
        """Yield the last line when nothing ends it."""
        if last := self._line():
            yield last

    def rest(self) -> bytes:
        """Return what no line was made of, for somebody else."""
        rest = b"".join([*self._begun, self._piece[self._start :]])
        self._begun, self._piece, self._start = [], b"", 0
        return rest

    def _line(self) -> str:
        line = b"".join(self._begun).removesuffix(b"\r")
        self._begun = []
        return line.decode(errors="replace")
