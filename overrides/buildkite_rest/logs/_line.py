"""Lines of a log, with the time at which each began, as a terminal shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
"""A control character. A tab is text."""
_COLOR: Final = re.compile(r"\x1b\[[0-9:;]*m")
_SEQUENCE: Final = re.compile(
    r"\x1b([PX\]^_])([^\x07\x1b\x80-\x9f]*)(?:\x07|\x1b\\)"
    r"|\x1b\[([0-?]*)[ -/]*([@-~])?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)
"""A control sequence or character: a string such as an OSC (groups 1 and 2), a CSI (3 and 4) or another one.

A string must be terminated before the next escape character, otherwise only its introducer is matched. An unterminated
sequence therefore hides no other text.
"""
_PLAIN_STAMP: Final = re.compile(r"\x1b_bk;t=([0-9]{1,14})\x07")
_STAMP_KEY: Final = re.compile(r"(?:^bk|);(t|dt)=(-?[0-9]{1,14})(?=;|$)")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_MILLISECONDS: Final = 10**14
_LINK_OR_IMAGE: Final = re.compile("133[89](;.*)")
_FIELD: Final = re.compile(r""";(\w+)=(?:'([^']*)'|"([^"]*)"|([^;'"]*)(?=;|$))""")
_COLUMNS: Final = 160
"""Width of the terminal of a Buildkite agent. A sequence cannot move the cursor further to the right."""
_COUNT: Final = re.compile("[0-9]{1,9}")


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
        self._number = 0
        self._milliseconds = 0
        """The last stamp, since 1970. One with `dt` has the milliseconds since the one before."""
        self.last_time: datetime | None = None
        """Time of the last stamp. A line that is written slowly has several."""

    def feed(self, line: str) -> LogLine:
        """Return the next line of the log. `line` has no line end."""
        self._number += 1
        time: datetime | None = None
        if (stamp := _PLAIN_STAMP.match(line)) is not None:
            time, line = self._read_time(int(stamp[1])), line[stamp.end() :]
        if "\x1b" in line:
            line = _COLOR.sub("", line)
        if _CONTROL.search(line):
            line, first = self._render(line)
            time = time or first
        return LogLine(line, time, self._number)

    def _render(self, text: str) -> tuple[str, datetime | None]:
        """Return the text that a terminal shows, and the first time in it.

        Each operation takes constant time per character that was written. Movements to other lines are ignored.
        """
        cells: list[str] = []
        cursor = end = 0
        first: datetime | None = None
        for found in _SEQUENCE.finditer(text):
            cursor = _write(cells, cursor, text[end : found.start()])
            end = found.end()
            if found[1] == "_":
                for key, value in _STAMP_KEY.findall(found[2]) if found[2].startswith("bk;") else ():
                    time = self._read_time(int(value) + (self._milliseconds if key == "dt" else 0))
                    first = first or time
            elif found[1] == "]":
                cursor = _write(cells, cursor, _text_of_osc(found[2]))
            elif found[4] is not None:
                cursor = _apply(cells, cursor, found[3], found[4])
            elif found[0] == "\r":
                cursor = 0
            elif found[0] == "\b":
                cursor = max(0, cursor - 1)
        _write(cells, cursor, text[end:])
        return "".join(cells), first

    def _read_time(self, milliseconds: int) -> datetime | None:
        if not 0 <= milliseconds < _MAX_MILLISECONDS:
            return None
        self._milliseconds = milliseconds
        self.last_time = _EPOCH + timedelta(milliseconds=milliseconds)
        return self.last_time


def _write(cells: list[str], cursor: int, text: str) -> int:
    """Write text at the cursor, over what is there, and return the new cursor."""
    if text and cursor > len(cells):
        cells.extend(" " * (cursor - len(cells)))
    cells[cursor : cursor + len(text)] = text
    return cursor + len(text)


def _apply(cells: list[str], cursor: int, parameters: str, final: str) -> int:
    """Apply a CSI sequence that moves the cursor within the line or erases a part of it, and return the cursor."""
    count = int(number[0]) if (number := _COUNT.match(parameters)) is not None else 0
    match final:
        case "C":
            return max(cursor, min(cursor + (count or 1), _COLUMNS - 1))
        case "D":
            return max(0, cursor - (count or 1))
        case "G" | "`":
            return min(max(count, 1), _COLUMNS) - 1
        case "K" if count == 0:
            del cells[cursor:]
        case "K" if count == 2:
            cells.clear()
        case _:
            pass
    return min(cursor, max(_COLUMNS, len(cells)))  # Blanks up to a cursor behind an erased line would take long.


def _text_of_osc(payload: str) -> str:
    """Return the visible text of an OSC: that of a Buildkite link, or the alternative text of an image."""
    found = _LINK_OR_IMAGE.fullmatch(payload)
    if found is None:
        return ""
    fields = {name: "".join(values) for name, *values in _FIELD.findall(found[1])}
    return _CONTROL.sub("", fields.get("content") or fields.get("alt") or fields.get("url", ""))
