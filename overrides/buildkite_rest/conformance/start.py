"""A run of all phases, from its validated options to its exit status."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from .. import Buildkite, RateLimitPacing, RetryPolicy
from .client import make_client, probe
from .discovery import discover, discover_below
from .objects import Objects
from .options import Mode, Options
from .other_tokens import check_other_tokens
from .pacing import PACING_SHARE, Interruption, RequestSchedule
from .report.files import write_reports
from .report.progress import Progress, shown
from .report.terminal import Report
from .report.verdict import verdict_of
from .run import Run
from .safety import safety
from .spec import Operation, Spec
from .token_user import TokenUser


def run(
    options: Options,
    spec: Spec,
    operations: Sequence[Operation],
    *,
    console: Console,
    schedule: RequestSchedule,
    interruption: Interruption,
) -> int:
    """Check the server, write the reports, and return the exit status.

    Args:
        options: Validated options.
        spec: The spec.
        operations: Those to check.
        console: Where the report is shown.
        schedule: When requests are sent.
        interruption: What ends the run early.
    """
    with safety(options, spec, console, schedule) as safe:

        def client() -> Buildkite:
            rate_limits = RateLimitPacing(below=PACING_SHARE)
            return make_client(
                options,
                schedule,
                safe.log,
                retries=RetryPolicy(max_retries=2),
                rate_limits=rate_limits,
                observe=safe.observe,
            )

        def find_objects() -> Objects:
            if options.mode is Mode.SAMPLED:
                return Objects(options.organization)
            with client() as connected:
                return discover(connected, spec, operations, Objects(options.organization))

        def find_below(objects: Objects) -> None:
            with client() as connected:
                discover_below(connected, spec, operations, objects)

        with interruption.interrupt_on_signals():
            access = probe(options, operations, schedule, safe.log)
            check_other_tokens(options, schedule, safe.log)
            terminal = Report(console, options, spec, access)
            terminal.start()
            shown_progress = Progress(operations, options.phases)
            with shown(console, shown_progress):
                objects = find_objects()
            ready = Run(
                options,
                spec,
                operations,
                objects,
                find_objects,
                find_below,
                safe.permissions,
                safe.log,
                safe.secrets,
                schedule,
                access.scopes,
                TokenUser(client),
                safe.gate.conflicts,
            )
            with shown(console, shown_progress) as progress:
                results = ready.execute(progress)
    ready.record_conflicts(results)  # also those that the cleanup has found
    results.left_behind = sum(not each.is_permanent for each in safe.leftovers)
    results.sent += safe.log.count
    verdict = verdict_of(options, results, access.scopes)
    terminal.finish(results, verdict)
    write_reports(options, spec, results, verdict)
    ended_by = interruption if results.interrupted else safe.interruption
    return verdict.status if ended_by is None else ended_by.status
