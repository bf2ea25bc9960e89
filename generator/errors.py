"""Problems of the spec, each reported in one line."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen


@frozen
class Location:
    """A line of a file."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@frozen
class Problem:
    """A problem to fix: where it is, which rule it violates, and what to do."""

    location: Location | Path | tuple[str, ...] | str
    """A tuple is a pointer into the document, which `steps` replaces with its line."""
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message} [{self.rule}]"


class GenerationError(Exception):
    """The run failed, and `generated/` is unchanged. `problems` lists everything to fix."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
