"""How many requests the mock server answers: what `tests.benchmarks.mock_load` finds, in its own words."""

from __future__ import annotations

import subprocess

from ..lab import Lab
from ..mock_load import MISSED
from ..places import ROOT
from ..report import Answer, Bar


def ask(lab: Lab) -> Answer:
    requests = "500" if lab.quick else "100000"
    command = [lab.tools.absolute(), "-m", "tests.benchmarks.mock_load", "--requests", requests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, MISSED):
        raise RuntimeError(f"the load on the mock server ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return Answer(
        question="How many requests does the mock server answer?",
        says="It misses a bar."
        if done.returncode
        else "So many that tests do not wait for it; its memory does not grow.",
        notes=[f"```\n{done.stdout.strip()}\n```"],
        bars=[Bar("bars of the mock server that are missed", float(done.returncode != 0), 0)],
    )
