"""Control sequences in logs: their syntax, their visible text and the times in them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

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
