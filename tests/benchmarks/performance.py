"""Write the tables of `docs/performance.md` from `BENCHMARKS.md`: `python -m tests.benchmarks.performance`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .measure import number
from .paths import PERFORMANCE, REPORT
from .report import Table

NOT_MEASURED = "The last run of `make bench` has not measured this."
_BLOCK = re.compile(r"(<!--table ([a-z-]+)-->\n).*?(<!--end-->)", re.DOTALL)
_SPREAD = re.compile(r" \(.*\)$")

Rows = Mapping[str, str]
"""What a row or a column is called in the report, and on the page."""


def tables_in(report: str) -> list[Table]:
    """Return the tables of a report."""
    found: list[Table] = []
    for block in re.findall(r"(?:^\|.*\|\n)+", report, re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in line[1:-1].split(" | ")] for line in block.splitlines())
        found.append(Table(head, rows))
    return found


def _pick(report: str, first: str, title: str, columns: Rows, rows: Rows) -> str:
    """Return some columns and rows of the table whose head begins with `first`."""
    table = next((table for table in tables_in(report) if table.head[0] == first), None)
    if table is None:
        return NOT_MEASURED
    indices = [table.head.index(name) for name in columns]
    values = {row[0]: row for row in table.rows}
    picked = [
        [shown, *(_SPREAD.sub("", values[name][index]) for index in indices)]
        for name, shown in rows.items()
        if name in values
    ]
    return str(Table([title, *columns.values()], picked))


def _one_connection(report: str) -> str:
    """Return the calls per second of one connection, from the microseconds of a call."""
    rows: list[list[str]] = []
    for first, suffix in (("one build, 10 jobs", ""), ("one build, `await`", ", async")):
        table = next(table for table in tables_in(report) if table.head[0] == first)
        index = table.head.index("µs, median call")
        for name, library in (("buildkite-rest", "httpx"), ("buildkite-rest on httpx2", "httpx2")):
            [microseconds] = [row[index] for row in table.rows if row[0] == name]
            rows.append([f"{library}{suffix}", microseconds, number(1e6 / float(microseconds.replace(" ", "")))])
    return str(Table(["`builds.get` over loopback", "µs of a call", "calls a second"], rows))


def blocks(report: str) -> dict[str, str]:
    """Return the tables of the page by their names."""
    levels = {level: level for level in ("3", "10", "30", "100")}
    listed = re.search(r"a list of (\d+) pages is read up to", report)
    pages = f"a list of {listed[1]} pages" if listed else "a list"
    return {
        "one-connection": _one_connection(report),
        "concurrency": _pick(
            report,
            "calls per second at a concurrency of …",
            "`builds.get`, calls a second with …",
            levels | {"30, 20 ms latency": "30, at 20 ms latency"},
            {
                "buildkite-rest": "tasks, httpx",
                "buildkite-rest on httpx2": "tasks, httpx2",
                "buildkite-rest, threads": "threads, httpx",
                "buildkite-rest on httpx2, threads": "threads, httpx2",
            },
        ),
        "lists": _pick(
            report,
            "speed-up at a latency of …",
            f"speed-up of {pages} at a latency of …",
            {f"`.prefetch({count})`": f"`.prefetch({count})`" for count in (2, 4, 8, 16)},
            {name: name for name in ("10 ms, sync", "50 ms, sync", "50 ms, async", "100 ms, sync", "maximum")},
        ),
        "decoding": _pick(
            report,
            "decoder",
            "decoding a page of 100 builds with 10 jobs",
            {"ms": "ms", "MB/s": "MB/s"},
            {
                "buildkite-rest": "typed objects",
                "buildkite-rest, one unexpected value": "the same, with one value that does not match the spec",
                "json.loads, untyped": "dictionaries of `json.loads`",
            },
        ),
        "downloads": _pick(
            report,
            "download",
            "an artifact of 1 GB, one connection",
            {"MB/s, best": "MB/s", "growth of memory, MB": "growth of memory in MB"},
            {
                "`artifacts.download`: file, size and SHA-1": "`artifacts.download`",
                "`await artifacts.download`: the same": "`await artifacts.download`",
                "bare httpx: file and SHA-1": "bare httpx with SHA-1",
            },
        ),
        "logs": _pick(
            report,
            "MB/s of logs, each of …",
            "`builds.download_logs`, MB/s of logs, each of …",
            {f"{size} kB": f"{size} kB" for size in (10, 100, 1000, 4000)},
            {"buildkite-rest, sync": "threads", "buildkite-rest, async": "tasks"},
        ),
        "memory": _pick(
            report,
            "iteration",
            "a long list",
            {"peak pages in memory": "peak pages in memory"},
            {"sync": "page by page", "async": "page by page, async", "`.prefetch(8)`": "`.prefetch(8)`"},
        ),
        "process": _pick(
            report,
            "process",
            "process",
            {"processor ms over an empty Python": "processor ms over an empty Python"},
            {
                "`import buildkite_rest`": "`import buildkite_rest`",
                "buildkite_rest, and a client": "and create a client",
                "httpx, and a client": "for comparison: httpx, and a client",
            },
        ),
        "first-call": _pick(
            report,
            "client",
            "first call of a process",
            {"processor ms over later calls": "processor ms over later calls"},
            {"buildkite-rest": "`builds.get`", "httpx + json.loads": "bare httpx"},
        ),
    }


def rewrite(page: str, report: str) -> str:
    """Return the page with the tables of this report."""
    found = blocks(report)
    return _BLOCK.sub(lambda match: f"{match[1]}\n{found[match[2]]}\n\n{match[3]}", page)


def main() -> None:
    page, report = PERFORMANCE.read_text(encoding="utf-8"), REPORT.read_text(encoding="utf-8")
    PERFORMANCE.write_text(rewrite(page, report), encoding="utf-8")


if __name__ == "__main__":
    main()
