"""Settings of a run, and child processes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs

from .measure import Rounds
from .paths import MADE, ROOT


@attrs.frozen
class Lab:
    """Settings of a run.

    Args:
        quick: Only check that everything runs.
    """

    quick: bool

    def rounds(self, least: int, most: int | None = None) -> Rounds:
        """Return the number of rounds, by default always `least`."""
        return Rounds(1, 1) if self.quick else Rounds(least, most or least)


def environment() -> dict[str, str]:
    """Return the environment of measured processes. They keep their bytecode, as usual."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**variables, "PYTHONPATH": str(MADE)}


@attrs.frozen
class Finished:
    """A finished process: seconds and output."""

    wall: float
    cpu: float
    output: str


def run(*command: str | Path, cwd: Path = ROOT) -> Finished:
    """Run a command and measure it. Raises `RuntimeError` with its error output when it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment(), cwd=cwd, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command[-1]} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Finished(wall, cpu, done.stdout)


def in_child(function: str, *arguments: object) -> Any:
    """Call `module:function` of this package in a process of its own, and return its result."""
    command = [sys.executable, "-m", f"{__package__}.child", function, json.dumps(arguments)]
    return json.loads(run(*command).output)
