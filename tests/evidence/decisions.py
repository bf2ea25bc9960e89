"""Decided differences: those that `spec/evidence.toml` lists for an entry of `spec/DECISIONS.md`."""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen
from generator.errors import GenerationError, Problem
from generator.fragment import read_text
from tests.evidence.differences import KINDS, SOURCES, Difference
from tests.evidence.links import heading_id

FILE = "evidence.toml"
PAGE = "DECISIONS.md"

_DIFFERENCE = re.compile(rf"^(?:{'|'.join(SOURCES)}) (?:{'|'.join(KINDS)}) \S.*: \S")
_HEADING = re.compile(r"^### (?P<title>.+)$", re.MULTILINE)


@frozen
class Pattern:
    """A difference in which `*` is any text, and the entry that has decided it."""

    text: str
    decision: str

    @property
    def source(self) -> str:
        """The source that the difference is from."""
        return self.text.partition(" ")[0]

    def matches(self, difference: Difference) -> bool:
        """Return whether it is this difference."""
        return re.fullmatch(re.escape(self.text).replace(r"\*", ".*"), difference.key) is not None


def read_decisions(spec: Path) -> list[Pattern]:
    """Return the decided differences: none if there is no file.

    Raises:
        GenerationError: A file cannot be read, or an id or a difference is invalid.
    """
    path = spec / FILE
    if not os.path.lexists(path):
        return []
    try:
        text = read_text(path)
        decided = tomllib.loads(text)
        page = read_text(spec / PAGE, errors="replace")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GenerationError([Problem(path, "toml", str(error))]) from None
    ids = {heading_id(title) for title in _HEADING.findall(page)}
    if unknown := [decision for decision in decided if decision not in ids]:
        raise GenerationError([Problem(path, "decision", f"{each!r} is not an entry of {PAGE}") for each in unknown])
    patterns = [Pattern(key, decision) for decision, keys in decided.items() for key in keys]
    counts = Counter(each.text for each in patterns)
    invalid = [key for key, count in counts.items() if count > 1 or not _DIFFERENCE.match(key)]
    if invalid:
        message = "is listed twice, or not a source, a kind, a subject and a message"
        raise GenerationError([Problem(path, "decision", f"{key!r} {message}") for key in invalid])
    return patterns


def undecided(differences: Iterable[Difference], patterns: Sequence[Pattern]) -> list[Difference]:
    """Return the differences that no entry has decided."""
    return [each for each in differences if not any(pattern.matches(each) for pattern in patterns)]


def outdated(differences: Sequence[Difference], patterns: Iterable[Pattern], sources: set[str]) -> list[Pattern]:
    """Return the patterns of the compared `sources` that are no longer differences."""
    return [
        pattern
        for pattern in patterns
        if pattern.source in sources and not any(pattern.matches(each) for each in differences)
    ]
