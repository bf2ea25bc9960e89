"""What can be wrong with the input, said in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen


@frozen
class Location:
    """A line of a file of the description."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@frozen
class Problem:
    """One thing to mend: where it is, which rule it breaks, and what to do."""

    where: Location | Path | str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.rule}]"


class GenerationError(Exception):
    """The run stops and `generated/` stays as it was. `problems` has one line for each thing to mend."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
