"""Reports of a run: its verdict and exit status, for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attrs import asdict, frozen

from .._base.safe_text import MAX_LENGTH, plural, safe_repr
from .._files.targets import check_target, write_file
from .api import Api, CannotRunError
from .options import Options
from .results import CheckFailure, Outcome, Results

CLEAN: Final = 0
FAILURES: Final = 1
CANNOT_RUN: Final = 2
INCOMPLETE: Final = 3
_NAMES: Final = {CLEAN: "clean", FAILURES: "failed", CANNOT_RUN: "not run", INCOMPLETE: "incomplete"}
#: The phase with valid requests for all operations. Without it, operations need not be tried.
_VALID_PHASE: Final = "effects"
#: Phases whose requests are meant to fail. After these alone, no operation needs to succeed.
_INVALID_PHASES: Final = frozenset({"errors", "refusals", "access"})
_MAX_LINES: Final = 50
_MAX_UNDESCRIBED: Final = 20


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


def verdict_of(options: Options, results: Results, scopes: frozenset[str]) -> Verdict:
    """Return the verdict of a run with a token that has `scopes`."""
    problems = tuple(_problems(options, results))
    incomplete = tuple(_unchecked(options, results, scopes))
    if problems:
        status = FAILURES if results.requests or results.failed or results.interrupted else CANNOT_RUN
    else:
        status = INCOMPLETE if incomplete or results.left_behind else CLEAN
    return Verdict(problems, incomplete, status)


def _problems(options: Options, results: Results) -> Iterator[str]:
    if results.failed:
        failures = sum(len(outcome.failures) for outcome in results.failed)
        yield f"{plural(failures, 'failure')} in {plural(len(results.failed), 'operation')}"
    if results.errors:
        yield plural(len(results.errors), "error")
    if results.interrupted:
        yield "interrupted"
    elif not results.requests:
        yield "no response checked"


def _unchecked(options: Options, results: Results, scopes: frozenset[str]) -> Iterator[Unchecked]:
    """Return the operations that had to succeed and did not, with the reason."""
    all_succeed = not _INVALID_PHASES.issuperset(options.phases)
    all_are_tried = options.is_sampled or _VALID_PHASE in options.phases
    for outcome in results.outcomes.values():
        operation = outcome.operation
        if outcome.succeeded:
            continue
        missing = ", ".join(sorted({*operation.scopes} - scopes))
        if all_succeed and (outcome.requests or (missing and not results.over_budget)):
            reason = f"the token lacks the scope {missing}" if missing else outcome.status_counts or "no response"
            yield Unchecked(operation.id, True, reason)
        elif not outcome.requests and all_are_tried:
            reason = "budget used up" if results.over_budget else "no known object"
            refused = (
                each.reason for each in results.skipped if (each.check, each.operation_id) == ("write", operation.id)
            )
            yield Unchecked(operation.id, False, next(refused, reason))


def option_lines(options: Options, api: Api) -> Iterator[str]:
    """Yield the lines with the options of a run."""
    most = "" if options.budget is None else f", at most {options.budget}"
    yield f"server    {options.base_url}"
    yield f"spec      {api.version}, {plural(len(api.operations), 'operation')}"
    yield f"requests  {'all methods' if options.write else 'GET and HEAD only'}{most}"
    if not options.is_sampled:
        yield f"phases    {', '.join(options.phases)}"
    yield f"seed      {options.seed}"


def result_lines(options: Options, api: Api, results: Results, verdict: Verdict) -> Iterator[str]:
    """Yield the lines with the results of a run."""
    for outcome in results.failed:
        yield ""
        yield f"{outcome.operation.id}  {outcome.operation.label}"
        for failure in outcome.failures:
            yield from _failure(failure)
    yield from results.errors
    yield ""
    yield from _warnings(options, results, verdict)
    if results.waited >= 1:
        yield f"waited {results.waited:.0f} s for rate limits"
    if options.is_sampled:
        total = sum(each.method == "GET" for each in api.operations)
        yield f"sampled {len(results.outcomes)} of {plural(total, 'operation')} with GET"
    yield _last_line(results, verdict)


def _warnings(options: Options, results: Results, verdict: Verdict) -> Iterator[str]:
    untried: dict[str, list[str]] = {}
    for each in verdict.incomplete:
        if each.was_tried:
            yield f"never succeeded: {each.operation_id} ({each.reason})"
        else:
            untried.setdefault(each.reason, []).append(each.operation_id)
    for reason, ids in untried.items():
        yield f"not tried: {', '.join(ids)} ({reason})"
    for undescribed in results.undescribed[:_MAX_UNDESCRIBED]:
        yield f"{undescribed.kind}: {undescribed.operation} {undescribed.path}: {undescribed.found}"
    if (hidden := len(results.undescribed) - _MAX_UNDESCRIBED) > 0:
        yield f"{plural(hidden, 'more undescribed field')} in the report of --json"
    if results.skipped:
        yield f"{plural(len(results.skipped), 'check')} skipped, all in the report of --json: {results.skipped[0]}"
    if results.over_budget:
        remaining = plural(results.over_budget, "operation")
        yield f"budget of {plural(options.budget or 0, 'request')} used up: {remaining} left out"


def _failure(failure: CheckFailure) -> Iterator[str]:
    yield f"  {failure.check} ({failure.phase})"
    lines = [line[:MAX_LENGTH] for line in failure.message.splitlines()[:_MAX_LINES]]
    yield from (f"    {line}".rstrip() for line in (*lines, failure.response, *failure.reproduction) if line)


def _last_line(results: Results, verdict: Verdict) -> str:
    sent = f", {results.sent} sent" if results.sent > results.requests else ""
    succeeded = f"{results.succeeded} of {plural(len(results.outcomes), 'operation')} succeeded"
    totals = f"{succeeded}, {plural(results.requests, 'request')} checked{sent}, {results.seconds:.0f} s"
    failing = sum(each.was_tried for each in verdict.incomplete)
    untried = len(verdict.incomplete) - failing
    unchecked = [f"{plural(failing, 'operation')} never succeeded"] if failing else []
    unchecked += [f"{plural(untried, 'operation')} not tried"] if untried else []
    unchecked += [f"{plural(results.left_behind, 'object')} left behind"] if results.left_behind else []
    if verdict.problems:
        return f"{', '.join([*verdict.problems, *unchecked])}: {totals}"
    return f"incomplete, {' and '.join(unchecked)}: {totals}" if unchecked else f"clean: {totals}"


def check_output(path: Path | None) -> None:
    """Check that the file of `--json` can be written, without waiting for the reader of a FIFO.

    Raises:
        CannotRunError: It cannot, or is not a regular file.
    """
    if path is None:
        return
    try:
        check_target(path)
    except OSError as error:
        raise CannotRunError(f"--json {safe_repr(str(path))}: {error.strerror}. Name another file.") from None


def write_report(options: Options, api: Api, results: Results, verdict: Verdict) -> None:
    """Write the report of `--json`.

    Raises:
        CannotRunError: It cannot be written.
    """
    if options.json is not None:
        try:
            write_file(options.json, _json(options, api, results, verdict))
        except OSError as error:
            raise CannotRunError(f"--json: {options.json} cannot be written: {error.strerror}") from None


def _json(options: Options, api: Api, results: Results, verdict: Verdict) -> bytes:
    """Return all results as a JSON object."""
    report = {
        "server": options.base_url,
        "spec": api.version,
        "seed": options.seed,
        "phases": options.phases,
        "write": options.write,
        "organization": options.organization,
        "budget": options.budget,
        "verdict": _NAMES[verdict.status],
        "incomplete": [{"id": each.operation_id, "reason": each.reason} for each in verdict.incomplete],
        "requests": results.requests,
        "succeeded": results.succeeded,
        **asdict(results, filter=lambda each, _: each.name != "outcomes"),
        "operations": [_as_json(outcome) for outcome in results.outcomes.values()],
    }
    return f"{json.dumps(report, indent=2, ensure_ascii=False)}\n".encode()


def _as_json(outcome: Outcome) -> dict[str, Any]:
    operation = outcome.operation
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "tag": operation.tag,
        "requests": outcome.requests,
        "statuses": {str(status): count for status, count in sorted(outcome.statuses.items())},
        "succeeded": outcome.succeeded,
        "failures": [asdict(failure) for failure in outcome.failures],
    }
