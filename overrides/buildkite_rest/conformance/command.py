"""The command `conformance`, from its parsed options to its exit status."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping
from importlib import import_module
from math import inf

from rich.console import Console

from .. import BuildkiteError
from .._base.command_line import report
from .api import Api, CannotRunError
from .credentials import Secrets, register
from .garbage_collection import rare_collections
from .options import Options, check_remote, select_operations
from .output import console_for, standard_output
from .pacing import Interruption, RequestSchedule
from .report.files import check_paths
from .report.verdict import CANNOT_RUN
from .request_log import clear
from .validation import options_of


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
    api = Api.load(options.spec)
    operations = select_operations(options, api)
    # This imports schemathesis, which takes half a second. What precedes it does not need it.
    start: Callable[..., int] = import_module(".session", __package__).run
    with rare_collections():
        return start(options, api, operations, console=console, schedule=schedule, interruption=interruption)
