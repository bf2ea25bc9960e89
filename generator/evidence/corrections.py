"""Corrections of the documentation that are in the profile, and apply to nothing in it."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ..errors import Location
from ..fragment import read_text
from ..profile import NAME, Correction, Sources

_TABLE = re.compile(r"^ *\[\[\s*evidence\.corrections\s*\]\]", re.MULTILINE)


def unused_corrections(spec: Path, sources: Sources, used: Collection[Correction]) -> Iterator[str]:
    """Yield a line for each correction that is not in `used`."""
    path = spec / NAME
    text = read_text(path)
    starts = [match.start() for match in _TABLE.finditer(text)] or [0] * len(sources.corrections)
    for start, each in zip(starts, sources.corrections, strict=True):
        if each not in used:
            location = Location(path, text.count("\n", 0, start) + 1)
            yield f"{location}: {each.written!r} is corrected, but is no longer in {each.page}"
