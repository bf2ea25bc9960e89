"""Time and repeatability of generating `generated/`."""

from __future__ import annotations

import filecmp
import os
import tempfile
from pathlib import Path

from ..lab import Lab, run
from ..measure import number
from ..paths import ROOT
from ..report import Bar, Result, Table


def files(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def differing(one: Path, other: Path) -> int:
    """Return how many files are missing in one of the folders, or differ."""
    names = files(one) | files(other)
    same, _, _ = filecmp.cmpfiles(one, other, map(str, names), shallow=False)
    return len(names) - len(same)


def measure(lab: Lab) -> Result:
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as scratch:
        outs = [Path(scratch) / str(index) for index in range(lab.rounds(2).most)]
        for out in outs:
            finished = run(lab.tools.absolute(), "-m", "generator", "generate", "--out", out)
            walls.append(finished.wall)
            cpus.append(finished.cpu)
        between = max(differing(outs[0], out) for out in outs)
        committed = differing(outs[0], ROOT / "generated")
        count = len(files(outs[0]))
    cores = len(os.sched_getaffinity(0))
    runs = enumerate(zip(walls, cpus, strict=True), start=1)
    rows = [[str(index), number(wall), number(cpu)] for index, (wall, cpu) in runs]
    same = "with the same bytes each time" if not between else f"and {between} of them differ between runs"
    return Result(
        question="How long does it take to regenerate?",
        summary=f"All {count} files are generated from the spec in {min(walls):.1f} s on {cores} cores, {same}.",
        tables=[Table(["run", "s", "processor s"], rows)],
        bars=[
            Bar("regeneration, best run", min(walls), 15, "s"),
            Bar("files that differ between runs", between, 0, timed=False),
            Bar("files that differ from `generated/`", committed, 0, timed=False),
        ],
    )
