"""Problems of the spec, each reported in one line."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen


def printable(text: str) -> str:
    """Return `text` in one line, with an escape for each character that is not printable, as a file name may have."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


@frozen
class Location:
    """A line of a file."""

    file: Path
    line: int

    def __str__(self) -> str:
        return printable(f"{self.file}:{self.line}")


@frozen
class Problem:
    """A problem to fix: where it is, which rule it violates, and what to do."""

    location: Location | Path | tuple[str, ...] | str
    """A tuple is a pointer into the document, which `steps` replaces with its line."""
    rule: str
    message: str

    def __str__(self) -> str:
        return printable(f"{self.location}: {self.message} [{self.rule}]")


class GenerationError(Exception):
    """The run failed, and `generated/` is unchanged. `problems` lists everything to fix."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
