"""Formats generated Python with ruff, by settings that stand here and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .errors import GenerationError, Problem

_COMMON = ("--isolated", "--quiet", "--no-cache")
_STYLE = ("--config=line-length=120", "--config=target-version='py311'")


def format_package(package: Path) -> None:
    """Drop unused imports, sort the rest and lay out every module below `package`."""
    # F811: both generators may import one name twice. UP: aliases that only old Pythons need.
    _ruff("check", "--fix", "--select=F401,F811,I,UP037", "--unsafe-fixes", *_COMMON, *_STYLE, package)
    _ruff("format", *_COMMON, *_STYLE, package)


def _ruff(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "ruff", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise GenerationError([Problem("ruff", "format", said[0] if said else f"status {done.returncode}")])
