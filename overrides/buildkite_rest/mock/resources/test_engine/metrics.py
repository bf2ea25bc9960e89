"""Metrics of tests, and filters by them. `!x` excludes `x`, `x*` matches a prefix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import attrs

from ...backend import Backend
from ...http.errors import BadRequestError
from ...http.query import Query
from .runs import Execution, ExecutionResult, run_of
from .suites import Suite

if TYPE_CHECKING:
    from .tests import Test


_DIGITS = 6


class _Event(Protocol):
    @property
    def created_at(self) -> float: ...


_Item = TypeVar("_Item", bound=_Event)


@attrs.frozen
class Window:
    """Time window of metrics."""

    begin: float
    end: float

    def executions(self, backend: Backend, suite: Suite) -> Iterator[Execution]:
        """Return the executions of a suite within the window."""
        for pipeline in suite.pipelines:
            for build in pipeline.builds.values():
                finished_before = build.finished_at is not None and build.finished_at < self.begin
                if finished_before or build.created_at > self.end or backend.builds.get(build.ordinal) is not build:
                    continue
                run = run_of(suite, build)
                yield from () if run is None else self.within(run.executions)

    def within(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Return those of the executions or flakes that are within the window."""
        return (item for item in items if self.begin <= item.created_at <= self.end)


@attrs.frozen
class Metrics:
    """Metrics of executions of one test."""

    executions: Sequence[Execution]

    @property
    def counts(self) -> Counter[ExecutionResult]:
        """Number of executions by result."""
        return Counter(execution.result for execution in self.executions)

    @property
    def reliability(self) -> float | None:
        """Share of passed executions among those that passed or failed."""
        counts = self.counts
        tried = counts["passed"] + counts["failed"]
        return round(counts["passed"] / tried, _DIGITS) if tried else None

    @property
    def duration_avg(self) -> float | None:
        """Average duration in seconds."""
        durations = self._durations
        return round(sum(durations) / len(durations), _DIGITS) if durations else None

    @property
    def duration_sum(self) -> float | None:
        """Total duration in seconds."""
        return round(sum(self._durations), _DIGITS) if self._durations else None

    @property
    def duration_min(self) -> float | None:
        """Shortest duration in seconds."""
        return min(self._durations, default=None)

    @property
    def duration_max(self) -> float | None:
        """Longest duration in seconds."""
        return max(self._durations, default=None)

    @property
    def _durations(self) -> list[float]:
        return [execution.duration for execution in self.executions if execution.duration is not None]


def metrics_by_test(executions: Iterable[Execution]) -> dict[Test, Metrics]:
    """Return the metrics of each test that ran."""
    groups: dict[Test, list[Execution]] = {}
    for execution in executions:
        groups.setdefault(execution.test, []).append(execution)
    return {test: Metrics(group) for test, group in groups.items()}


_Matches: TypeAlias = Callable[[str | None], bool]
_OfExecution: TypeAlias = Callable[[Execution], bool]
_OfTest: TypeAlias = Callable[["Test", Metrics], bool]
Measured: TypeAlias = tuple["Test", Metrics]
#: Tag that a filter may name once, with two operators of its own.
_RESULT = "result"


def filter_tests(
    executions: Iterable[Execution], query: Query, *, without_tags: Collection[str] = ()
) -> list[Measured]:
    """Return the tests that match a query string, with metrics of the executions that match it.

    Conditions on the tags in `without_tags` are ignored.
    """
    pairs = _tag_filters(query)
    if sum(key == _RESULT for key, _ in pairs) > 1:
        raise BadRequestError("tags can filter by result only once")
    pairs = [pair for pair in pairs if pair[0] not in without_tags]
    of_execution = _branch_conditions(query)
    of_test = _test_conditions(query)
    for key, value in pairs:
        if key == _RESULT and value[:1] in {"^", "~"}:
            of_test.append(_group_condition(value))
        else:
            of_execution.append(_tag_condition(key, _pattern(value)))
    groups = metrics_by_test(item for item in executions if all(condition(item) for condition in of_execution))
    measured = [pair for pair in groups.items() if all(condition(*pair) for condition in of_test)]
    return _sorted(measured, query)


def _branch_conditions(query: Query) -> list[_OfExecution]:
    branch = query.text("branch")
    if not branch:
        return []
    matches = _pattern(branch)
    return [lambda item: matches(item.run.build.branch)]


def _test_conditions(query: Query) -> list[_OfTest]:
    conditions: list[_OfTest] = []
    labels, no_labels = _wanted_and_unwanted(query, "labels")
    if labels or no_labels:
        conditions.append(lambda test, _: labels <= {*test.labels} and no_labels.isdisjoint(test.labels))
    owners, no_owners = _wanted_and_unwanted(query, "owners")
    if owners:
        conditions.append(lambda test, _: not owners.isdisjoint(test.owners))
    if no_owners:
        conditions.append(lambda test, _: no_owners.isdisjoint(test.owners))
    if state := query.text("state"):
        conditions.append(lambda test, _: test.state == state)
    return conditions


def _wanted_and_unwanted(query: Query, name: str) -> tuple[set[str], set[str]]:
    """Return the included and the excluded words of a comma-separated list."""
    words = [word for word in (query.text(name) or "").split(",") if word]
    return {word for word in words if word[0] != "!"}, {word[1:] for word in words if word[0] == "!"}


def _tag_filters(query: Query) -> list[tuple[str, str]]:
    """Return the `key:value` pairs of a comma-separated list. The value is optional."""
    pairs = [word.partition(":") for word in (query.text("tags") or "").split(",") if word]
    return [(key, value) for key, _, value in pairs]


def _tag_condition(key: str, matches: _Matches) -> _OfExecution:
    return lambda item: matches(item.tags.get(key))


def _group_condition(value: str) -> _OfTest:
    """Return a condition that all (`^`) or some (`~`) executions of a test have a result."""
    if value[1:].startswith("!") or value.endswith("*"):
        raise _too_many_operators(value)
    holds, result = (all if value[0] == "^" else any), value[1:]
    return lambda _, metrics: holds(item.result == result for item in metrics.executions)


def _pattern(text: str) -> _Matches:
    """Parse a pattern."""
    if text.startswith("!") and text.endswith("*"):
        raise _too_many_operators(text)
    if text.startswith("!"):
        return lambda value: value != text[1:]
    if text.endswith("*"):
        return lambda value: value is not None and value.startswith(text[:-1])
    return lambda value: value == text


def _too_many_operators(text: str) -> BadRequestError:
    return BadRequestError(f"{text} has more than one operator")


def _sorted(measured: list[Measured], query: Query) -> list[Measured]:
    """Sort by a metric. Tests without a value come last."""
    metric = query.text("sort_by") or "duration_avg"
    known = [(value, pair) for pair in measured if (value := getattr(pair[1], metric)) is not None]
    unknown = [pair for pair in measured if getattr(pair[1], metric) is None]
    known.sort(key=itemgetter(0), reverse=query.text("order") != "asc")
    return [pair for _, pair in known] + unknown
