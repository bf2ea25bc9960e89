"""List the failed and failing builds of the last week, newest first.

    python examples/failing_builds.py acme --pipeline web --days 2

The token is read from `$BUILDKITE_API_TOKEN`. With `--mock` the script uses the mock server instead. Without
`--pipeline` it lists the builds of all pipelines of the organization. Times are local. Needs rich.
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

#: Time of the newest builds of the mock server.
MOCK_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def days(text: str) -> timedelta:
    """Parse a number of days."""
    value = int(text)
    if not 1 <= value <= 3650:
        raise argparse.ArgumentTypeError("must be from 1 to 3650 days")
    return timedelta(days=value)


def failing_builds(
    organization: OrganizationClient, pipeline: str | None, since: datetime, until: datetime
) -> Iterable[models.Build]:
    """List the failing builds of a period. Both ends are set, so that new builds do not shift the pages meanwhile."""
    builds = organization.builds
    list_builds = partial(builds.list, pipeline) if pipeline else builds.list_for_organization
    return list_builds(state=["failed", "failing"], created_from=since, created_to=until, exclude_jobs=True).prefetch(4)


def creator(build: models.Build) -> str:
    """Return the creator of a build, or else the author of the commit, or else the source of the build."""
    author = build.author.name if isinstance(build.author, models.Author) else build.author
    return (build.creator and build.creator.name) or author or build.source or ""


def first_line(message: str | None) -> str:
    """Return the first line of a message, without control characters."""
    return "".join(filter(str.isprintable, (message or "").strip().partition("\n")[0]))


def make_table(builds: Iterable[models.Build], until: datetime) -> Table:
    """Return a table with a row for each build."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("Pipeline", "Build", "Branch", "State", "Creator", "Created", "Duration", "Message", "URL"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in {"Build", "Duration"} else "left")
    table.columns[-2].max_width = 40
    for build in builds:
        duration = build.started_at and (build.finished_at or until) - build.started_at
        table.add_row(
            build.pipeline.slug if build.pipeline else "",
            str(build.number),
            build.branch or "",
            build.state,
            creator(build),
            f"{build.created_at.astimezone():%Y-%m-%d %H:%M}",
            str(timedelta(seconds=round(duration.total_seconds()))) if duration else "",
            first_line(build.message),
            build.web_url,
        )
    return table


def identifier(value: str) -> str:
    """Parse a name, slug or UUID that the client accepts as a segment of a path."""
    if value in {"", ".", ".."}:
        raise argparse.ArgumentTypeError(f"must not be {value!r}" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not UTF-8
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
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description="List the failed and failing builds of the last week, newest first.")
    parser.add_argument("organization", type=identifier, help="slug of the organization")
    parser.add_argument("--pipeline", type=identifier, help="only builds of this pipeline")
    parser.add_argument(
        "--days", type=days, default=timedelta(days=7), help="length of the period in days (default: 7)"
    )
    parser.add_argument("--mock", action="store_true", help="use the mock server, which needs the extra mock")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
    until = MOCK_NOW if options.mock else datetime.now(UTC)
    since = until - options.days
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer, clock_from  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer(clock=clock_from(MOCK_NOW)))
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            organization = client.organization(options.organization)
            table = make_table(failing_builds(organization, options.pipeline, since, until), until)
    except (BuildkiteError, ImportError, OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    scope = f"{options.organization}/{options.pipeline}" if options.pipeline else options.organization
    echo(f"failing builds of {scope} since {since.astimezone():%Y-%m-%d %H:%M}: {table.row_count or 'none'}")
    if table.row_count:
        text = StringIO()  # so wide that no URL is cut off
        Console(file=text, force_terminal=os.isatty(1) or None, width=500, markup=False, highlight=False).print(table)
        echo(text.getvalue().rstrip("\n"))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
