"""What a person sees of a run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from attrs import frozen
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from .description import Description, Operation
from .engine import Progress
from .options import Options
from .probe import Server
from .results import Failure, Outcome, Results


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
        facts.add_row("requests", "all methods" if options.write else "GET and HEAD only")
        facts.add_row("phases", f"{', '.join(options.phases)}; {options.max_examples} examples per operation")
        facts.add_row("pace", self.server.pace or "as fast as possible")
        facts.add_row("seed", str(options.seed))
        self.console.print(facts)

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
        self.console.print(self._table(results))
        for operation in results.unseen:
            self.console.print(Text(f"never succeeded: {operation.id}{self._excuse(operation)}", style="yellow"))
        if results.stopped is not None:
            self.console.print(Text(f"stopped early: {results.stopped}", style="yellow"))
        self.console.print(self._verdict(results))

    def is_clean(self, results: Results) -> bool:
        """Return whether nothing was found that should not be."""
        found = results.failed or results.errors or self._missed(results)
        return not found and not results.interrupted and results.cases > 0

    def _missed(self, results: Results) -> list[Operation]:
        if not self.options.require_success:
            return []
        return [operation for operation in results.unseen if operation.id not in self.options.may_fail]

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
        self.console.print(Text("\n".join(f"  {line}".rstrip() for line in failure.message.splitlines())))
        if failure.answer:
            self.console.print(Text(f"  {failure.answer}", style="dim"))
        for command in failure.reproduction:
            self.console.print(Text(f"  {command}", style="cyan"))

    def _table(self, results: Results) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("operation")
        table.add_column("requests", justify="right")
        table.add_column("statuses")
        table.add_column("")
        for outcome in results.outcomes.values():
            statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
            table.add_row(outcome.operation.id, str(outcome.cases), statuses, _mark(outcome))
        return table

    def _excuse(self, operation: Operation) -> str:
        missing = set(operation.scopes) - self.server.scopes
        return f" (the token lacks the scope {', '.join(sorted(missing))})" if missing else ""

    def _verdict(self, results: Results) -> Text:
        did = f"{len(results.outcomes)} operations, {results.cases} requests, {results.seconds:.0f} s"
        if self.is_clean(results):
            seen = len(results.outcomes) - len(results.unseen)
            return Text(f"clean: {did}; {seen} operations succeeded", style="bold green")
        failures = sum(len(outcome.failures) for outcome in results.outcomes.values())
        errors = len(results.errors) + sum(len(outcome.errors) for outcome in results.outcomes.values())
        found = [f"{failures} failures in {len(results.failed)} operations"] if failures else []
        found += [f"{errors} errors"] if errors else []
        found += [f"{len(missed)} operations never succeeded"] if (missed := self._missed(results)) else []
        found += ["no requests were made"] if not results.cases else []
        found += ["interrupted"] if results.interrupted else []
        return Text(f"{', '.join(found)}: {did}", style="bold red")


def _mark(outcome: Outcome) -> Text:
    if outcome.failures or outcome.errors:
        return Text("fails", style="red")
    return Text("ok", style="green") if outcome.succeeded else Text("never succeeded", style="yellow")
