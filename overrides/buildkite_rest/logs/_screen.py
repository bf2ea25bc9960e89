"""One line of a terminal: the text that it shows after carriage returns, backspaces and erasures."""

from __future__ import annotations

import re
from typing import Final

_COLUMNS: Final = 160
"""Width of the terminal of a Buildkite agent. A sequence cannot move the cursor further to the right."""
_COUNT: Final = re.compile("[0-9]{1,9}")


class ScreenLine:
    """A line of characters with a cursor. Each operation takes constant time per character that was written.

    Movements to other lines are ignored, so text that rewrites an earlier line is a line of its own.
    """

    __slots__ = ("_cells", "_cursor", "_dirty")

    def __init__(self) -> None:
        self._cells: list[str] = []
        self._cursor = 0
        self._dirty = 0
        """First column that may not be blank."""

    def write(self, text: str) -> None:
        """Write `text` at the cursor, over what is there."""
        if not text:
            return
        start, end = self._cursor, self._cursor + len(text)
        if start > len(self._cells):
            self._cells.extend(" " * (start - len(self._cells)))
        self._cells[start:end] = text
        self._cursor = end
        self._dirty = min(self._dirty, start)

    def control(self, character: str) -> None:
        """Apply a control character: a carriage return or a backspace."""
        if character == "\r":
            self._cursor = 0
        elif character == "\b":
            self._cursor = max(0, self._cursor - 1)

    def apply(self, parameters: str, final: str) -> None:
        """Apply a CSI sequence that moves the cursor within the line or erases a part of it."""
        number = _COUNT.match(parameters)
        count = int(number[0]) if number is not None else 0
        if parameters[:1] in ("<", "=", ">", "?"):
            return  # a private sequence, such as one that hides the cursor
        match final:
            case "C":
                self._cursor = max(self._cursor, min(self._cursor + (count or 1), _COLUMNS - 1))
            case "D":
                self._cursor = max(0, self._cursor - (count or 1))
            case "G" | "`":
                self._cursor = min(max(count, 1), _COLUMNS) - 1
            case "K":
                self._erase(count)
            case _:
                pass

    def _erase(self, mode: int) -> None:
        if mode == 0:
            del self._cells[self._cursor :]
        elif mode == 1:
            end = min(self._cursor + 1, len(self._cells))
            if self._dirty < end:
                self._cells[self._dirty : end] = " " * (end - self._dirty)
                self._dirty = end
        elif mode == 2:
            self._cells.clear()
            self._cursor = min(self._cursor, _COLUMNS)

    def text(self) -> str:
        """Return the text of the line."""
        return "".join(self._cells)
