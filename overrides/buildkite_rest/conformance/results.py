"""Results of a run."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from attrs import define, field, frozen

from .._base.safe_text import safe_excerpt
from .api import Operation

ProgressReporter: TypeAlias = Callable[[str, str], None]
"""Called with the phase and the label of each operation, before its requests."""


@frozen
class CheckFailure:
    """A difference between a response and the spec."""

    check: str
    message: str
    phase: str
    response: str
    """Status and excerpt of the body."""
    reproduction: tuple[str, ...]
    """Shell commands, the last of which fails. Credentials are variables, such as `$TOKEN`."""


@frozen
class Skip:
    """A check that was not possible."""

    check: str
    operation_id: str
    reason: str

    def __str__(self) -> str:
        return f"{self.check} of {self.operation_id}: {self.reason}"


@frozen(order=True)
class Undescribed:
    """A field or value of a response that the spec lacks. It has no value, except words of enums."""

    operation: str
    """Method and path template."""
    kind: str
    path: str
    """Path in the body, such as `$.jobs[].agent`."""
    found: str
    """Type of the value."""


@define
class Outcome:
    """Results of one operation."""

    operation: Operation
    requests: int = 0
    """Number of requests that got a response."""
    statuses: Counter[int] = field(factory=Counter[int])
    """Statuses of the responses to requests with the method of the operation and a body that can be encoded."""
    failures: list[CheckFailure] = field(factory=list[CheckFailure])

    def add(self, failure: CheckFailure) -> None:
        """Add a failure, once."""
        if all((failure.check, failure.message) != (known.check, known.message) for known in self.failures):
            self.failures.append(failure)

    @property
    def succeeded(self) -> bool:
        """Whether any response was a success."""
        return any(self.operation.is_success(status) for status in self.statuses)

    @property
    def status_counts(self) -> str:
        """The statuses with the number of each: `200: 3, 404: 1`."""
        return ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))


@define
class Results:
    """Results of all operations."""

    outcomes: dict[str, Outcome]
    """By the label of the operation."""
    errors: list[str] = field(factory=list[str])
    """Errors that belong to no operation."""
    seconds: float = 0.0
    interrupted: bool = False
    skipped: list[Skip] = field(factory=list[Skip])
    """Checks that were not possible, and why."""
    undescribed: list[Undescribed] = field(factory=list[Undescribed])
    """What the spec lacks, if it is no failure."""
    waited: float = 0.0
    """Seconds spent waiting for rate limits."""
    sent: int = 0
    """Number of all requests, also those that find objects and clean up."""
    left_behind: int = 0
    """Number of objects that the cleanup could not delete."""
    over_budget: int = 0
    """Number of operations that the budget left out."""

    @property
    def requests(self) -> int:
        """The number of requests that got a response."""
        return sum(outcome.requests for outcome in self.outcomes.values())

    @property
    def failed(self) -> list[Outcome]:
        """The operations with failures."""
        return [outcome for outcome in self.outcomes.values() if outcome.failures]

    @property
    def succeeded(self) -> int:
        """The number of operations that succeeded at least once."""
        return sum(outcome.succeeded for outcome in self.outcomes.values())


def described(error: Exception) -> str:
    """Return the description of an error that a check of a response should have prevented, with its place."""
    places = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"a response led to {type(error).__name__}: {safe_excerpt(str(error))}{place}. Please report it."
