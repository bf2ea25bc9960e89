"""Reports of a run: its verdict and exit status, for people, and as JSON and JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final
from xml.etree import ElementTree as ET

from attrs import asdict, frozen
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from .._base.safe_text import MAX_LENGTH, plural
from .._files.targets import write_file
from .api import Api, CannotRunError
from .cli import ACCESS, CHANGING_PHASES
from .options import Mode, Options
from .results import CheckFailure, Outcome, ProgressReporter, Results

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
        missing = ", ".join(sorted({*operation.scopes} - scopes))
        if all_succeed and (outcome.requests or (missing and not is_stopped)):
            reason = f"the token lacks the scope {missing}" if missing else outcome.status_counts or "no response"
            yield Unchecked(operation.id, True, reason)
        elif not outcome.requests and all_are_tried:
            yield Unchecked(operation.id, False, _reason_of_untried(outcome, results))


def _reason_of_untried(outcome: Outcome, results: Results) -> str:
    for skip in results.skipped:
        if (skip.check, skip.operation_id) == ("write", outcome.operation.id):
            return skip.reason
    if results.stopped is not None:
        return "stopped early"
    if results.over_budget:
        return "budget used up"
    return "no known object" if outcome.operation.parameters else "no request"


@contextmanager
def progress(console: Console, total: int) -> Generator[ProgressReporter]:
    """Show the phase and the operation under way on a terminal."""
    seen: dict[str, dict[str, None]] = {}
    with console.status("finding objects") as status:

        def update(phase: str, label: str) -> None:
            labels = seen.setdefault(phase, {})
            labels[label] = None
            status.update(Text(f"{phase}  {len(labels)}/{total}  {label}", no_wrap=True, overflow="ellipsis"))

        yield update


@frozen
class Report:
    """Prints the options and the results of a run."""

    console: Console
    options: Options
    api: Api

    def start(self) -> None:
        """Print the options."""
        options = self.options
        most = "" if options.budget is None else f", at most {options.budget}"
        facts = Table.grid(padding=(0, 2))
        facts.add_row("server", options.base_url)
        facts.add_row("spec", f"{self.api.version}, {plural(len(self.api.operations), 'operation')}")
        facts.add_row("requests", f"{options.mode.value}{most}")
        if options.mode is not Mode.SAMPLED:
            examples = plural(options.max_examples, "example")
            facts.add_row("phases", f"{', '.join(options.phases)}; {examples} per operation")
        facts.add_row("rate", f"one request per {options.rate_limit:g} s" if options.rate_limit else "that of the API")
        facts.add_row("seed", str(options.seed))
        self.console.print(facts)

    def finish(self, results: Results, verdict: Verdict) -> None:
        """Print the results."""
        for outcome in results.failed:
            title = f"{outcome.operation.id}  {outcome.operation.label}"
            self.console.print()
            self.console.print(Rule(Text(title), align="left", style="red"))
            for failure in outcome.failures:
                self._print_failure(failure)
        for error in results.errors:
            self._line(error, "red")
        self.console.print()
        for warning in self._warnings(results, verdict):
            self._line(warning, "yellow")
        if results.waited >= 1:
            self._line(f"waited {results.waited:.0f} s for rate limits", "dim")
        if results.compared:
            made = f"{plural(len(results.compared), 'check')} made {plural(results.compared.total(), 'comparison')}"
            self._line(f"{made}; the report of --json has the number of each", "dim")
        noun = "operation"
        if self.options.mode is Mode.SAMPLED:
            noun, total = "sampled operation", sum(each.method == "GET" for each in self.api.operations)
            self._line(f"sampled {len(results.outcomes)} of {plural(total, 'operation')} with GET", "dim")
        self._line(*_last_line(results, verdict, noun))

    def _line(self, text: str, style: str) -> None:
        self.console.print(Text(text, style=style))

    def _warnings(self, results: Results, verdict: Verdict) -> Iterator[str]:
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
        if results.stopped is not None:
            yield f"stopped early: {results.stopped}"
        if results.skipped:
            yield f"{plural(len(results.skipped), 'check')} skipped, all in the report of --json: {results.skipped[0]}"
        if results.over_budget:
            remaining = plural(results.over_budget, "operation")
            yield f"budget of {plural(self.options.budget or 0, 'request')} used up: {remaining} left out"

    def _print_failure(self, failure: CheckFailure) -> None:
        self.console.print(Text.assemble((failure.check, "bold red"), (f"  {failure.phase}", "dim")))
        for line in failure.message.splitlines()[:_MAX_LINES]:
            self._line(f"  {line[:MAX_LENGTH]}".rstrip(), "")
        if failure.response:
            self._line(f"  {failure.response}", "dim")
        for command in failure.reproduction:
            self._line(f"  {command}", "cyan")


def _last_line(results: Results, verdict: Verdict, noun: str) -> tuple[str, str]:
    """Return the last line and its style."""
    sent = f", {results.sent} sent" if results.sent > results.requests else ""
    succeeded = f"{results.succeeded} of {plural(len(results.outcomes), noun)} succeeded"
    totals = f"{succeeded}, {plural(results.requests, 'request')} checked{sent}, {results.seconds:.0f} s"
    failing = sum(each.was_tried for each in verdict.incomplete)
    untried = len(verdict.incomplete) - failing
    unchecked = [f"{plural(failing, 'operation')} never succeeded"] if failing else []
    unchecked += [f"{plural(untried, 'operation')} not tried"] if untried else []
    unchecked += [f"{plural(results.left_behind, 'object')} left behind"] if results.left_behind else []
    if verdict.problems:
        return f"{', '.join([*verdict.problems, *unchecked])}: {totals}", "bold red"
    if unchecked:
        return f"incomplete, {' and '.join(unchecked)}: {totals}", "bold yellow"
    return f"clean: {totals}", "bold green"


def write_reports(options: Options, api: Api, results: Results, verdict: Verdict) -> None:
    """Write the reports to files. An error in the first does not prevent the second.

    Raises:
        CannotRunError: A report cannot be written.
    """
    problems: list[str] = []
    for option, path in (("--json", options.json), ("--junit", options.junit)):
        try:
            if path is not None:
                is_json = option == "--json"
                write_file(path, _json(options, api, results, verdict) if is_json else _junit(results))
        except OSError as error:
            problems.append(f"{option}: {path} cannot be written: {error.strerror}")
    if problems:
        raise CannotRunError("; ".join(problems))


def _json(options: Options, api: Api, results: Results, verdict: Verdict) -> bytes:
    """Return all results as a JSON object."""
    report = {
        "server": options.base_url,
        "spec": api.version,
        "seed": options.seed,
        "phases": options.phases,
        "max_examples": options.max_examples,
        "write": options.write,
        "organization": options.organization,
        "budget": options.budget,
        "over_budget": results.over_budget,
        "sent": results.sent,
        "left_behind": results.left_behind,
        "seconds": round(results.seconds, 3),
        "waited": round(results.waited, 3),
        "verdict": _NAMES[verdict.status],
        "incomplete": [{"id": each.operation_id, "reason": each.reason} for each in verdict.incomplete],
        "requests": results.requests,
        "succeeded": results.succeeded,
        "stopped": results.stopped,
        "errors": results.errors,
        "compared": dict(sorted(results.compared.items())),
        "skipped": [asdict(skip) for skip in results.skipped],
        "undescribed": [asdict(each) for each in results.undescribed],
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
        "other_requests": outcome.other_requests,
        "seconds": round(outcome.seconds, 3),
        "statuses": {str(status): count for status, count in sorted(outcome.statuses.items())},
        "succeeded": outcome.succeeded,
        "failures": [asdict(failure) for failure in outcome.failures],
    }


def _junit(results: Results) -> bytes:
    """Return a JUnit report with one test per operation."""
    outcomes = results.outcomes.values()
    document = ET.Element("testsuites")
    suite = ET.SubElement(
        document,
        "testsuite",
        name="buildkite_rest.conformance",
        tests=str(len(outcomes)),
        failures=str(len(results.failed)),
        errors=str(len(results.errors)),
        skipped=str(sum(not outcome.requests for outcome in outcomes)),
        time=f"{results.seconds:.3f}",
    )
    _add_properties(suite, succeeded=f"{results.succeeded} of {len(outcomes)}", requests=results.requests)
    for outcome in outcomes:
        operation, time = outcome.operation, f"{outcome.seconds:.3f}"
        test = ET.SubElement(suite, "testcase", classname=operation.tag, name=operation.label, time=time)
        _add_properties(
            test,
            operation=operation.id,
            requests=outcome.requests,
            other_requests=outcome.other_requests,
            statuses=outcome.status_counts,
            succeeded="yes" if outcome.succeeded else "no",
        )
        for failure in outcome.failures:
            text = "\n".join([failure.message, failure.response, *failure.reproduction])
            ET.SubElement(test, "failure", type=failure.check, message=failure.message.partition("\n")[0]).text = text
        if not outcome.requests:
            ET.SubElement(test, "skipped")
    for error in results.errors:
        test = ET.SubElement(suite, "testcase", classname="run", name=error.partition(":")[0])
        ET.SubElement(test, "error", message=error.partition("\n")[0]).text = error
    ET.indent(document)
    encoded: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return encoded


def _add_properties(node: ET.Element, **properties: object) -> None:
    group = ET.SubElement(node, "properties")
    for name, value in properties.items():
        ET.SubElement(group, "property", name=name, value=str(value))
