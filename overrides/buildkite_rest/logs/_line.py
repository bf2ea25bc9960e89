"""Lines of a log, with the time at which each began, as a terminal shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
"""A control character. A tab is text."""
COLOR: Final = re.compile(r"\x1b\[[0-9:;]*m")
SEQUENCE: Final = re.compile(
    r"(?:\x1b([PX\]^_])|([\x90\x98\x9d-\x9f]))([^\x07\x1b\n\x80-\x9f]*)(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)
"""A control sequence or character: a string such as an OSC (groups 1 to 3), a CSI (4 and 5) or another one.

A string must be terminated before the next escape character and the end of the line, otherwise only its introducer is
matched. An unterminated sequence therefore hides no other text.
"""
_INCOMPLETE_STAMP: Final = re.compile(r"\x1b_(?:b(?:k(?:;[a-z0-9=;]*\x1b?)?)?)?")
_STAMP: Final = "bk;"
_PLAIN_STAMP: Final = re.compile(r"\x1b_bk;t=([0-9]{1,15})\x07")
_MILLISECONDS: Final = re.compile(r"-?[0-9]{1,15}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LINK: Final = "1339;"
_IMAGE: Final = "1338;"
_COLUMNS: Final = 160
"""Width of the terminal of a Buildkite agent. A sequence cannot move the cursor further to the right."""
_COUNT: Final = re.compile("[0-9]{1,9}")


def without_incomplete_stamp(line: str) -> str:
    """Return `line` without a time stamp that is cut off at its end, as in the log of a running job."""
    start = line.rfind("\x1b_", -40)
    return line[:start] if start >= 0 and _INCOMPLETE_STAMP.fullmatch(line, start) else line


class Stamps:
    """The times that the agent writes into a log, in milliseconds since 1970: `ESC _ bk;t=1767225600000 BEL`.

    A stamp with `dt` has the milliseconds since the previous one.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def split_plain(self, line: str) -> tuple[datetime | None, str]:
        """Return the time at the start of `line` and the rest, or None and `line` if there is no plain stamp."""
        found = _PLAIN_STAMP.match(line)
        if found is None:
            return None, line
        time = self._time(int(found[1]))
        return time, line[found.end() :]

    def read(self, payload: str) -> datetime | None:
        """Return the time in the payload of an APC, or None if it has no valid one."""
        if not payload.startswith(_STAMP):
            return None
        time: datetime | None = None
        for token in payload.removeprefix(_STAMP).split(";"):
            key, _, value = token.partition("=")
            if key in ("t", "dt") and _MILLISECONDS.fullmatch(value):
                time = self._time(int(value) + (self._last if key == "dt" else 0))
        return time

    def _time(self, milliseconds: int) -> datetime | None:
        try:
            time = _EPOCH + timedelta(milliseconds=milliseconds)
        except OverflowError:
            return None
        self._last = milliseconds
        return time


def text_of_osc(payload: str) -> str:
    """Return the visible text of an OSC: that of a Buildkite link, or the alternative text of an image."""
    if not payload.startswith((_LINK, _IMAGE)):
        return ""
    import shlex  # noqa: PLC0415 - few logs need it

    lexer = shlex.shlex(payload[len(_LINK) :], posix=True)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = ";", True, ""
    fields = dict[str, str]()
    try:
        for token in lexer:
            key, _, value = token.partition("=")
            fields[key] = value
    except ValueError:  # a quotation mark is not closed
        return ""
    text = fields.get("content" if payload.startswith(_LINK) else "alt") or fields.get("url", "")
    return CONTROL.sub("", text)


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


@frozen
class LogLine:
    """A line of a log."""

    text: str
    """The text that a terminal shows, without colours and control sequences."""
    time: datetime | None
    """When the line began, in UTC. None if the agent wrote no time stamp."""
    number: int
    """Number of the line in the log, from 1."""


class LineParser:
    """Parser of the lines of a log, one after the other."""

    def __init__(self) -> None:
        self._stamps = Stamps()
        self._number = 0
        self.last_time: datetime | None = None
        """Time of the last stamp. A line that is written slowly has several."""

    def feed(self, line: str) -> LogLine:
        """Return the next line of the log. `line` has no line end."""
        self._number += 1
        time, text = self._stamps.split_plain(line)
        if time is not None:
            self.last_time = time
        if "\x1b" in text:
            text = COLOR.sub("", text)
        if CONTROL.search(text):
            text, first = self._render(text)
            time = first if time is None else time
        return LogLine(text, time, self._number)

    def _render(self, text: str) -> tuple[str, datetime | None]:
        """Return the text that a terminal shows, and the first time in it."""
        text = without_incomplete_stamp(text)
        screen, end = ScreenLine(), 0
        first: datetime | None = None
        for found in SEQUENCE.finditer(text):
            screen.write(text[end : found.start()])
            end = found.end()
            if found[5] is not None:
                screen.apply(found[4], found[5])
            elif found[3] is None:
                screen.control(found[0])
            elif _is(found, "_", "\x9f"):
                time = self._stamps.read(found[3])
                if time is not None:
                    first, self.last_time = first or time, time
            elif _is(found, "]", "\x9d"):
                screen.write(text_of_osc(found[3]))
        screen.write(text[end:])
        return screen.text(), first


def _is(found: re.Match[str], introducer: str, single: str) -> bool:
    """Whether a string begins with an introducer, in its form of two characters or of a single one."""
    return found[1] == introducer or found[2] == single
