"""The verdict of a run: failures, operations that were not checked, and the exit status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from ..._base.safe_text import plural
from ..option_values import ACCESS, CHANGING_PHASES
from ..options import Mode, Options
from ..results import Outcome, Results

CLEAN: Final = 0
FAILURES: Final = 1
CANNOT_RUN: Final = 2
INCOMPLETE: Final = 3
#: The phase with valid requests for all operations. Without it, operations need not be tried.
_VALID_PHASE: Final = "effects"
#: Phases whose requests are meant to fail. After these alone, no operation needs to succeed.
_INVALID_PHASES: Final = frozenset({"errors", "refusals", "access"})


@frozen
class Unchecked:
    """An operation that was not checked."""

    operation_id: str
    was_tried: bool
    reason: str


@frozen
class Verdict:
    """The verdict of a run."""

    problems: tuple[str, ...]
    """What makes the run fail, as words for the last line."""
    incomplete: tuple[Unchecked, ...]
    status: int
    """The exit status."""

    @property
    def name(self) -> str:
        """One or two words for the report as JSON."""
        return {CLEAN: "clean", INCOMPLETE: "incomplete", CANNOT_RUN: "not run"}.get(self.status, "failed")


def verdict_of(options: Options, results: Results, scopes: frozenset[str]) -> Verdict:
    """Return the verdict of a run with a token that has `scopes`."""
    problems = tuple(_problems(options, results))
    incomplete = tuple(_unchecked(options, results, scopes))
    has_result = results.requests or any(outcome.failures for outcome in results.outcomes.values())
    if problems:
        status = FAILURES if has_result or results.interrupted else CANNOT_RUN
    else:
        status = INCOMPLETE if incomplete or results.left_behind else CLEAN
    return Verdict(problems, incomplete, status)


def _problems(options: Options, results: Results) -> Iterator[str]:
    failures = sum(len(outcome.failures) for outcome in results.outcomes.values())
    if failures:
        yield f"{plural(failures, 'failure')} in {plural(len(results.failed), 'operation')}"
    if results.errors:
        yield plural(len(results.errors), "error")
    if results.interrupted:
        yield "interrupted"
    elif not results.requests and results.errors:
        yield "no response checked"
    elif not results.requests:
        needs_write = not options.write and not set(options.phases).isdisjoint((*CHANGING_PHASES, ACCESS))
        yield "no requests checked" + (" (without --write)" if needs_write else "")


def _unchecked(options: Options, results: Results, scopes: frozenset[str]) -> Iterator[Unchecked]:
    """Return the operations that had to succeed and did not, with the reason."""
    all_succeed = not _INVALID_PHASES.issuperset(options.phases)
    # Nobody knows which operations a run that was stopped would have tried.
    is_stopped = results.stopped is not None or bool(results.over_budget)
    all_are_tried = options.mode is Mode.SAMPLED or _VALID_PHASE in options.phases or is_stopped
    for outcome in results.outcomes.values():
        operation = outcome.operation
        if outcome.succeeded or operation.id in options.may_fail:
            continue
        lacks_scope = not is_stopped and not scopes.issuperset(operation.scopes)
        if all_succeed and (outcome.requests or lacks_scope):
            yield Unchecked(operation.id, True, _reason_of_failing(outcome, scopes))
        elif not outcome.requests and all_are_tried:
            yield Unchecked(operation.id, False, _reason_of_untried(outcome, results))


def _reason_of_failing(outcome: Outcome, scopes: frozenset[str]) -> str:
    if missing := set(outcome.operation.scopes) - scopes:
        return f"the token lacks the scope {', '.join(sorted(missing))}"
    statuses = ", ".join(f"{status}: {number}" for status, number in sorted(outcome.statuses.items()))
    return statuses or "no response"


def _reason_of_untried(outcome: Outcome, results: Results) -> str:
    for skip in results.skipped:
        if (skip.check, skip.operation_id) == ("write", outcome.operation.id):
            return skip.reason
    if results.stopped is not None:
        return "stopped early"
    if results.over_budget:
        return "budget used up"
    return "no known object" if outcome.operation.parameters else "no request"
