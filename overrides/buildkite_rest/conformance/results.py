"""What a run has found."""

from __future__ import annotations

from collections import Counter

from attrs import define, field, frozen

from .description import Operation


@frozen
class Failure:
    """One way in which an operation does not do what the description says."""

    check: str
    code: str
    """The stable code of the kind of failure, which `st explain` describes."""
    title: str
    message: str
    phase: str
    answer: str
    """The status and the beginning of the body."""
    reproduction: tuple[str, ...]
    """Commands for a shell that show the failure, the last of which fails. The token is `$TOKEN`."""


@define
class Outcome:
    """What happened to one operation."""

    operation: Operation
    cases: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(factory=Counter[int])
    failures: list[Failure] = field(factory=list[Failure])
    errors: list[str] = field(factory=list[str])
    """Why requests could not be made up or sent."""

    @property
    def succeeded(self) -> bool:
        """Whether any answer was a success."""
        return any(self.operation.succeeds_with(status) for status in self.statuses)


@define
class Results:
    """What happened in a run."""

    outcomes: dict[str, Outcome]
    """By the label of the operation."""
    errors: list[str] = field(factory=list[str])
    """What went wrong outside any operation."""
    seconds: float = 0.0
    stopped: str | None = None
    """Why the run stopped early."""
    interrupted: bool = False

    @property
    def cases(self) -> int:
        """The number of requests."""
        return sum(outcome.cases for outcome in self.outcomes.values())

    @property
    def failed(self) -> list[Outcome]:
        """The operations with failures or errors."""
        return [outcome for outcome in self.outcomes.values() if outcome.failures or outcome.errors]

    @property
    def unseen(self) -> list[Operation]:
        """The operations that never succeeded."""
        return [outcome.operation for outcome in self.outcomes.values() if not outcome.succeeded]
