"""Manifest of the generated files: their hashes, and the versions of the tools that made them."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from .profile import HEADER

NAME = "MANIFEST.json"
_ABOUT = HEADER.removeprefix("# ")
_GENERATORS = ("openapi-python-client", "datamodel-code-generator", "ruff")


def write_manifest(out: Path) -> None:
    """Write `MANIFEST.json` for all files below `out`, which has no manifest yet."""
    content = {
        "about": _ABOUT,
        "generators": {name: version(name) for name in _GENERATORS},
        "files": {
            path.as_posix(): hashlib.sha256((out / path).read_bytes()).hexdigest()
            for path in sorted(generated_files(out))
        },
    }
    (out / NAME).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def is_generated(out: Path) -> bool:
    """Return whether `out` has a manifest of this generator. A merge may have left conflict markers in it."""
    manifest = out / NAME
    return manifest.is_file() and _ABOUT in manifest.read_text(encoding="utf-8", errors="replace")


def generated_files(out: Path) -> set[Path]:
    """Return the paths in `out` of all files except those in `__pycache__`."""
    files = (path.relative_to(out) for path in out.rglob("*") if path.is_file())
    return {path for path in files if "__pycache__" not in path.parts}
