"""Manifest of the generated folder: what it is, and the versions of the tools that made it.

It does not list files: each pull request would change the list, and `check` compares the files themselves.
"""

import json
from importlib.metadata import version
from pathlib import Path

from .buildkite import MARK, header

NAME = "MANIFEST.json"
_GENERATORS = ("openapi-python-client", "datamodel-code-generator", "ruff")


def write_manifest(out: Path) -> None:
    """Write `MANIFEST.json` to `out`."""
    content = {"about": header().removeprefix("# "), "generators": {name: version(name) for name in _GENERATORS}}
    (out / NAME).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def is_generated(out: Path) -> bool:
    """Return whether `out` has a manifest of this generator. A merge may have left conflict markers in it."""
    manifest = out / NAME
    return manifest.is_file() and MARK.removeprefix("# ") in manifest.read_text(encoding="utf-8", errors="replace")


def generated_files(out: Path) -> set[Path]:
    """Return the paths in `out` of all files except those in `__pycache__`."""
    files = (path.relative_to(out) for path in out.rglob("*") if path.is_file())
    return {path for path in files if "__pycache__" not in path.parts}
