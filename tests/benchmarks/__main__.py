"""Runs all benchmarks and writes `BENCHMARKS.md`: `python -m tests.benchmarks`, or with the names of some.

Ends with status 1 when a bar is missed or a benchmark fails. Only a full run in which none fails writes the report into
the project. Needs Linux.
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
from importlib.metadata import version
from pathlib import Path

import msgspec

from .lab import environment
from .measure import number
from .places import CACHE, GENERATORS, PLOTS, REMAINS, REPORT, ROOT
from .plot import svg
from .report import BAR_HEAD, Answer, Bar, Table, markdown, measured

QUESTIONS = (
    "decode",
    "calls",
    "imports",
    "first_call",
    "listing",
    "prefetch",
    "concurrency",
    "download",
    "iteration",
    "peak_memory",
    "regeneration",
    "mock",
)
_LIBRARIES = ("httpx", "httpx2", "httpcore", "h11", "msgspec", "pydantic", "pybuildkite", "requests")
_LONGEST = 600
_WHOLE = "Written by `make bench`, which fails when a bar is missed."
_QUICK = "Written by a quick run, which only tries whether everything runs: the figures mean nothing."
_SOME = "Written by a run that has failed, since these ended with an error:"


def ask(question: str, options: argparse.Namespace) -> Answer | None:
    """Run one benchmark in a process of its own. Return None when it fails."""
    command = [sys.executable, "-m", f"{__package__}.ask", question, "--tools", options.tools]
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
            errors = f"it took longer than {_LONGEST} s".encode()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and the servers that it has started
    if process.returncode:
        print(f"{question} failed:\n{errors.decode(errors='replace')[-3000:]}", file=sys.stderr)
        return None
    answer = msgspec.json.decode(output, type=Answer)
    print(f"  {answer.says} ({time.perf_counter() - start:.0f} s)", flush=True)
    return answer


def machine() -> list[str]:
    """Return what the figures depend on."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return [
        f"{_processor()}, {cores} cores, Linux {platform.release()}; load average {load:.1f} when it began",
        f"Python {platform.python_version()}",
        f"buildkite-rest {version('buildkite-rest')}{_commit()}",
        ", ".join([*(f"{name} {version(name)}" for name in _LIBRARIES), GENERATORS.read_text(encoding="utf-8")]),
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    """Return of which commit the code is. An archive of the project does not know."""
    if shutil.which("git") is None:
        return ""
    command = ("git", "describe", "--always", "--dirty", "--exclude=*")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return f", commit {done.stdout.strip()}" if done.returncode == 0 else ""


def write(answers: list[Answer], described: list[str], by: str, report: Path, plots: Path) -> None:
    plots.mkdir(parents=True, exist_ok=True)
    for plot in (plot for answer in answers for plot in answer.plots):
        (plots / f"{plot.name}.svg").write_text(svg(plot), encoding="utf-8")
    folder = plots.relative_to(report.parent).as_posix()
    remains = REMAINS.read_text(encoding="utf-8")
    report.write_text(markdown(answers, described, by=by, plots=folder, remains=remains), encoding="utf-8")
    print(f"wrote {report.relative_to(ROOT)}")


def changes(bars: list[Bar]) -> list[tuple[Bar, float]]:
    """Return the bars whose figures are worse than in the last report, although they may still be reached."""
    last = measured(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else {}
    return [(bar, last[bar.what]) for bar in bars if bar.what in last and bar.timed and bar.worse(last[bar.what])]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], metavar="name", help=", ".join(QUESTIONS))
    parser.add_argument("--tools", default=sys.executable, help="a Python that has the generators and the mock server")
    parser.add_argument("--quick", action="store_true", help="only try whether everything runs; no bars of time")
    options = parser.parse_args()
    if sys.platform != "linux":
        parser.error("memory and processes are measured on Linux only")
    described = machine()
    names = options.questions or QUESTIONS
    found = {question: ask(question, options) for question in names}
    answers = [answer for answer in found.values() if answer is not None]
    failed = [question for question, answer in found.items() if answer is None]
    if options.quick:
        for answer in answers:
            answer.bars = [bar for bar in answer.bars if not bar.timed]
    by = _QUICK if options.quick else f"{_SOME} {', '.join(failed)}." if failed else _WHOLE
    bars = [bar for answer in answers for bar in answer.bars]
    print(Table(BAR_HEAD, [bar.row() for bar in bars]))
    for bar, before in changes(bars):
        print(f"worse than in {REPORT.name}: {bar.what}: {number(bar.middle)}, not {number(before)}", file=sys.stderr)
    whole = not (options.quick or options.questions or failed)
    write(answers, described, by, *((REPORT, PLOTS) if whole else (CACHE / REPORT.name, CACHE / "plots")))
    return int(bool(failed) or any(bar.missed for bar in bars))


if __name__ == "__main__":
    sys.exit(main())
