"""Formatting of the generated Python with ruff. Only the settings in this module apply."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .errors import GenerationError, Problem

_COMMON = ("--isolated", "--quiet", "--no-cache")
_STYLE = ("--config=line-length=120", "--config=target-version='py311'")


def format_package(package: Path) -> None:
    """Remove unused imports, sort the others and format every module below `package`."""
    # F811: a module may import a name twice. UP037: quoted annotations.
    _ruff("check", "--fix", "--select=F401,F811,I,UP037", "--unsafe-fixes", *_COMMON, *_STYLE, package)
    _ruff("format", *_COMMON, *_STYLE, package)


def _ruff(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "ruff", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or [f"exit status {done.returncode}"]
        raise GenerationError([Problem("ruff", "format", lines[0])])
