"""Runs all benchmarks and writes `BENCHMARKS.md`: `python -m tests.benchmarks`, or with the names of some.

Ends with status 1 when a bar is missed or a benchmark fails. Only a full run writes the report into the project.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import msgspec

from .lab import environment
from .places import CACHE, PLOTS, REMAINS, REPORT, ROOT
from .plot import svg
from .report import BAR_HEAD, Answer, Table, markdown

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
_LIBRARIES = ("httpx", "httpx2", "msgspec", "pydantic", "pybuildkite", "requests")
_LONGEST = 600


def ask(question: str, options: argparse.Namespace) -> Answer | None:
    """Run one benchmark in a process of its own. Return None when it fails."""
    command = [sys.executable, "-m", f"{__package__}.ask", question, "--tools", options.tools]
    start = time.perf_counter()
    print(f"{question} …", flush=True)
    done = subprocess.run(
        [*command, *(["--quick"] if options.quick else [])],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        timeout=_LONGEST,
        check=False,
    )
    if done.returncode:
        print(f"{question} failed:\n{done.stderr.decode(errors='replace')[-3000:]}", file=sys.stderr)
        return None
    answer = msgspec.json.decode(done.stdout, type=Answer)
    print(f"  {answer.says} ({time.perf_counter() - start:.0f} s)", flush=True)
    return answer


def machine(load: tuple[float, float, float] | None) -> list[str]:
    """Return what the figures depend on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    busy = f"; load average {load[0]:.1f} when it began" if load else ""
    generators = "openapi-python-client and datamodel-code-generator as pinned in `pyproject.toml`"
    return [
        f"{_processor()}, {cores} cores, {platform.system()}{busy}",
        f"Python {platform.python_version()}",
        f"{', '.join(f'{name} {version(name)}' for name in _LIBRARIES)}, {generators}",
    ]


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(answers: list[Answer], described: list[str], report: Path, plots: Path) -> None:
    plots.mkdir(parents=True, exist_ok=True)
    for plot in (plot for answer in answers for plot in answer.plots):
        (plots / f"{plot.name}.svg").write_text(svg(plot), encoding="utf-8")
    folder = plots.relative_to(report.parent).as_posix()
    remains = REMAINS.read_text(encoding="utf-8")
    report.write_text(markdown(answers, described, plots=folder, remains=remains), encoding="utf-8")
    print(f"wrote {report.relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], metavar="name", help=", ".join(QUESTIONS))
    parser.add_argument("--tools", default=sys.executable, help="a Python that has the generators and the mock server")
    parser.add_argument("--quick", action="store_true", help="only try whether everything runs; no bars")
    options = parser.parse_args()
    described = machine(os.getloadavg() if hasattr(os, "getloadavg") else None)
    names = options.questions or QUESTIONS
    found = [ask(question, options) for question in names]
    answers = [answer for answer in found if answer is not None]
    if options.quick:
        for answer in answers:
            answer.bars.clear()
    whole = not options.quick and not options.questions
    write(answers, described, *((REPORT, PLOTS) if whole else (CACHE / REPORT.name, CACHE / "plots")))
    failed = len(answers) < len(found)
    if options.quick:
        return int(failed)
    bars = [bar for answer in answers for bar in answer.bars]
    print(Table(BAR_HEAD, [bar.row() for bar in bars]))
    return int(failed or any(bar.missed for bar in bars))


if __name__ == "__main__":
    sys.exit(main())
