"""What a person sees of a run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from attrs import frozen
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..._base.safe_text import LONGEST
from ..client import Server
from ..options import Mode, Options
from ..results import Failure, Outcome, Progress, Results
from ..spec import Description, Operation

_WIDEST: Final = 1_000


_MOST_LINES: Final = 50


@frozen
class Report:
    """Writes to the terminal, or to wherever the output goes."""

    console: Console
    options: Options
    description: Description
    server: Server

    def start(self) -> None:
        """Say what is about to happen."""
        options = self.options
        facts = Table.grid(padding=(0, 2))
        facts.add_row("server", options.base_url)
        facts.add_row("description", f"{self.description.version}, {len(self.description.operations)} operations")
        facts.add_row("requests", self._requests())
        if options.mode is not Mode.SAMPLED:
            facts.add_row("phases", f"{', '.join(options.phases)}; {options.max_examples} examples per operation")
        facts.add_row("pace", self._pace())
        facts.add_row("seed", str(options.seed))
        self.console.print(facts)

    def _requests(self) -> str:
        most = "" if self.options.budget is None else f", {self.options.budget} at most"
        return f"{self.options.mode.value}{most}"

    def _pace(self) -> str:
        limit = self.server.limit
        paces = [f"one request in {self.options.interval:g} s"] if self.options.interval else []
        paces += [f"within the limit of {limit} a minute"] if limit is not None else []
        return ", ".join(paces) or "as fast as possible"

    @contextmanager
    def working(self, what: str) -> Generator[Progress]:
        """Show what is going on while it goes on, if anybody looks."""
        with self.console.status(Text(what)) as status:
            yield lambda phase, label: status.update(Text(f"{phase}: {label}"))

    def finish(self, results: Results) -> None:
        """Tell the outcome."""
        for outcome in results.failed:
            self._print_failures(outcome)
        for error in results.errors:
            self.console.print(Text(error, style="red"))
        self.console.print()
        if self.options.coverage:
            # Rows are as wide as they need to be: a path that is cut off is of no use.
            wide = Console(file=self.console.file, width=_WIDEST, highlight=False, markup=False, emoji=False)
            wide.print(_table(results))
        untried = results.untried
        for operation in results.unseen:
            if operation not in untried:
                self.console.print(Text(f"never succeeded: {operation.id}{self._excuse(operation)}", style="yellow"))
        if untried:
            self.console.print(Text(f"not tried: {len(untried)} operations", style="yellow"))
        if results.stopped is not None:
            self.console.print(Text(f"stopped early: {results.stopped}", style="yellow"))
        if results.over_budget:
            spent = f"the budget of {self.options.budget} requests is spent; {results.over_budget} operations are left"
            self.console.print(Text(spent, style="yellow"))
        if results.waited >= 1:
            self.console.print(Text(f"waited {results.waited:.0f} s because of the rate limit", style="dim"))
        if pairs := len(results.links):
            followed = f"{results.links.total()} links followed between {pairs} pairs of operations"
            self.console.print(f"{followed}; {len(_whole(results))} kinds of objects from creation to removal")
        self.console.print(self._verdict(results))

    def is_clean(self, results: Results) -> bool:
        """Return whether nothing was found that should not be."""
        found = results.failed or results.errors or self._missed(results) or self._lacks_links(results)
        return not found and not results.interrupted and results.cases > 0

    def _missed(self, results: Results) -> list[Operation]:
        if not self.options.require_success:
            return []
        return [operation for operation in results.unseen if operation.id not in self.options.may_fail]

    def _lacks_links(self, results: Results) -> bool:
        return results.links.total() < self.options.min_links

    def _print_failures(self, outcome: Outcome) -> None:
        operation = outcome.operation
        self.console.print()
        self.console.print(Rule(Text(f"{operation.id}  {operation.label}"), align="left", style="red"))
        for failure in outcome.failures:
            self._print_failure(failure)
        for error in outcome.errors:
            self.console.print(Text(error, style="red"))

    def _print_failure(self, failure: Failure) -> None:
        heading = f"{failure.code} {failure.title}"
        self.console.print(Text.assemble((heading, "bold red"), (f"  {failure.check}, {failure.phase}", "dim")))
        lines = failure.message.splitlines()[:_MOST_LINES]
        self.console.print(Text("\n".join(f"  {line[:LONGEST]}".rstrip() for line in lines)))
        if failure.answer:
            self.console.print(Text(f"  {failure.answer}", style="dim"))
        for command in failure.reproduction:
            self.console.print(Text(f"  {command}", style="cyan"))

    def _excuse(self, operation: Operation) -> str:
        missing = set(operation.scopes) - self.server.scopes
        return f" (the token lacks the scope {', '.join(sorted(missing))})" if missing else ""

    def _verdict(self, results: Results) -> Text:
        seen = f"{results.succeeded} of {len(results.outcomes)} operations succeeded"
        did = f"{seen}, {results.cases} requests, {results.seconds:.0f} s"
        if self.is_clean(results):
            if doubts := _doubts(results):
                return Text(f"clean, but {doubts}: {did}", style="bold yellow")
            return Text(f"clean: {did}", style="bold green")
        failures = sum(len(outcome.failures) for outcome in results.outcomes.values())
        errors = len(results.errors) + sum(len(outcome.errors) for outcome in results.outcomes.values())
        found = [f"{failures} failures in {len(results.failed)} operations"] if failures else []
        found += [f"{errors} errors"] if errors else []
        found += [f"{len(missed)} operations never succeeded"] if (missed := self._missed(results)) else []
        if self._lacks_links(results):
            found += [f"{results.links.total()} links followed, and not {self.options.min_links}"]
        found += ["no requests were made"] if not results.cases else []
        found += ["interrupted"] if results.interrupted else []
        return Text(f"{', '.join(found)}: {did}", style="bold red")


def _table(results: Results) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("operation", "method", "path", "requests", "statuses", "success"):
        table.add_column(name, justify="right" if name == "requests" else "left", no_wrap=True)
    for outcome in results.outcomes.values():
        operation = outcome.operation
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
        table.add_row(operation.id, operation.method, operation.path, str(outcome.cases), statuses, _mark(outcome))
    return table


def _whole(results: Results) -> list[str]:
    """Return what created objects that were read and removed afterwards."""
    ways = {outcome.operation.id: outcome.operation.method for outcome in results.outcomes.values()}
    made = {name: [ways.get(step) for step in chain] for name, chain in results.chains.items()}
    return [name for name, methods in made.items() if "GET" in methods and "DELETE" in methods]


def _doubts(results: Results) -> str:
    """Say why a run that found nothing says little: most operations never succeeded."""
    untried = len(results.untried)
    failing = len(results.unseen) - untried
    if 2 * results.succeeded >= len(results.outcomes):
        return ""
    said = [f"{failing} operations never succeeded"] if failing else []
    said += [f"{untried} operations were not tried"] if untried else []
    return " and ".join(said)


def _mark(outcome: Outcome) -> Text:
    if outcome.failures or outcome.errors:
        return Text("yes, and fails" if outcome.succeeded else "no, and fails", style="red")
    return Text("yes", style="green") if outcome.succeeded else Text("no", style="yellow")
