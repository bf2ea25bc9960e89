"""Write the builds of an organization, or of one pipeline, into a CSV or Parquet file, a row for each build.

    python examples/export_builds.py acme builds.parquet --since 2026-02-23 --until 2026-03-02 --jobs

reads the token from `$BUILDKITE_API_TOKEN`; with `--mock` it asks the mock server instead. With `--jobs` there is a row
for each try of each job that runs a command, beside the columns of its build. Rows are written while pages come, so
memory stays flat. Days begin at midnight UTC, and times are in UTC. Parquet needs pyarrow.
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
ROWS_IN_GROUP = 10_000

Row = dict[str, Any]
Write = Callable[[list[Row]], object]


def columns(*, jobs: bool) -> dict[str, type]:
    """Return what the columns are called and the type of what stands in them."""
    of_jobs = {"job_agent": str, **{f"job_{name}": kind for name, kind in JOB.items()}}
    return {"pipeline": str, "creator": str, **BUILD, **(of_jobs if jobs else {})}


def builds_between(
    organization: OrganizationClient, pipeline: str | None, since: datetime, until: datetime, *, jobs: bool
) -> Iterator[models.Build]:
    """Yield builds day by day. One long list would not do: the API refuses pages that lie too deep."""
    builds = organization.builds
    find = partial(builds.list, pipeline) if pipeline else builds.list_for_organization
    while since < until:
        end = min(since + timedelta(days=1), until)
        found = find(created_from=since, created_to=end, exclude_jobs=not jobs, include_retried_jobs=jobs)
        yield from found.prefetch(4)
        since = end


def rows(builds: Iterable[models.Build], *, jobs: bool) -> Iterator[Row]:
    """Yield a row for each build, or for each try of each job."""
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
def csv_file(path: Path, kinds: dict[str, type]) -> Generator[Write]:
    """Open a CSV file and give a function that appends rows to it, times always at the same length."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(kinds)

        def text(value: object) -> object:
            return value.astimezone(UTC).isoformat(timespec="milliseconds") if isinstance(value, datetime) else value

        yield lambda group: writer.writerows([text(row[name]) for name in kinds] for row in group)


@contextmanager
def parquet_file(path: Path, kinds: dict[str, type]) -> Generator[Write]:
    """Open a Parquet file and give a function that appends a row group to it."""
    import pyarrow as pa  # noqa: PLC0415 - CSV does without
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

    types = {str: pa.string(), int: pa.int64(), bool: pa.bool_(), datetime: pa.timestamp("ms", tz="UTC")}
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    with ParquetWriter(path, schema) as writer:
        yield lambda group: writer.write_table(pa.Table.from_pylist(group, schema=schema))


FORMATS = {".csv": csv_file, ".parquet": parquet_file}


def export(path: Path, kinds: dict[str, type], table: Iterator[Row]) -> int:
    """Write a file, which is there as a whole or not at all, and return the number of rows."""
    part, count = path.with_name(f".{token_hex(8)}.part"), 0
    part.touch(exist_ok=False)  # it belongs to nobody else
    try:
        with FORMATS[path.suffix](part, kinds) as write:
            while group := list(islice(table, ROWS_IN_GROUP)):
                write(group)
                count += len(group)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


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


def table_file(text: str) -> Path:
    """Read the name of the file from the command line."""
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
    """Read a day from the command line."""
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
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description="Write builds, or their jobs, into a CSV or Parquet file.")
    parser.add_argument("organization", type=checked_text)
    parser.add_argument("file", type=table_file, help="a name that ends in .csv or .parquet")
    parser.add_argument("--pipeline", type=checked_text, help="only builds of this pipeline")
    parser.add_argument("--since", type=day, required=True, help="the first day, such as 2026-02-23")
    parser.add_argument("--until", type=day, default=datetime.now(UTC), help="the day after the last (default: now)")
    parser.add_argument("--jobs", action="store_true", help="a row for each job instead of each build")
    parser.add_argument("--mock", action="store_true", help="ask the mock server of the extra mock instead")
    options = parser.parse_args()
    if options.since >= options.until:
        parser.error("argument --since: must be before --until, which is now if left out")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may have no notation for all characters
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
            builds = builds_between(organization, options.pipeline, options.since, options.until, jobs=options.jobs)
            count = export(options.file, columns(jobs=options.jobs), rows(builds, jobs=options.jobs))
    except (BuildkiteError, OSError, TypeError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    echo(f"{options.file}: {count} rows")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
