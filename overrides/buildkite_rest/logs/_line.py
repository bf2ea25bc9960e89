"""Lines of a log, with the time at which each began."""

from __future__ import annotations

import re
from datetime import datetime

from attrs import frozen

from ._screen import ScreenLine
from ._sequences import COLOR, CONTROL, SEQUENCE, Stamps, text_of_osc, without_incomplete_stamp


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
