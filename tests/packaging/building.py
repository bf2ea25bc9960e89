"""Builds of the package, as `make dist` runs them but without the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from attrs import frozen
from tests.packaging.project import ROOT

EPOCH = 1_700_000_000
SOURCES = (
    "overrides",
    "generated",
    "spec",
    "docs",
    "examples",
    "README.md",
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "pyproject.toml",
    ".gitignore",
)


@frozen
class Distributions:
    """The two published files."""

    wheel: Path
    sdist: Path


def copy_sources(to: Path, root: Path = ROOT) -> Path:
    """Copy the sources of a build to a folder, and return it."""
    to.mkdir()
    for name in SOURCES:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, to / name)
    return to


def build(source: Path, out: Path, *options: str) -> Distributions:
    """Build the folder or sdist `source` into `out`: the sdist, and the wheel from it."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *options, source]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    wheels, sdists = list(out.glob("*.whl")), list(out.glob("*.tar.gz"))
    return Distributions(wheels[0], sdists[0] if sdists else source)
