"""Results of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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
    unanswered: int = 0
    """Number of requests without a response."""
    seconds: float = 0.0
    statuses: Counter[int] = field(factory=Counter[int])
    """Statuses of the responses to requests with the method of the operation and a body that can be encoded."""
    failures: list[CheckFailure] = field(factory=list[CheckFailure])
    errors: list[str] = field(factory=list[str])
    """Reasons for requests that could not be generated or sent."""

    def add(self, failure: CheckFailure) -> None:
        """Add a failure, once."""
        if all((failure.check, failure.message) != (known.check, known.message) for known in self.failures):
            self.failures.append(failure)

    def add_all(self, other: Outcome) -> None:
        """Add the results of other requests to the same operation."""
        self.requests += other.requests
        self.unanswered += other.unanswered
        self.seconds += other.seconds
        self.statuses += other.statuses
        self.errors += [each for each in other.errors if each not in self.errors]
        for failure in other.failures:
            self.add(failure)

    @property
    def other_requests(self) -> int:
        """Number of requests that `statuses` leaves out: with another method or raw content, or without a response."""
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
    links: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])
    """Number of times that a link from one operation to another was followed."""
    chains: dict[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    """Successful operations on a created object, in order, by the operation that created it."""
    compared: Counter[str] = field(factory=Counter[str])
    """Number of comparisons by check. A check without any has proven nothing."""
    skipped: list[Skip] = field(factory=list[Skip])
    """Checks that were not possible, and why."""
    undescribed: list[Undescribed] = field(factory=list[Undescribed])
    """What the spec lacks, if it is no failure."""
    waited: float = 0.0
    """Seconds spent waiting for rate limits."""
    processes: int = 1
    """Number of processes that have sent the requests."""
    sent: int = 0
    """Number of all requests, also those that find objects and clean up."""
    left_behind: int = 0
    """Number of objects that the cleanup could not delete."""
    over_budget: int = 0
    """Number of operations that the budget left out."""
    completed: dict[str, set[str]] = field(factory=dict[str, set[str]])
    """Ids of the operations that each phase has finished."""

    def complete(self, phase: str, operations: Iterable[Operation]) -> None:
        """Record that a phase has finished operations."""
        self.completed.setdefault(phase, set()).update(operation.id for operation in operations)

    def remaining(self, phase: str, operations: Sequence[Operation]) -> list[Operation]:
        """Return the operations that a phase has not finished."""
        completed = self.completed.get(phase, set())
        return [operation for operation in operations if operation.id not in completed]

    def add(self, other: Results) -> None:
        """Add the results of a part of the run that another process has executed in the meantime."""
        for label, outcome in other.outcomes.items():
            self.outcomes[label].add_all(outcome)
        self.errors += other.errors
        self.stopped = self.stopped or other.stopped
        self.links += other.links
        self.chains |= other.chains
        self.compared += other.compared
        self.skipped += [each for each in other.skipped if each not in self.skipped]
        self.undescribed += other.undescribed
        self.waited += other.waited
        self.sent += other.sent
        for phase, ids in other.completed.items():
            self.completed.setdefault(phase, set()).update(ids)

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(outcome.requests for outcome in self.outcomes.values())

    @property
    def responses(self) -> int:
        """The number of responses."""
        return self.requests - sum(outcome.unanswered for outcome in self.outcomes.values())

    @property
    def failed(self) -> list[Outcome]:
        """The operations with failures or errors."""
        return [outcome for outcome in self.outcomes.values() if outcome.failures or outcome.errors]

    @property
    def succeeded(self) -> int:
        """The number of operations that succeeded at least once."""
        return len(self.outcomes) - len(self.unsuccessful)

    @property
    def unsuccessful(self) -> list[Operation]:
        """The operations that never succeeded."""
        return [outcome.operation for outcome in self.outcomes.values() if not outcome.succeeded]
