"""Export the builds of an organization or a pipeline to a CSV or Parquet file, one row per build.

    python examples/export_builds.py acme builds.parquet --since 2026-02-23 --until 2026-03-02 --jobs

The token is read from `$BUILDKITE_API_TOKEN`. With `--mock` the script uses the mock server instead. With `--jobs`
there is a row for each run of each command job, with the columns of its build too. Rows are written page by page, so
that memory stays flat. Days start at midnight UTC, and times are in UTC. Parquet needs pyarrow.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib.util import find_spec
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import Any

from buildkite_rest import Buildkite, BuildkiteError, OrganizationClient, models

BUILD: dict[str, type] = {
    "id": str, "number": int, "state": str, "branch": str, "commit": str, "message": str, "source": str, "web_url": str,
    "created_at": datetime, "scheduled_at": datetime, "started_at": datetime, "finished_at": datetime,
}  # fmt: skip
JOB: dict[str, type] = {
    "id": str, "name": str, "step_key": str, "state": str, "exit_status": int, "soft_failed": bool,
    "parallel_group_index": int, "retried": bool, "retries_count": int, "web_url": str,
    "runnable_at": datetime, "started_at": datetime, "finished_at": datetime,
}  # fmt: skip
ROW_GROUP_SIZE = 10_000

Row = dict[str, Any]
Write = Callable[[list[Row]], object]


def columns(*, jobs: bool) -> dict[str, type]:
    """Return the names and types of the columns."""
    job_columns = {"job_agent": str, **{f"job_{name}": column_type for name, column_type in JOB.items()}}
    return {"pipeline": str, "creator": str, **BUILD, **(job_columns if jobs else {})}


def builds_between(
    organization: OrganizationClient, pipeline: str | None, since: datetime, until: datetime, *, jobs: bool
) -> Iterator[models.Build]:
    """Yield the builds of each day, with a list per day because the API refuses pages far into a long list."""
    builds = organization.builds
    list_builds = partial(builds.list, pipeline) if pipeline else builds.list_for_organization
    while since < until:
        end = min(since + timedelta(days=1), until)
        found = list_builds(created_from=since, created_to=end, exclude_jobs=not jobs, include_retried_jobs=jobs)
        yield from found.prefetch(4)
        since = end


def rows(builds: Iterable[models.Build], *, jobs: bool) -> Iterator[Row]:
    """Yield a row for each build, or for each run of each command job."""
    for build in builds:
        row: Row = {
            "pipeline": build.pipeline.slug if build.pipeline else None,
            "creator": build.creator.name if build.creator else None,
            **{name: getattr(build, name) for name in BUILD},
        }
        if not jobs:
            yield row
            continue
        for job in build.jobs or ():
            if isinstance(job, models.ScriptJob):
                agent = job.agent.name if job.agent else None
                yield {**row, "job_agent": agent, **{f"job_{name}": getattr(job, name) for name in JOB}}


@contextmanager
def csv_file(path: Path, schema: dict[str, type]) -> Generator[Write]:
    """Open a CSV file and yield a function that appends rows. All times have the same length."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(schema)

        def text(value: object) -> object:
            return value.astimezone(UTC).isoformat(timespec="milliseconds") if isinstance(value, datetime) else value

        yield lambda group: writer.writerows([text(row[name]) for name in schema] for row in group)


@contextmanager
def parquet_file(path: Path, schema: dict[str, type]) -> Generator[Write]:
    """Open a Parquet file and yield a function that appends a row group."""
    import pyarrow as pa  # noqa: PLC0415 - not for CSV
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

    types = {str: pa.string(), int: pa.int64(), bool: pa.bool_(), datetime: pa.timestamp("ms", tz="UTC")}
    arrow_schema = pa.schema([(name, types[column_type]) for name, column_type in schema.items()])
    with ParquetWriter(path, arrow_schema) as writer:
        yield lambda group: writer.write_table(pa.Table.from_pylist(group, schema=arrow_schema))


FORMATS = {".csv": csv_file, ".parquet": parquet_file}


def export(path: Path, schema: dict[str, type], table: Iterator[Row]) -> int:
    """Write a file atomically, and return the number of rows."""
    part, count = path.with_name(f".{token_hex(8)}.part"), 0
    part.touch(exist_ok=False)  # fails if the file belongs to another process
    try:
        with FORMATS[path.suffix](part, schema) as write:
            while group := list(islice(table, ROW_GROUP_SIZE)):
                write(group)
                count += len(group)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


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


def table_file(text: str) -> Path:
    """Parse the path of the table."""
    path = checked_path(text)
    if path.suffix not in FORMATS:
        raise argparse.ArgumentTypeError("must end in .csv or .parquet")
    if path.is_dir():
        raise argparse.ArgumentTypeError("is a folder")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise argparse.ArgumentTypeError("pyarrow is not installed: pip install pyarrow")
    if path.exists() and not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a regular file")  # and would be replaced
    return path


def day(text: str) -> datetime:
    """Parse a date, as midnight UTC."""
    return datetime.combine(date.fromisoformat(text), time(), UTC)


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
    """Parse the command line and write the file."""
    parser = argparse.ArgumentParser(description="Export builds, or their jobs, to a CSV or Parquet file.")
    parser.add_argument("organization", type=identifier, help="slug of the organization")
    parser.add_argument("file", type=table_file, help="path that ends in .csv or .parquet")
    parser.add_argument("--pipeline", type=identifier, help="only builds of this pipeline")
    parser.add_argument("--since", type=day, required=True, help="first day, such as 2026-02-23")
    parser.add_argument("--until", type=day, default=datetime.now(UTC), help="day after the last one (default: now)")
    parser.add_argument("--jobs", action="store_true", help="write a row for each job instead of each build")
    parser.add_argument("--mock", action="store_true", help="use the mock server, which needs the extra mock")
    options = parser.parse_args()
    if options.since >= options.until:
        parser.error("argument --since: must be before --until, which defaults to now")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer, clock_from  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer(clock=clock_from(datetime(2026, 3, 2, 9, tzinfo=UTC))))
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            organization = client.organization(options.organization)
            builds = builds_between(organization, options.pipeline, options.since, options.until, jobs=options.jobs)
            count = export(options.file, columns(jobs=options.jobs), rows(builds, jobs=options.jobs))
    except (BuildkiteError, ImportError, OSError, TypeError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    echo(f"{options.file}: {count} rows")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
