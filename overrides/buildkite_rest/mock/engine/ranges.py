"""Parts of files, as a `Range` header asks for them."""

from __future__ import annotations

import re

import attrs

#: Tells a client that it may ask for parts.
ACCEPTED = {"Accept-Ranges": "bytes"}

_RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)", re.ASCII | re.IGNORECASE)


@attrs.frozen
class Range:
    """One range of bytes: from a first one on, from one to another, or so many at the end, where `first` is None."""

    first: int | None
    last: int | None

    def part(self, content: bytes) -> tuple[bytes, dict[str, str]] | None:
        """Return what is in the range and the headers that say so, or None if nothing is in it."""
        size = len(content)
        if self.first is None:
            begin, end = max(0, size - (self.last or 0)), size
        else:
            begin, end = self.first, size if self.last is None else min(self.last + 1, size)
        if begin >= end:
            return None
        return content[begin:end], {**ACCEPTED, "Content-Range": f"bytes {begin}-{end - 1}/{size}"}


def parse(header: str) -> Range | None:
    """Return what a `Range` header asks for, or None if it is not one range of bytes."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[0].endswith("=-"):
        return None
    first, last = _number(match["first"]), _number(match["last"])
    return None if first is not None and last is not None and last < first else Range(first, last)


def nothing(size: int) -> dict[str, str]:
    """Return the headers that say that there is nothing in a range of a file of this size."""
    return {"Content-Range": f"bytes */{size}"}


def _number(digits: str) -> int | None:
    """Read a number. Python refuses to read very long ones, and no file is that large."""
    return int(digits[:4000]) if digits else None
