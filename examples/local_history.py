"""Keep a local history of the builds of a pipeline in a SQLite file, up to date with each run.

    python examples/local_history.py acme web history.db --days 30

The token is read from `$BUILDKITE_API_TOKEN`. With `--mock` the script uses the mock server instead. The first run
fetches the builds of the last `--days`. Later ones fetch new builds, builds that had not finished, and again those of
the last `--again` days, whose jobs may have been retried. A run that is interrupted is continued by the next one.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper

from buildkite_rest import Buildkite, BuildkiteError, NotFoundError, OrganizationClient, is_finished, models, to_json

#: A period in `gaps` is still to be fetched, newest builds first. `synced` has the end of the last one.
SCHEMA = """
    CREATE TABLE IF NOT EXISTS builds (
        number INTEGER PRIMARY KEY, state TEXT, branch TEXT, created_at TEXT, finished INTEGER, json TEXT
    );
    CREATE INDEX IF NOT EXISTS builds_by_time ON builds (created_at);
    CREATE TABLE IF NOT EXISTS gaps (since TEXT, until TEXT);
    CREATE TABLE IF NOT EXISTS synced (organization TEXT, pipeline TEXT, until TEXT);
"""
SAVE = """
    INSERT INTO builds VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET state = excluded.state,
        branch = excluded.branch, finished = excluded.finished, json = excluded.json WHERE json <> excluded.json
"""
#: Time of the newest builds of the mock server.
MOCK_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def connect(path: str, client: Buildkite, pipeline: tuple[str, str]) -> sqlite3.Connection:
    """Open the file of a pipeline."""
    client.pipelines.get(*pipeline)  # raises an error before there is a file
    db = sqlite3.connect(path)
    db.executescript(SCHEMA)
    return db


def text(moment: datetime) -> str:
    """Return a time in UTC, such that texts are in the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def save(db: sqlite3.Connection, build: models.Build) -> int:
    """Store a build, and return 1 if it is new or has changed."""
    finished = is_finished(build) and not build.blocked
    row = (build.number, build.state, build.branch, text(build.created_at), finished, to_json(build))
    return max(0, db.execute(SAVE, row).rowcount)


def plan(db: sqlite3.Connection, pipeline: tuple[str, str], since: datetime, again: timedelta, now: datetime) -> None:
    """Add the period to fetch in this run. That of the first run starts at `since`."""
    with db:
        row = db.execute("SELECT * FROM synced").fetchone()
        if row is not None and row[:2] != pipeline:
            raise ValueError(f"the file is the history of {row[0]}/{row[1]}. Name another file.")
        start = since if row is None else datetime.fromisoformat(row[2]) - again
        for day in range((now - start) // timedelta(days=1) + 1):  # the API refuses pages far into a list
            until = now - timedelta(days=day)
            db.execute("INSERT INTO gaps VALUES (?, ?)", (text(max(start, until - timedelta(days=1))), text(until)))
        db.execute("DELETE FROM synced")
        db.execute("INSERT INTO synced VALUES (?, ?, ?)", (*pipeline, text(now)))


def sync(db: sqlite3.Connection, client: OrganizationClient, pipeline: str) -> int:
    """Fetch the planned periods and the other unfinished builds. Return the number of new or changed builds."""
    changed, seen = 0, set[int]()
    for row, since, until in db.execute("SELECT rowid, * FROM gaps ORDER BY until DESC").fetchall():
        start, end = datetime.fromisoformat(since), datetime.fromisoformat(until)
        builds = client.builds.list(
            pipeline, created_from=start, created_to=end, include_retried_jobs=True, exclude_pipeline=True
        )
        for page in builds.pages():
            with db:  # commits a page together with the rest of the period
                changed += sum(save(db, build) for build in page.items)
                seen.update(build.number for build in page.items)
                if page.items:
                    rest = min(build.created_at for build in page.items) + timedelta(milliseconds=1)
                    db.execute("UPDATE gaps SET until = ? WHERE rowid = ?", (text(rest), row))
        with db:
            db.execute("DELETE FROM gaps WHERE rowid = ?", (row,))
    unfinished = {number for (number,) in db.execute("SELECT number FROM builds WHERE NOT finished")}
    for number in sorted(unfinished - seen):
        with db:
            try:
                build = client.builds.get(pipeline, number, include_retried_jobs=True, exclude_pipeline=True)
                changed += save(db, build)
            except NotFoundError:  # deleted
                db.execute("UPDATE builds SET finished = 1 WHERE number = ?", (number,))
    return changed


def days(value: str) -> timedelta:
    """Parse a number of days."""
    if not 1 <= int(value) <= 3650:
        raise argparse.ArgumentTypeError("must be from 1 to 3650 days")
    return timedelta(days=int(value))


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
    """Parse the command line and update the file."""
    parser = argparse.ArgumentParser(description="Keep a local history of the builds of a pipeline.")
    parser.add_argument("organization", type=identifier, help="slug of the organization")
    parser.add_argument("pipeline", type=identifier, help="slug of the pipeline")
    parser.add_argument("file", help="path of the SQLite file")
    parser.add_argument("--days", type=days, default="30", help="days that the first run fetches (default: 30)")
    parser.add_argument("--again", type=days, default="2", help="days that later runs fetch again (default: 2)")
    parser.add_argument("--mock", action="store_true", help="use the mock server, which needs the extra mock")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
    now = MOCK_NOW if options.mock else datetime.now(UTC)
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer, clock_from  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer(clock=clock_from(MOCK_NOW)))
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            pipeline = (options.organization, options.pipeline)
            db = stack.enter_context(closing(connect(options.file, client, pipeline)))
            plan(db, pipeline, now - options.days, options.again, now)
            changed = sync(db, client.organization(options.organization), options.pipeline)
            [(count,)] = db.execute("SELECT count(*) FROM builds")
    except (BuildkiteError, ImportError, OSError, ValueError, sqlite3.Error) as error:
        parser.exit(1, f"{error}\n")
    echo(f"{options.file}: {count} builds, {changed} new or changed")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
