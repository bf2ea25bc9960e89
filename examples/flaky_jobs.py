"""Find flaky jobs of a pipeline, and plot the failure rates of its jobs.

    python examples/flaky_jobs.py acme web --days 14 --plot flaky.svg

The token is read from `$BUILDKITE_API_TOKEN`. With `--mock` the script uses the mock server instead. A failure is flaky
if the same job also passed for the same commit: after a retry, or in another build. Jobs are the same if their key or
name, command, parallel index and matrix are the same. A retried job has several runs. Needs rich, and a plot needs
matplotlib.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from io import StringIO, TextIOWrapper
from pathlib import Path
from textwrap import shorten

from rich.console import Console
from rich.table import Table

from buildkite_rest import Buildkite, BuildkiteError, models

#: Time of the newest builds of the mock server.
MOCK_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FAILED = {"failed", "timed_out"}
MAX_BARS = 20


@dataclass
class Tally:
    """Number of runs, failures, and flaky failures of a job."""

    job: str
    runs: int = 0
    failures: int = 0
    flaky: int = 0


def job_name(job: models.ScriptJob) -> str:
    """Return the key of a job, or else its name without emojis."""
    return job.step_key or re.sub(r":[\w+-]+:\s*", "", job.name or "") or "(no name)"


def tally_failures(builds: Iterable[models.Build]) -> list[Tally]:
    """Return the jobs that have failed, the flakiest first. Parallel and matrix jobs of a step share a tally."""
    runs: dict[str, dict[Hashable, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))
    for build in builds:
        # Until an agent has resolved it, the commit is a name such as HEAD, which is not the same in each build.
        code = build.commit if re.fullmatch("[0-9a-f]{40,64}", build.commit or "") else build.id
        for job in build.jobs or ():
            if isinstance(job, models.ScriptJob) and job.state in FAILED | {"passed"}:
                identity = (code, job.command, job.parallel_group_index, str(job.matrix))
                runs[job_name(job)][identity][job.state in FAILED] += 1
    tallies = [
        Tally(
            job,
            runs=sum(failed.total() for failed in counts.values()),
            failures=sum(failed[True] for failed in counts.values()),
            flaky=sum(failed[True] for failed in counts.values() if failed[False]),
        )
        for job, counts in runs.items()
    ]
    return sorted(
        filter(lambda tally: tally.failures, tallies), key=lambda tally: (-tally.flaky, -tally.failures, tally.job)
    )


def make_table(tallies: Iterable[Tally]) -> Table:
    """Return a table with a row for each job."""
    table = Table("Job", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("Runs", "Failures", "Flaky", "Failure rate"):
        table.add_column(heading, justify="right")
    for tally in tallies:
        rate = f"{tally.failures / tally.runs:.1%}"
        table.add_row(tally.job, str(tally.runs), str(tally.failures), str(tally.flaky), rate)
    return table


def plot(tallies: list[Tally], heading: str, path: Path) -> None:
    """Plot the failure rates, with flaky failures in a color of their own."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only for a plot

    shown = tallies[:MAX_BARS][::-1]  # matplotlib draws the first bar at the bottom
    positions = range(len(shown))
    flaky = [100 * tally.flaky / tally.runs for tally in shown]
    others = [100 * (tally.failures - tally.flaky) / tally.runs for tally in shown]
    figure = Figure(figsize=(8, 1.8 + 0.4 * len(shown)), layout="constrained")
    axes = figure.subplots()
    axes.barh(positions, flaky, color="#e69f00", label="flaky: passed for the same commit")
    bars = axes.barh(positions, others, left=flaky, color="#5b6770", label="other failures")
    axes.bar_label(bars, [f"{tally.failures} of {tally.runs}" for tally in shown], padding=4)
    axes.set_yticks(positions, [shorten(tally.job, 40, placeholder=" …") for tally in shown], parse_math=False)
    axes.set(title=heading, xlabel="failed runs, %")
    axes.margins(x=0.2, y=0.01)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path, dpi=150)


def days(text: str) -> timedelta:
    """Parse a number of days."""
    value = int(text)
    if not 1 <= value <= 3650:
        raise argparse.ArgumentTypeError("must be from 1 to 3650 days")
    return timedelta(days=value)


def identifier(value: str) -> str:
    """Parse a name, slug or UUID that the client accepts as a segment of a path."""
    if value in {"", ".", ".."}:
        raise argparse.ArgumentTypeError(f"must not be {value!r}" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not UTF-8
    return value


def checked_path(text: str) -> Path:
    """Parse a path, and refuse one that is empty or too long."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    path = Path(text)
    try:
        if any(len(os.fsencode(name)) > 255 for name in path.parts):
            raise argparse.ArgumentTypeError("has a file name longer than 255 bytes")
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot be used: {error.strerror}") from None
    return path


def plot_file(text: str) -> Path:
    """Parse the path of the plot."""
    if not text.endswith((".png", ".svg")):
        raise argparse.ArgumentTypeError("must end in .png or .svg")
    if find_spec("matplotlib") is None:
        raise argparse.ArgumentTypeError("matplotlib is not installed: pip install matplotlib")
    path = checked_path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError("is a folder")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def echo(text: object) -> None:
    """Print a line. Exit with 141, as after SIGPIPE, if the reader has closed the pipe, and with 2 on another error."""
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or flushing at exit fails again
        if not isinstance(error, BrokenPipeError):
            print(f"cannot write to standard output: {error.strerror}", file=sys.stderr)
        sys.exit(141 if isinstance(error, BrokenPipeError) else 2)


def main() -> int:
    """Parse the command line, print the table, and plot."""
    parser = argparse.ArgumentParser(description="Find flaky jobs of a pipeline, and plot failure rates.")
    parser.add_argument("organization", type=identifier, help="slug of the organization")
    parser.add_argument("pipeline", type=identifier, help="slug of the pipeline")
    parser.add_argument(
        "--days", type=days, default=timedelta(days=7), help="length of the period in days (default: 7)"
    )
    parser.add_argument("--plot", type=plot_file, help=f"plot the first {MAX_BARS} jobs to this .png or .svg file")
    parser.add_argument("--mock", action="store_true", help="use the mock server, which needs the extra mock")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
    until = MOCK_NOW if options.mock else datetime.now(UTC)
    heading = f"failing jobs of {options.organization}/{options.pipeline}, {until - options.days:%F} to {until:%F}"
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer, clock_from  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer(clock=clock_from(MOCK_NOW)))
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            builds = client.builds.list(
                options.organization,
                options.pipeline,
                created_from=until - options.days,
                created_to=until,
                include_retried_jobs=True,
                exclude_pipeline=True,
            )
            tallies = tally_failures(builds.prefetch(4))
        if tallies and options.plot:
            plot(tallies, heading, options.plot)
    except (BuildkiteError, ImportError, OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    echo(f"{heading}: {len(tallies) or 'none'}")
    if tallies:
        text = StringIO()
        console = Console(file=text, force_terminal=os.isatty(1) or None, width=200, markup=False, highlight=False)
        console.print(make_table(tallies))
        echo(text.getvalue().rstrip("\n"))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
