"""Load test of the mock server: the output of `tests.benchmarks.mock_load`."""

from __future__ import annotations

import subprocess

from ..lab import Lab
from ..mock_load import MISSED
from ..paths import ROOT
from ..report import Bar, Result


def measure(lab: Lab) -> Result:
    requests = "500" if lab.quick else "50000"
    command = [lab.tools.absolute(), "-m", "tests.benchmarks.mock_load", "--requests", requests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, MISSED):
        raise RuntimeError(f"the load test ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return Result(
        question="How many requests does the mock server handle?",
        summary="It misses a bar."
        if done.returncode
        else "So many that tests do not wait for it. Its memory does not grow.",
        notes=[f"```\n{done.stdout.strip()}\n```"],
        bars=[Bar("bars of the mock server that are missed", float(done.returncode != 0), 0)],
    )
