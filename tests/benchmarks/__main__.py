"""Run all benchmarks and write `BENCHMARKS.md`: `python -m tests.benchmarks`.

With the names of some, only these run. Exits with status 1 when a bar is missed or a benchmark fails. Only a full run
without failures writes the report into the project. Needs Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import msgspec

from .lab import environment
from .paths import CACHE, GENERATORS, REPORT, ROOT
from .report import BAR_HEAD, Result, Table, markdown

QUESTIONS = ("decode", "calls", "imports", "first_call", "bulk", "download", "iteration")
_LIBRARIES = ("httpx", "httpx2", "httpcore", "h11", "msgspec", "pydantic", "pybuildkite", "requests")
_LONGEST = 600
_WHOLE = "Written by `make bench`, which fails when a bar is missed."
_QUICK = "Written by a quick run, which only checks that everything runs: the figures are meaningless."
_SOME = "Written by a run that failed, because these benchmarks ended with an error:"


def run(question: str, options: argparse.Namespace) -> Result | None:
    """Run one benchmark in a process of its own. Return None when it fails."""
    command = [sys.executable, "-m", f"{__package__}.one", question, *(["--quick"] if options.quick else [])]
    start = time.perf_counter()
    print(f"{question} …", flush=True)
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
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
    if options.quick:
        result.bars = [bar for bar in result.bars if not bar.timed]
    print(f"  {result.summary} ({time.perf_counter() - start:.0f} s)", flush=True)
    return result


def measure(question: str, options: argparse.Namespace) -> Result | None:
    """Run a benchmark, and once more if it misses a bar: a program may have run beside it."""
    first = run(question, options)
    if first is None or not any(bar.missed for bar in first.bars):
        return first
    print(f"{question} misses a bar: measuring once more", flush=True)
    second = run(question, options)
    return second and second.or_earlier(first)


def machine() -> list[str]:
    """Return the machine and the versions that the figures depend on."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    described = Path("/proc/cpuinfo").read_text().partition("model name")[2]
    processor = described.partition("\n")[0].strip("\t: ") or platform.machine()
    command = ("git", "describe", "--always", "--dirty", "--exclude=*")
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return [
        f"{processor}, {cores} cores, Linux {platform.release()}; load average {load:.1f} at the start",
        f"Python {platform.python_version()}",
        f"buildkite-rest {version('buildkite-rest')}, commit {commit or 'unknown'}",
        ", ".join([*(f"{name} {version(name)}" for name in _LIBRARIES), GENERATORS.read_text(encoding="utf-8")]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], metavar="name", help=", ".join(QUESTIONS))
    parser.add_argument("--quick", action="store_true", help="only check that everything runs, without bars of time")
    options = parser.parse_args()
    if sys.platform != "linux":
        parser.error("memory and processes are measured on Linux only")
    lines = machine()
    found = {question: measure(question, options) for question in options.questions or QUESTIONS}
    results = [result for result in found.values() if result is not None]
    failed = [question for question, result in found.items() if result is None]
    by = _QUICK if options.quick else f"{_SOME} {', '.join(failed)}." if failed else _WHOLE
    bars = [bar for result in results for bar in result.bars]
    print(Table(BAR_HEAD, [bar.row() for bar in bars]))
    report = CACHE / REPORT.name if options.quick or options.questions or failed else REPORT
    report.write_text(markdown(results, lines, by), encoding="utf-8")
    print(f"wrote {report.relative_to(ROOT)}")
    return int(bool(failed) or any(bar.missed for bar in bars))


if __name__ == "__main__":
    sys.exit(main())
