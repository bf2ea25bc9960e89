"""Run all benchmarks and write `BENCHMARKS.md` and the tables of `docs/performance.md`: `python -m tests.benchmarks`.

With the names of some, only these run. Exits with status 1 when a bar is missed or a benchmark fails. Only a full run
without failures writes the report into the project. Needs Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import msgspec

from . import performance
from .lab import environment
from .measure import number
from .others import Others
from .paths import CACHE, GENERATORS, PLOTS, PROFILES, REPORT, ROOT
from .plot import svg
from .report import BAR_HEAD, Bar, Result, Table, markdown, measured

QUESTIONS = (
    "decode",
    "calls",
    "imports",
    "first_call",
    "listing",
    "prefetch",
    "bulk",
    "bulk_limited",
    "concurrency",
    "download",
    "tools",
    "iteration",
    "peak_memory",
    "regeneration",
    "fleet",
    "mock",
)
TOGETHER = (("iteration", "peak_memory", "regeneration"), ("bulk_limited", "fleet"))
"""Those that run at the same time: they measure memory or reach their bar by far, and they mostly wait."""
_LIBRARIES = ("httpx", "httpx2", "httpcore", "h11", "msgspec", "pydantic", "pybuildkite", "requests")
_LONGEST = 600
_WHOLE = "Written by `make bench`, which fails when a bar is missed."
_QUICK = "Written by a quick run, which only checks that everything runs: the figures are meaningless."
_SOME = "Written by a run that failed, because these benchmarks ended with an error:"


def run(question: str, options: argparse.Namespace) -> Result | None:
    """Run one benchmark in a process of its own. Return None when it fails."""
    command = [sys.executable, "-m", f"{__package__}.one", question, "--tools", options.tools]
    start = time.perf_counter()
    print(f"{question} …", flush=True)
    with subprocess.Popen(
        [*command, *(["--quick"] if options.quick else [])],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            errors = f"it took more than {_LONGEST} s".encode()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and the servers that it started
    if process.returncode:
        print(f"{question} failed:\n{errors.decode(errors='replace')[-3000:]}", file=sys.stderr)
        return None
    result = msgspec.json.decode(output, type=Result)
    print(f"  {result.summary} ({time.perf_counter() - start:.0f} s)", flush=True)
    return result


def run_together(questions: list[str], options: argparse.Namespace) -> dict[str, Result | None]:
    """Run benchmarks at the same time."""
    with Others() as others, ThreadPoolExecutor(len(questions)) as threads:
        results = list(threads.map(lambda question: run(question, options), questions))
    if others.processors is not None and not options.quick:
        print(f"  other programs used {others.processors:.1f} processors", flush=True)
    found = dict(zip(questions, results, strict=True))
    return {question: result and result.beside(others.processors or 0.0) for question, result in found.items()}


def measure(questions: list[str], options: argparse.Namespace) -> dict[str, Result | None]:
    """Run benchmarks at the same time, and those once more that miss a bar: a program may have run beside them."""
    found = run_together(questions, options)
    for question, first in found.items():
        if first is not None and any(bar.is_beyond and not (options.quick and bar.timed) for bar in first.bars):
            print(f"{question} misses a bar: measuring once more", flush=True)
            second = run_together([question], options)[question]
            found[question] = second and second.or_earlier(first)
    return found


def measure_all(questions: Iterable[str], options: argparse.Namespace) -> dict[str, Result | None]:
    """Run benchmarks, and return their results in the same order."""
    found = dict.fromkeys(questions)
    groups = [*((question,) for question in found if question not in chain(*TOGETHER)), *TOGETHER]
    for group in groups:
        if wanted := [question for question in group if question in found]:
            found.update(measure(wanted, options))
    return found


def machine() -> list[str]:
    """Return the machine and the versions that the figures depend on."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return [
        f"{_processor()}, {cores} cores, Linux {platform.release()}; load average {load:.1f} at the start",
        f"Python {platform.python_version()}",
        f"buildkite-rest {version('buildkite-rest')}{_commit()}",
        ", ".join([*(f"{name} {version(name)}" for name in _LIBRARIES), GENERATORS.read_text(encoding="utf-8")]),
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    """Return the commit of the code, or nothing in an archive of the project."""
    if shutil.which("git") is None:
        return ""
    command = ("git", "describe", "--always", "--dirty", "--exclude=*")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return f", commit {done.stdout.strip()}" if done.returncode == 0 else ""


def write(results: list[Result], lines: list[str], by: str, report: Path, plots: Path) -> None:
    plots.mkdir(parents=True, exist_ok=True)
    for plot in (plot for result in results for plot in result.plots):
        (plots / f"{plot.name}.svg").write_text(svg(plot), encoding="utf-8")
    folder = plots.relative_to(report.parent).as_posix()
    profiles = PROFILES.read_text(encoding="utf-8")
    report.write_text(markdown(results, lines, by=by, plots=folder, profiles=profiles), encoding="utf-8")
    print(f"wrote {report.relative_to(ROOT)}")


def changes(bars: list[Bar]) -> list[tuple[Bar, float]]:
    """Return the bars whose figures are worse than in the last report, even if they are reached."""
    last = measured(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else {}
    return [(bar, last[bar.what]) for bar in bars if bar.what in last and bar.timed and bar.worse(last[bar.what])]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], metavar="name", help=", ".join(QUESTIONS))
    parser.add_argument("--tools", default=sys.executable, help="a Python with the generators and the mock server")
    parser.add_argument("--quick", action="store_true", help="only check that everything runs, without bars of time")
    options = parser.parse_args()
    if sys.platform != "linux":
        parser.error("memory and processes are measured on Linux only")
    lines = machine()
    names = options.questions or QUESTIONS
    found = measure_all(names, options)
    results = [result for result in found.values() if result is not None]
    failed = [question for question, result in found.items() if result is None]
    if options.quick:
        for result in results:
            result.bars = [bar for bar in result.bars if not bar.timed]
    by = _QUICK if options.quick else f"{_SOME} {', '.join(failed)}." if failed else _WHOLE
    bars = [bar for result in results for bar in result.bars]
    print(Table(BAR_HEAD, [bar.row() for bar in bars]))
    for bar, before in changes(bars):
        print(f"worse than in {REPORT.name}: {bar.what}: {number(bar.middle)}, not {number(before)}", file=sys.stderr)
    whole = not (options.quick or options.questions or failed)
    write(results, lines, by, *((REPORT, PLOTS) if whole else (CACHE / REPORT.name, CACHE / "plots")))
    if whole:
        performance.main()
    return int(bool(failed) or any(bar.missed for bar in bars))


if __name__ == "__main__":
    sys.exit(main())
