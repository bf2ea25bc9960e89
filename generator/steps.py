"""The steps from `spec/` to `generated/`: bundle, lint, package, import, manifest."""

import filecmp
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from attrs import evolve

from .buildkite import MARK
from .bundle import Bundle, read_bundle
from .derived import DERIVED
from .document import operations
from .errors import GenerationError, Problem
from .fragment import Pointer
from .import_check import check_imports
from .links import add_links
from .lint import lint
from .manifest import NAME, generated_files, is_generated, write_manifest
from .open_enums import mark_open_enums
from .package import write_package
from .replacement import replace_folder, uninterrupted


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
        return len(generated_files(fresh))


def check(spec: Path, out: Path) -> list[str]:
    """Regenerate into a temporary folder, and return a line for each file of `out` that differs."""
    with _Scratch(prefix="generated-") as scratch:
        return list(_differences(_generate_fresh(spec, Path(scratch)), out))


def _generate_fresh(spec: Path, scratch: Path) -> Path:
    fresh = scratch / "generated"
    bundle = load(spec)
    with located(bundle):
        write_package(bundle.document, bundle.behaviour.data, fresh)
        check_imports(fresh)
    write_manifest(fresh)
    return fresh


@contextmanager
def located(bundle: Bundle) -> Iterator[None]:
    """Replace the pointers and generated modules of problems that are raised in the `with` block by lines of files."""
    try:
        yield
    except GenerationError as error:
        raise GenerationError([_located(problem, bundle) for problem in error.problems]) from None


def _located(problem: Problem, bundle: Bundle) -> Problem:
    place = problem.location
    if isinstance(place, tuple):
        return evolve(problem, location=bundle.locate(place))
    pointer = _origin(place, bundle.document) if isinstance(place, str) else None
    if pointer is None:
        return problem
    return evolve(problem, location=bundle.locate(pointer), message=f"{place}: {problem.message}")


def _origin(module: str, document: dict[str, Any]) -> Pointer | None:
    """Return the schema or the first operation of the tag that a generated module is of."""
    path = PurePosixPath(module)
    if path.parent.name in ("models", "params"):
        name = path.stem.replace("_", "")
        found = (each for each in document["components"]["schemas"] if each.lower() == name)
        return next((("components", "schemas", each) for each in found), None)
    return next((each.pointer for each in operations(document) if path.stem in each.node["tags"]), None)


def _check_replaceable(out: Path) -> None:
    existing = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not existing.is_dir():
        raise GenerationError([Problem(existing, "output", "is not a folder")])
    if out.is_dir() and any(out.iterdir()) and not is_generated(out):
        message = f"the folder has files, but no {NAME} of an earlier run. Name a new or empty folder."
        raise GenerationError([Problem(out, "output", message)])


def _differences(fresh: Path, out: Path) -> Iterator[str]:
    expected, present = (
        {path for path in generated_files(folder) if path.name not in DERIVED} for folder in (fresh, out)
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
