"""Find the jobs of a pipeline that fail without a cause in the code, and draw how often they do.

    python examples/flaky_jobs.py acme web --days 14 --plot flaky.svg

reads the token from `$BUILDKITE_API_TOKEN`; with `--mock` it asks the mock server instead. Each try is a run. A failure
is flaky when the same job has also passed for the same commit: when it was retried, or in another build. The same job
has the same key or name, command, place among parallel jobs, and matrix. Needs rich, and a plot needs matplotlib.
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

#: The builds of the mock server end here.
MOCK_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FAILED = {"failed", "timed_out"}
MOST_BARS = 20


@dataclass
class Tally:
    """How often a job has run, failed, and failed without a cause."""

    job: str
    runs: int = 0
    failures: int = 0
    flaky: int = 0


def title(job: models.ScriptJob) -> str:
    """Return the key of a job, or else its name without emojis."""
    return job.step_key or re.sub(r":[\w+-]+:\s*", "", job.name or "") or "(no name)"


def count(builds: Iterable[models.Build]) -> list[Tally]:
    """Return the jobs that have failed, the flakiest first. Parallel and matrix jobs of a step are counted as one."""
    runs: dict[str, dict[Hashable, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))
    for build in builds:
        # Until an agent has resolved it, the commit is a name such as HEAD, which says nothing about other builds.
        code = build.commit if re.fullmatch("[0-9a-f]{40,64}", build.commit or "") else build.id
        for job in build.jobs or ():
            if isinstance(job, models.ScriptJob) and job.state in FAILED | {"passed"}:
                same = (code, job.command, job.parallel_group_index, str(job.matrix))
                runs[title(job)][same][job.state in FAILED] += 1
    tallies = [
        Tally(
            job,
            runs=sum(one.total() for one in same.values()),
            failures=sum(one[True] for one in same.values()),
            flaky=sum(one[True] for one in same.values() if one[False]),
        )
        for job, same in runs.items()
    ]
    return sorted(filter(lambda one: one.failures, tallies), key=lambda one: (-one.flaky, -one.failures, one.job))


def make_table(tallies: Iterable[Tally]) -> Table:
    """Return a table with a row for each job."""
    table = Table("Job", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("Runs", "Failures", "Flaky", "Failure rate"):
        table.add_column(heading, justify="right")
    for one in tallies:
        table.add_row(one.job, str(one.runs), str(one.failures), str(one.flaky), f"{one.failures / one.runs:.1%}")
    return table


def draw(tallies: list[Tally], heading: str, path: Path) -> None:
    """Draw the failure rates, flaky failures apart from the others."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only for a plot

    shown = tallies[:MOST_BARS][::-1]  # bars are drawn from below
    places = range(len(shown))
    flaky = [100 * one.flaky / one.runs for one in shown]
    others = [100 * (one.failures - one.flaky) / one.runs for one in shown]
    figure = Figure(figsize=(8, 1.8 + 0.4 * len(shown)), layout="constrained")
    axes = figure.subplots()
    axes.barh(places, flaky, color="#e69f00", label="flaky: passed for the same commit")
    bars = axes.barh(places, others, left=flaky, color="#5b6770", label="other failures")
    axes.bar_label(bars, [f"{one.failures} of {one.runs}" for one in shown], padding=4)
    axes.set_yticks(places, [shorten(one.job, 40, placeholder=" …") for one in shown], parse_math=False)
    axes.set(title=heading, xlabel="failed runs, %")
    axes.margins(x=0.2, y=0.01)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path, dpi=150)


def days(text: str) -> timedelta:
    """Read a number of days from the command line."""
    value = int(text)
    if not 1 <= value <= 3650:
        raise argparse.ArgumentTypeError("must be from 1 to 3650 days")
    return timedelta(days=value)


def checked_text(value: str) -> str:
    """Read a text from the command line by the rules of the client for a part of a URL."""
    if not value or value in {".", ".."}:
        raise argparse.ArgumentTypeError("must be a name" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not text
    return value


def checked_path(text: str) -> Path:
    """Read a path from the command line that is neither empty nor too long."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    path = Path(text)
    try:
        if any(len(os.fsencode(name)) > 255 for name in path.parts):
            raise argparse.ArgumentTypeError("has a name of more than 255 bytes")
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot be used: {error.strerror}") from None
    return path


def picture(text: str) -> Path:
    """Read the name of a picture from the command line."""
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
    """Read the command line, print the table, and draw."""
    parser = argparse.ArgumentParser(description="Find the jobs that fail without a cause in the code.")
    parser.add_argument("organization", type=checked_text)
    parser.add_argument("pipeline", type=checked_text)
    parser.add_argument("--days", type=days, default=timedelta(days=7), help="how far to look back (default: 7)")
    parser.add_argument("--plot", type=picture, help=f"draw the first {MOST_BARS} jobs into this .png or .svg file")
    parser.add_argument("--mock", action="store_true", help="ask the mock server of the extra mock instead")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may have no notation for all characters
    until = MOCK_NOW if options.mock else datetime.now(UTC)
    heading = f"failing jobs of {options.organization}/{options.pipeline}, {until - options.days:%F} to {until:%F}"
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer())
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
            tallies = count(builds.prefetch(4))
        if tallies and options.plot:
            draw(tallies, heading, options.plot)
    except (BuildkiteError, OSError, ValueError) as error:
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
