"""Lines of a text that comes piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field


@define
class Lines:
    """Splits pieces at line feeds and keeps the line that has only begun.

    A line is given without its end; bytes that are not UTF-8 are replaced.
    """

    _line: list[bytes] = field(factory=list[bytes], init=False)

    def take(self, piece: bytes) -> Iterator[str]:
        """Yield the lines that end in `piece`."""
        first, *others = piece.split(b"\n")
        self._line.append(first)
        for other in others:
            yield self._text()
            self._line.append(other)

    def end(self) -> Iterator[str]:
        """Yield the last line when nothing ends it."""
        if last := self._text():
            yield last

    def _text(self) -> str:
        line = b"".join(self._line).removesuffix(b"\r")
        self._line = []
        return line.decode(errors="replace")
