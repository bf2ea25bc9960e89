"""The command `conformance`, from its parsed options to its exit status."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping
from importlib import import_module
from math import inf

from attrs import evolve
from rich.console import Console

from .. import BuildkiteError
from .._base.command_line import report
from .credentials import Secrets, register
from .earlier import EarlierReport
from .garbage_collection import rare_collections
from .options import Options, check_remote, select_operations
from .output import console_for, standard_output
from .pacing import Interruption, RequestSchedule
from .report.files import check_paths, write_reports
from .report.verdict import CANNOT_RUN, CLEAN, Verdict
from .request_log import clear
from .results import Results
from .spec import CannotRunError, Operation, Spec
from .validation import ONLY_FAILED, RESUME, options_of


def run(namespace: argparse.Namespace, program: str, tokens: Mapping[str, str]) -> int:
    """Run, and return the exit status. `program` is the name of the command in messages, which show no tokens."""
    # The client warns about responses that differ from the spec, which the report contains.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    secrets = Secrets()
    for token, name in tokens.items():
        secrets.add(token, name)
    output = standard_output(secrets, program)
    schedule = RequestSchedule(namespace.rate_limit, namespace.max_time or inf)
    interruption = Interruption(schedule)
    try:
        options = options_of(namespace)
        register(options, secrets)
        if output is not None:
            output.has_reports = options.json is not None or options.junit is not None
        status = _run(options, console_for(output), schedule, interruption)
    except (CannotRunError, BuildkiteError) as error:
        report(f"{program}: {secrets.hide(str(error))}")
        return CANNOT_RUN
    except KeyboardInterrupt:
        if not schedule.is_time_limit_reached:
            return interruption.status
        report(f"{program}: --max-time expired before the first check. Allow more time.")
        return CANNOT_RUN
    if output is not None:
        output.close()
    return status


def _run(options: Options, console: Console, schedule: RequestSchedule, interruption: Interruption) -> int:
    check_paths(options)
    if options.log_requests is not None:
        clear(options.log_requests)
    check_remote(options)
    spec = Spec.load(options.spec)
    operations = select_operations(options, spec)
    options, operations, earlier = _with_earlier_report(options, operations, spec)
    if not operations:
        console.print(f"{options.only_failed} has no failure of the selected operations.")
        write_reports(options, spec, Results({}), Verdict((), (), CLEAN))
        return CLEAN
    # This imports schemathesis, which takes half a second. What precedes it does not need it.
    start: Callable[..., int] = import_module(".start", __package__).run
    with rare_collections():
        return start(
            options, spec, operations, earlier=earlier, console=console, schedule=schedule, interruption=interruption
        )


def _with_earlier_report(
    options: Options, operations: list[Operation], spec: Spec
) -> tuple[Options, list[Operation], EarlierReport | None]:
    """Return the options and operations that an earlier report leaves, and the report of a run to complete.

    Raises:
        CannotRunError: The report is not of the same server and spec, or the run to complete had other options.
    """
    option, path = (ONLY_FAILED, options.only_failed) if options.only_failed else (RESUME, options.resume)
    if path is None:
        return options, operations, None
    earlier = EarlierReport.read(option, path)
    earlier.check_same(option, path, options, spec)
    if options.has_random_seed:
        options = evolve(options, seed=earlier.seed)
    if option == ONLY_FAILED:
        return options, [each for each in operations if each.id in earlier.failed], None
    earlier.check_options(option, path, options)
    return options, operations, earlier
