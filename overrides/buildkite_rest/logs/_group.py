"""Groups of a log: the lines between two headers, such as `--- Tests`."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from ._line import LineParser, LogLine

GroupKind: TypeAlias = Literal["collapsed", "expanded", "muted"]
"""Kind of a group by its header: `--- name` is collapsed, `+++ name` expanded, and `~~~ name` muted."""

_HEADER: Final = re.compile(r"(---|\+\+\+|~~~)\s(.*)")
_REOPENED: Final = re.compile(r"\^\^\^\s+\+\+\+\s*")
_ERROR: Final = "🚨 Error: "
"""Start of the line with which the agent reports an error. It then opens the group, as it does after a warning."""
_KINDS: Final[dict[str, GroupKind]] = {"---": "collapsed", "+++": "expanded", "~~~": "muted"}


@frozen
class LogGroup:
    """A group of a log: a header and the lines below it."""

    name: str | None
    """Text of the header. Emoji codes such as `:hammer:` are preserved. None for the lines before the first header."""
    kind: GroupKind
    """Kind of the header. The lines before the first header are `expanded`."""
    expanded: bool
    """Whether the group is shown open: it has the header `+++`, or a line `^^^ +++` in it opens it."""
    failed: bool
    """Whether the agent reports an error in the group: the command or a hook has failed. It writes a line that starts
    with `🚨 Error: ` and one that is `^^^ +++`. Behind the group there may be those of hooks."""
    started_at: datetime | None
    """Time of the header, or of the first line that has one, in UTC. None if the group has no time stamps."""
    ended_at: datetime | None
    """Time of the next header, in UTC. If it has no time stamp, or for the last group, the last one in the group."""
    number: int
    """Number of the line of the header in the log, from 1."""
    line_count: int
    """Number of lines below the header."""
    lines: tuple[LogLine, ...] = field(repr=False)
    """The kept lines below the header, without lines `^^^ +++`."""

    @property
    def duration(self) -> timedelta | None:
        """Time from the start to the end of the group, at least 0. None if either is unknown."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(self.ended_at - self.started_at, timedelta())


class _OpenGroup:
    """The group that is being read."""

    def __init__(self, name: str | None, kind: GroupKind, header: LogLine, keep_lines: int | None) -> None:
        self._name = name
        self._kind: GroupKind = kind
        self._number = header.number
        self._started_at = self._last_time = header.time
        self._is_reopened = self._has_error = False
        self._line_count = 0
        self._lines = deque[LogLine](maxlen=keep_lines)

    def add(self, line: LogLine, last_time: datetime | None) -> None:
        """Add a line below the header, after which `last_time` is that of the last stamp."""
        if line.time is not None:
            self._started_at = self._started_at or line.time
            self._last_time = last_time
        if _REOPENED.fullmatch(line.text):
            self._is_reopened = True
            return
        self._has_error = self._has_error or line.text.startswith(_ERROR)
        self._line_count += 1
        self._lines.append(line)

    def close(self, end: datetime | None) -> LogGroup:
        """Return the group, which ends at the time of the next header, if that has one."""
        return LogGroup(
            name=self._name,
            kind=self._kind,
            expanded=self._kind == "expanded" or self._is_reopened,
            failed=self._is_reopened and self._has_error,
            started_at=self._started_at,
            ended_at=self._started_at and (end or self._last_time),
            number=self._number,
            line_count=self._line_count,
            lines=tuple(self._lines),
        )


class GroupParser:
    """Parser of the groups of a log, from its lines one after the other.

    Args:
        keep_lines: Number of lines of each group that are kept, the last ones; None keeps all.
    """

    def __init__(self, keep_lines: int | None) -> None:
        self._lines = LineParser()
        self._keep_lines = keep_lines
        self._group: _OpenGroup | None = None

    def feed(self, line: str) -> Iterator[LogGroup]:
        """Yield the group that ends before `line`, if it is a header."""
        parsed = self._lines.feed(line)
        header = _HEADER.fullmatch(parsed.text)
        if header is not None:
            yield from self.end(parsed.time)
            self._group = _OpenGroup(header[2].strip(), _KINDS[header[1]], parsed, self._keep_lines)
            return
        if self._group is None:
            self._group = _OpenGroup(None, "expanded", parsed, self._keep_lines)
        self._group.add(parsed, self._lines.last_time)

    def end(self, time: datetime | None = None) -> Iterator[LogGroup]:
        """Yield the last group, at the end of the log or before a header with this time."""
        if self._group is not None:
            yield self._group.close(time)
