"""Manifest of the generated files: their hashes, and the versions of the tools that made them."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from .header import HEADER

NAME = "MANIFEST.json"
_ABOUT = HEADER.removeprefix("# ")
_GENERATORS = ("openapi-python-client", "datamodel-code-generator", "ruff")


def write_manifest(out: Path) -> None:
    """Write `MANIFEST.json` for all files below `out`."""
    files = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in generated_files(out)
    }
    content = {
        "about": _ABOUT,
        "generators": {name: version(name) for name in _GENERATORS},
        "files": files,
    }
    (out / NAME).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def is_generated(out: Path) -> bool:
    """Return whether `out` has a manifest of this generator. A merge may have left conflict markers in it."""
    manifest = out / NAME
    return manifest.is_file() and _ABOUT in manifest.read_text(encoding="utf-8", errors="replace")


def generated_files(out: Path) -> list[Path]:
    """Return all files below `out` except the manifest and `__pycache__`."""
    return sorted(
        path for path in out.rglob("*") if path.is_file() and path != out / NAME and "__pycache__" not in path.parts
    )
