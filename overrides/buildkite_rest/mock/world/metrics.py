"""What executions of a test come to: how often, how long, how reliably."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from .executions import Execution, ExecutionResult
from .runs import run_of
from .suites import Suite, Test

if TYPE_CHECKING:
    from .world import World

_DIGITS = 6


@attrs.frozen
class Window:
    """The time that metrics are for."""

    begin: float
    end: float

    def executions(self, world: World, suite: Suite) -> Iterator[Execution]:
        """Return what ran in a suite within the time."""
        for pipeline in suite.pipelines:
            for build in pipeline.builds.values():
                over = build.finished_at is not None and build.finished_at < self.begin
                if over or build.created_at > self.end or world.builds.get(build.ordinal) is not build:
                    continue
                run = run_of(suite, build)
                yield from () if run is None else self.within(run.executions)

    def within(self, executions: Iterable[Execution]) -> Iterator[Execution]:
        """Leave out what ran at another time."""
        return (execution for execution in executions if self.begin <= execution.created_at <= self.end)


@attrs.frozen
class Metrics:
    """What some executions of one test come to."""

    executions: Sequence[Execution]

    @property
    def counts(self) -> Counter[ExecutionResult]:
        """How often each result came out."""
        return Counter(execution.result for execution in self.executions)

    @property
    def reliability(self) -> float | None:
        """The part that passed of what passed or failed."""
        counts = self.counts
        tried = counts["passed"] + counts["failed"]
        return round(counts["passed"] / tried, _DIGITS) if tried else None

    @property
    def duration_avg(self) -> float | None:
        """Seconds that an execution took on average."""
        durations = self._durations
        return round(sum(durations) / len(durations), _DIGITS) if durations else None

    @property
    def duration_sum(self) -> float | None:
        """Seconds that all took."""
        return round(sum(self._durations), _DIGITS) if self._durations else None

    @property
    def duration_min(self) -> float | None:
        """Seconds that the shortest took."""
        return min(self._durations, default=None)

    @property
    def duration_max(self) -> float | None:
        """Seconds that the longest took."""
        return max(self._durations, default=None)

    @property
    def _durations(self) -> list[float]:
        return [execution.duration for execution in self.executions if execution.duration is not None]


def by_test(executions: Iterable[Execution]) -> dict[Test, Metrics]:
    """Return the metrics of each test that ran."""
    groups: dict[Test, list[Execution]] = {}
    for execution in executions:
        groups.setdefault(execution.test, []).append(execution)
    return {test: Metrics(group) for test, group in groups.items()}
