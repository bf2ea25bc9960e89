"""The command line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from functools import partial
from math import inf
from typing import IO, Any, Final, cast

from rich.console import Console

from .. import BuildkiteError, RateLimitPacing, RetryPolicy
from .._base.standard_streams import report
from .aim import Aim
from .arguments import options_of, parsed, parser
from .choice import Choice
from .clients import client_of
from .credentials import RequestAuth, Secrets
from .description import Description
from .engine import Run
from .files import check_paths, write_reports
from .interruption import Interruption
from .live import check_live, is_hand_picked
from .options import Options
from .output import Output
from .pace import BELOW, Pace, TimeOverError
from .probe import probe
from .problems import CannotRunError
from .report import Report
from .selection import check_selection, chosen_of
from .targets import Targets, discover

_CLEAN: Final = 0
_FAILURES: Final = 1
_CANNOT_RUN: Final = 2

#: Columns of an output that is no terminal.
_WIDTH: Final = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and return the exit status."""
    output: Any = sys.stdout
    if hasattr(output, "reconfigure"):
        # Answers may hold characters that the terminal has no notation for.
        output.reconfigure(errors="backslashreplace")
    reader = parser()
    namespace = parsed(reader, arguments)
    # The client warns about answers that differ from the description. Here that is reported in another way.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    width = None if sys.stdout is not None and sys.stdout.isatty() else _WIDTH
    file = None if output is None else cast("IO[str]", Output(output))
    console = Console(file=file, width=width, soft_wrap=True, highlight=False, markup=False, emoji=False)
    interruption = Interruption(namespace.max_time)
    try:
        return _run(options_of(namespace), console, interruption)
    except (CannotRunError, BuildkiteError) as error:
        report(f"{reader.prog}: {error}")
        return _CANNOT_RUN
    except TimeOverError:
        report(f"{reader.prog}: --max-time was over before the first request that checks anything")
        return _CANNOT_RUN
    except KeyboardInterrupt:
        return interruption.status


def _run(options: Options, console: Console, interruption: Interruption) -> int:
    check_live(options)
    description = Description.load(options.spec)
    check_selection(options, description)
    check_paths(options)
    pace = Pace(options.interval, options.max_time or inf)
    with interruption.enabled():
        server = probe(options, chosen_of(options, description), pace)
        secrets = Secrets(description.secret_keys)
        auth = RequestAuth(options.auth, secrets, pace)
        report = Report(console, options, description, server)
        report.start()
        with report.working("looking for objects") as progress:
            targets = Targets() if is_hand_picked(options) else _discover(options, description, pace)
            again = partial(_discover, options, description, pace)
            run = Run(options, description, Aim(Choice(description, targets)), secrets, auth, pace, again)
            results = run.execute(progress)
    report.finish(results)
    write_reports(options, description, results)
    if results.interrupted:
        return interruption.status
    return _CLEAN if report.is_clean(results) else _FAILURES


def _discover(options: Options, description: Description, pace: Pace) -> Targets:
    pacing = RateLimitPacing(below=BELOW)
    with client_of(options, pace, retries=RetryPolicy(max_retries=2), pacing=pacing) as client:
        return discover(client, description.operations, chosen_of(options, description), options.organization)
