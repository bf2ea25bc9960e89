"""Decided differences: those that `spec/evidence.toml` lists for an entry of `spec/DECISIONS.md`."""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from attrs import frozen
from generator.errors import GenerationError, Location, Problem
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
    location: Location

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
    problems: list[Problem] = []
    patterns: list[Pattern] = []
    counts = Counter[str]()
    for decision, keys in decided.items():
        if decision not in ids:
            message = f"{decision!r} is not the id of an entry of {PAGE}"
            problems.append(Problem(_locate(path, text, decision), "decision", message))
        elif not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            message = f"{decision!r} must be a list of differences"
            problems.append(Problem(_locate(path, text, decision), "decision", message))
        else:
            for key in keys:
                counts[key] += 1
                location = _locate_string(path, text, key, counts[key]) or _locate(path, text, decision)
                if problem := _problem(key, counts[key]):
                    problems.append(Problem(location, "decision", problem))
                patterns.append(Pattern(key, decision, location))
    if problems:
        raise GenerationError(problems)
    return patterns


def _problem(key: str, count: int) -> str | None:
    """Return what is wrong with a difference that the file has `count` times so far."""
    if _DIFFERENCE.match(key):
        return f"{key!r} is listed twice" if count > 1 else None
    return f"{key!r} must be a source ({', '.join(SOURCES)}), a kind ({', '.join(KINDS)}), a subject and a message"


def _locate(path: Path, text: str, key: str) -> Location:
    """Return the line of a key of the root, which other keys and strings may contain."""
    match = re.search(rf"^[ \t\[]*[\"']?{re.escape(key)}[\"']?[ \t]*[.=\]]", text, re.MULTILINE)
    return Location(path, text.count("\n", 0, match.start() if match else max(text.find(key), 0)) + 1)


def _locate_string(path: Path, text: str, key: str, number: int) -> Location | None:
    """Return the line of the string `key` that is the one with this `number`, counted from 1.

    A string with escapes is not found.
    """
    matches = re.finditer(rf"([\"']){re.escape(key)}\1", text)
    match = next(islice(matches, number - 1, None), None)
    return Location(path, text.count("\n", 0, match.start()) + 1) if match else None


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
