"""The report that a person reads."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

from attrs import frozen
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..._base.safe_text import MAX_LENGTH, plural
from ..api import Api, Operation
from ..options import Mode, Options, not_sampled
from ..probe import TokenAccess
from ..results import CheckFailure, Outcome, Results, Skip
from .verdict import Verdict

_TABLE_WIDTH: Final = 1_000
_MAX_LINES: Final = 50
_MAX_UNDESCRIBED: Final = 20


@frozen
class Report:
    """Prints the options and the results of a run."""

    console: Console
    options: Options
    api: Api
    access: TokenAccess

    def start(self) -> None:
        """Print the options."""
        options = self.options
        most = "" if options.budget is None else f", at most {options.budget}"
        facts = Table.grid(padding=(0, 2))
        facts.add_row("server", options.base_url)
        facts.add_row("spec", f"{self.api.version}, {plural(len(self.api.operations), 'operation')}")
        facts.add_row("requests", f"{options.mode.value}{most}")
        if options.mode is not Mode.SAMPLED:
            facts.add_row(
                "phases", f"{', '.join(options.phases)}; {plural(options.max_examples, 'example')} per operation"
            )
        facts.add_row("rate", self._rate())
        facts.add_row("seed", str(options.seed))
        self.console.print(facts)

    def _rate(self) -> str:
        limit = self.access.limit
        rates = [f"one request per {self.options.interval:g} s"] if self.options.interval else []
        rates += [f"at most {plural(limit, 'request')} per minute"] if limit is not None else []
        return ", ".join(rates) or "unlimited"

    def finish(self, results: Results, verdict: Verdict) -> None:
        """Print the results."""
        for outcome in results.failed:
            self._print_failures(outcome)
        for error in results.errors:
            self.console.print(Text(error, style="red"))
        self.console.print()
        if self.options.coverage:
            # Wide enough for all paths.
            wide = Console(file=self.console.file, width=_TABLE_WIDTH, highlight=False, markup=False, emoji=False)
            wide.print(_table(results, not_sampled(self.options, self.api)))
            for skip in results.skipped:
                wide.print(Text(f"skipped: {_text_of(skip)}"))
        for warning in self._warnings(results, verdict):
            self.console.print(Text(warning, style="yellow"))
        if results.waited >= 1:
            self.console.print(Text(f"waited {results.waited:.0f} s for rate limits", style="dim"))
        if results.compared:
            made = f"{plural(len(results.compared), 'check')} made {plural(results.compared.total(), 'comparison')}"
            self.console.print(Text(f"{made}; the report of --json has the number of each", style="dim"))
        is_sampled = self.options.mode is Mode.SAMPLED
        if is_sampled:
            total = len(results.outcomes) + len(not_sampled(self.options, self.api))
            line = f"sampled {len(results.outcomes)} of {plural(total, 'operation')} with GET"
            self.console.print(Text(line if self.options.coverage else f"{line}; --coverage lists all", style="dim"))
        self.console.print(_last_line(results, verdict, "sampled operation" if is_sampled else "operation"))

    def _warnings(self, results: Results, verdict: Verdict) -> Generator[str]:
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
            yield f"{plural(len(results.skipped), 'check')} skipped, such as {_text_of(results.skipped[0])}"
        if results.over_budget:
            remaining = plural(results.over_budget, "operation")
            yield f"budget of {plural(self.options.budget or 0, 'request')} used up: {remaining} left out"

    def _print_failures(self, outcome: Outcome) -> None:
        operation = outcome.operation
        self.console.print()
        self.console.print(Rule(Text(f"{operation.id}  {operation.label}"), align="left", style="red"))
        for failure in outcome.failures:
            self._print_failure(failure)

    def _print_failure(self, failure: CheckFailure) -> None:
        heading = f"{failure.code} {failure.title}"
        self.console.print(Text.assemble((heading, "bold red"), (f"  {failure.check}, {failure.phase}", "dim")))
        lines = failure.message.splitlines()[:_MAX_LINES]
        self.console.print(Text("\n".join(f"  {line[:MAX_LENGTH]}".rstrip() for line in lines)))
        if failure.response:
            self.console.print(Text(f"  {failure.response}", style="dim"))
        for command in failure.reproduction:
            self.console.print(Text(f"  {command}", style="cyan"))


def _last_line(results: Results, verdict: Verdict, noun: str) -> Text:
    succeeded = f"{results.succeeded} of {plural(len(results.outcomes), noun)} succeeded"
    checked = f"{plural(results.requests, 'request')} checked"
    sent = f", {results.sent} sent" if results.sent > results.requests else ""
    totals = f"{succeeded}, {checked}{sent}, {results.seconds:.0f} s"
    failing = sum(1 for each in verdict.incomplete if each.was_tried)
    untried = len(verdict.incomplete) - failing
    unchecked = [f"{plural(failing, 'operation')} never succeeded"] if failing else []
    unchecked += [f"{plural(untried, 'operation')} not tried"] if untried else []
    if results.left_behind:
        unchecked.append(f"{plural(results.left_behind, 'object')} left behind")
    if verdict.problems:
        return Text(f"{', '.join([*verdict.problems, *unchecked])}: {totals}", style="bold red")
    if unchecked:
        return Text(f"incomplete, {' and '.join(unchecked)}: {totals}", style="bold yellow")
    return Text(f"clean: {totals}", style="bold green")


def _table(results: Results, left_out: Sequence[Operation]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("operation", "method", "path", "requests", "other", "statuses", "success"):
        table.add_column(name, justify="right" if name in {"requests", "other"} else "left", no_wrap=True)
    for outcome in results.outcomes.values():
        operation = outcome.operation
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
        numbers = str(outcome.requests), str(outcome.other_requests)
        table.add_row(operation.id, operation.method, operation.path, *numbers, statuses, _success(outcome))
    for operation in left_out:
        table.add_row(operation.id, operation.method, operation.path, "0", "0", "", "not in a sampled run")
    return table


def _text_of(skip: Skip) -> str:
    return f"{skip.check} of {skip.operation_id}: {skip.reason}"


def _success(outcome: Outcome) -> Text:
    if outcome.failures:
        return Text("yes, with failures" if outcome.succeeded else "no, with failures", style="red")
    return Text("yes", style="green") if outcome.succeeded else Text("no", style="yellow")
