"""Differences between the spec and its sources, and the number of facts that were compared."""

import re
from collections.abc import Iterable, Iterator

from attrs import define, field, frozen
from generator.errors import Location
from generator.fragment import Pointer

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
