"""What a run has found."""

# schemathesis has many generic types without arguments, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from attrs import define, field, frozen

from .spec import Operation

Progress = Callable[[str, str], None]


#: Why a run stopped that `--max-time` has ended.
TIME_OVER: Final = "Time limit reached"


@frozen
class Failure:
    """One way in which an operation does not do what the description says."""

    check: str
    code: str
    """The stable code of the kind of failure. `st explain` describes those that begin with `ST`."""
    title: str
    message: str
    phase: str
    answer: str
    """The status and the beginning of the body."""
    reproduction: tuple[str, ...]
    """Commands for a shell that show the failure, the last of which fails. Credentials are names, such as `$TOKEN`."""


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

    def add(self, failure: Failure) -> None:
        """Add a failure unless the same one was found before."""
        if all((failure.check, failure.message) != (known.check, known.message) for known in self.failures):
            self.failures.append(failure)

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
    links: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])
    """How often a link was followed from an operation to another one."""
    chains: dict[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    """By the operation that creates an object: what was done to it after that with success, in this order."""
    waited: float = 0.0
    """Seconds that went by because of the rate limit."""
    over_budget: int = 0
    """Hand-picked operations that were not called because no requests were left."""

    @property
    def cases(self) -> int:
        """The number of requests."""
        return sum(outcome.cases for outcome in self.outcomes.values())

    @property
    def failed(self) -> list[Outcome]:
        """The operations with failures or errors."""
        return [outcome for outcome in self.outcomes.values() if outcome.failures or outcome.errors]

    @property
    def succeeded(self) -> int:
        """The number of operations that succeeded at least once."""
        return len(self.outcomes) - len(self.unseen)

    @property
    def unseen(self) -> list[Operation]:
        """The operations that never succeeded."""
        return [outcome.operation for outcome in self.outcomes.values() if not outcome.succeeded]

    @property
    def untried(self) -> list[Operation]:
        """Those of them for which no request was sent."""
        return [outcome.operation for outcome in self.outcomes.values() if not outcome.cases]
