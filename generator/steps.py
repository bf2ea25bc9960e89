"""The steps from `spec/` to `generated/`: bundle, lint, package, manifest."""

import filecmp
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve

from .additions import add_links, mark_open_enums
from .buildkite import MARK, header
from .bundle import Bundle, read_bundle
from .derived import DERIVED
from .errors import GenerationError, Problem
from .lint import lint
from .package import write_package
from .replacement import replace_folder, uninterrupted

_MANIFEST = "MANIFEST.json"
_GENERATORS = ("openapi-python-client", "datamodel-code-generator", "ruff")


class _Scratch(TemporaryDirectory[str]):
    """A temporary folder that is removed as a whole, even if the process is interrupted meanwhile."""

    def cleanup(self) -> None:
        with uninterrupted():
            super().cleanup()


def load(spec: Path) -> Bundle:
    """Bundle and lint the spec, and add OpenAPI links and marks of open enumerations.

    Raises:
        GenerationError: The spec has problems, all of which are in it.
    """
    bundle = read_bundle(spec)
    if problems := lint(bundle):
        raise GenerationError(problems)
    add_links(bundle.document)
    mark_open_enums(bundle.document)
    return bundle


def generate(spec: Path, out: Path) -> int:
    """Rewrite `out` from `spec` and return the number of files. If anything fails or stops it, `out` is unchanged.

    Everything in `out` is replaced, so it must be new, empty or the output of an earlier run.
    """
    _check_replaceable(out)
    with _Scratch(prefix="generated-") as scratch:
        fresh = _generate_fresh(spec, Path(scratch))
        replace_folder(out.resolve(), fresh)
        return len(_generated_files(fresh))


def check(spec: Path, out: Path) -> list[str]:
    """Regenerate into a temporary folder, and return a line for each file of `out` that differs."""
    with _Scratch(prefix="generated-") as scratch:
        return list(_differences(_generate_fresh(spec, Path(scratch)), out))


def _generate_fresh(spec: Path, scratch: Path) -> Path:
    fresh = scratch / "generated"
    bundle = load(spec)
    try:
        write_package(bundle.document, bundle.behaviour.data, fresh)
    except GenerationError as error:
        raise GenerationError([_located(problem, bundle) for problem in error.problems]) from None
    _write_manifest(fresh)
    return fresh


def _located(problem: Problem, bundle: Bundle) -> Problem:
    """Replace the pointer of a problem by the line of a file."""
    place = problem.location
    return evolve(problem, location=bundle.locate(place)) if isinstance(place, tuple) else problem


def _write_manifest(out: Path) -> None:
    """Write the manifest: what the folder is, and the versions of the tools that made it.

    It does not list files: each pull request would change the list, and `check` compares the files themselves.
    """
    content = {"about": header().removeprefix("# "), "generators": {name: version(name) for name in _GENERATORS}}
    (out / _MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _is_generated(out: Path) -> bool:
    """Return whether `out` has a manifest of this generator. A merge may have left conflict markers in it."""
    manifest = out / _MANIFEST
    return manifest.is_file() and MARK.removeprefix("# ") in manifest.read_text(encoding="utf-8", errors="replace")


def _generated_files(out: Path) -> set[Path]:
    """Return the paths in `out` of all files except those in `__pycache__`."""
    files = (path.relative_to(out) for path in out.rglob("*") if path.is_file())
    return {path for path in files if "__pycache__" not in path.parts}


def _check_replaceable(out: Path) -> None:
    existing = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not existing.is_dir():
        raise GenerationError([Problem(existing, "output", "is not a folder")])
    if out.is_dir() and any(out.iterdir()) and not _is_generated(out):
        message = f"the folder has files, but no {_MANIFEST} of an earlier run. Name a new or empty folder."
        raise GenerationError([Problem(out, "output", message)])


def _differences(fresh: Path, out: Path) -> Iterator[str]:
    expected, present = (
        {path for path in _generated_files(folder) if path.name not in DERIVED} for folder in (fresh, out)
    )
    for path in sorted(expected | present):
        if path not in present:
            yield f"{out / path}: missing. Run `make generate`."
        elif path not in expected:
            yield f"{out / path}: not generated from the spec. Remove it."
        elif not filecmp.cmp(fresh / path, out / path, shallow=False):
            yield f"{out / path}: differs from the output for spec/. Run `make generate`."
        elif path.suffix != ".json" and not (out / path).read_text(encoding="utf-8").startswith(MARK):  # no comments
            yield f"{out / path}: the @generated header is missing."
