"""Results of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final, TypeAlias

from attrs import define, field, frozen

from .api import Operation

#: Reason for the end of a run at `--max-time`.
TIME_LIMIT_REACHED: Final = "Time limit reached"

ProgressReporter: TypeAlias = Callable[[str, str], None]
"""Called with the phase and the label of each operation, before its requests."""


@frozen
class CheckFailure:
    """A difference between a response and the spec."""

    check: str
    code: str
    """Stable code of the kind of failure. `st explain` describes those that begin with `ST`."""
    title: str
    message: str
    phase: str
    response: str
    """Status and excerpt of the body."""
    reproduction: tuple[str, ...]
    """Shell commands, the last of which fails. Credentials are variables, such as `$TOKEN`."""


def title_of(check: str) -> str:
    """Return the title of the failures of a check, whichever phase finds them."""
    return check.replace("_", " ").capitalize()


@frozen
class Skip:
    """A check that was not possible."""

    check: str
    operation_id: str
    reason: str


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
    seconds: float = 0.0
    statuses: Counter[int] = field(factory=Counter[int])
    """Statuses of the responses to requests with the method of the operation and a body that can be encoded."""
    failures: list[CheckFailure] = field(factory=list[CheckFailure])

    def add(self, failure: CheckFailure) -> None:
        """Add a failure, once."""
        if all((failure.check, failure.message) != (known.check, known.message) for known in self.failures):
            self.failures.append(failure)

    @property
    def other_requests(self) -> int:
        """Number of requests that `statuses` leaves out: with another method or raw content."""
        return self.requests - self.statuses.total()

    @property
    def succeeded(self) -> bool:
        """Whether any response was a success."""
        return any(self.operation.is_success(status) for status in self.statuses)


@define
class Results:
    """Results of all operations."""

    outcomes: dict[str, Outcome]
    """By the label of the operation."""
    errors: list[str] = field(factory=list[str])
    """Errors that belong to no operation."""
    seconds: float = 0.0
    stopped: str | None = None
    """Reason for an early end of the run."""
    interrupted: bool = False
    compared: Counter[str] = field(factory=Counter[str])
    """Number of comparisons by check. A check without any has proven nothing."""
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
        return len(self.outcomes) - len(self.unsuccessful)

    @property
    def unsuccessful(self) -> list[Operation]:
        """The operations that never succeeded."""
        return [outcome.operation for outcome in self.outcomes.values() if not outcome.succeeded]
