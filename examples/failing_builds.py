"""List the builds of the last week that have failed or are failing, newest first.

    python examples/failing_builds.py acme --pipeline web --days 2

reads the token from `$BUILDKITE_API_TOKEN`; with `--mock` it asks the mock server instead. Without `--pipeline` it
looks at all pipelines of the organization. Times are local ones. Needs rich.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO, TextIOWrapper

from rich.console import Console
from rich.table import Table

from buildkite_rest import Buildkite, BuildkiteError, OrganizationClient, models

#: The builds of the mock server end here.
MOCK_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def days(text: str) -> timedelta:
    """Read a number of days from the command line."""
    value = int(text)
    if not 1 <= value <= 3650:
        raise argparse.ArgumentTypeError("must be from 1 to 3650 days")
    return timedelta(days=value)


def failing_builds(
    organization: OrganizationClient, pipeline: str | None, since: datetime, until: datetime
) -> Iterable[models.Build]:
    """Return the failing builds that were created between two moments, which keeps the list from moving meanwhile."""
    builds = organization.builds
    find = partial(builds.list, pipeline) if pipeline else builds.list_for_organization
    return find(state=["failed", "failing"], created_from=since, created_to=until, exclude_jobs=True).prefetch(4)


def who(build: models.Build) -> str:
    """Return the name of who started a build, or else of the commit's author, or else what made the build."""
    author = build.author.name if isinstance(build.author, models.Author) else build.author
    return (build.creator and build.creator.name) or author or build.source or ""


def first_line(message: str | None) -> str:
    """Return the first line of a message, without what could steer a terminal."""
    return "".join(filter(str.isprintable, (message or "").strip().partition("\n")[0]))


def make_table(builds: Iterable[models.Build], until: datetime) -> Table:
    """Return a table with a row for each build."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("Pipeline", "Build", "Branch", "State", "Who", "When", "Took", "Message", "Page"):
        table.add_column(title, no_wrap=True, justify="right" if title in {"Build", "Took"} else "left")
    table.columns[-2].max_width = 40
    for build in builds:
        took = build.started_at and (build.finished_at or until) - build.started_at
        table.add_row(
            build.pipeline.slug if build.pipeline else "",
            str(build.number),
            build.branch or "",
            build.state,
            who(build),
            f"{build.created_at.astimezone():%Y-%m-%d %H:%M}",
            str(timedelta(seconds=round(took.total_seconds()))) if took else "",
            first_line(build.message),
            build.web_url,
        )
    return table


def checked_text(value: str) -> str:
    """Read a text from the command line by the rules of the client for a part of a URL."""
    if not value or value in {".", ".."}:
        raise argparse.ArgumentTypeError("must be a name" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not text
    return value


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
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description="List the builds of the last week that have failed or are failing.")
    parser.add_argument("organization", type=checked_text)
    parser.add_argument("--pipeline", type=checked_text, help="only builds of this pipeline")
    parser.add_argument("--days", type=days, default=timedelta(days=7), help="how far to look back (default: 7)")
    parser.add_argument("--mock", action="store_true", help="ask the mock server of the extra mock instead")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may have no notation for all characters
    until = MOCK_NOW if options.mock else datetime.now(UTC)
    since = until - options.days
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer())
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            organization = client.organization(options.organization)
            table = make_table(failing_builds(organization, options.pipeline, since, until), until)
    except (BuildkiteError, OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    where = f"{options.organization}/{options.pipeline}" if options.pipeline else options.organization
    echo(f"failing builds of {where} since {since.astimezone():%Y-%m-%d %H:%M}: {table.row_count or 'none'}")
    if table.row_count:
        text = StringIO()  # of a width at which no URL is cut off
        Console(file=text, force_terminal=os.isatty(1) or None, width=500, markup=False, highlight=False).print(table)
        echo(text.getvalue().rstrip("\n"))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
