"""Differences between the spec and its sources, those that are decided, and the number of facts that were compared."""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import define, field, frozen
from generator.errors import GenerationError, Location, Problem
from generator.fragment import Pointer, read_text
from tests.evidence.markdown import heading_id

SPEC = "spec"
"""The source of what only the spec has."""

SOURCES = ("docs", "go", SPEC)

KINDS = ("operation", "query", "body", "response", "status", "scope", "event", "sample", "link")

MISSING = "not in the spec"

_QUALIFIER = re.compile(r"^\w+[. ]")
"""The schema or the operation before the name of a property or a parameter."""


@frozen
class Difference:
    """A difference, and where the source states it."""

    source: str
    kind: str
    subject: str
    message: str
    location: Location | Pointer = field(eq=False)

    @property
    def key(self) -> str:
        """The difference without its line, as decisions name it."""
        return f"{self.source} {self.kind} {self.subject}: {self.message}"


@define
class Differences:
    """The differences that are found, each once."""

    subjects: dict[tuple[str, str], set[str]] = field(factory=dict)
    """What has been compared, by source and kind."""
    _found: dict[str, Difference] = field(factory=dict)
    _matched: set[tuple[Location, str]] = field(factory=set)

    def check(
        self, source: str, kind: str, subject: str, location: Location | Pointer, messages: Iterable[str] = ()
    ) -> None:
        """Record that a subject has been compared, and its differences."""
        self.subjects.setdefault((source, kind), set()).add(subject)
        for message in messages:
            difference = Difference(source, kind, subject, message, location)
            self._found.setdefault(difference.key, difference)

    def match(self, location: Location, name: str) -> None:
        """Record that a name in this line of a shared type is in the spec, so that it is not missing elsewhere."""
        self._matched.add((location, name))

    def __iter__(self) -> Iterator[Difference]:
        for difference in self._found.values():
            name = _QUALIFIER.sub("", difference.subject, count=1)
            if difference.message != MISSING or (difference.location, name) not in self._matched:
                yield difference


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
