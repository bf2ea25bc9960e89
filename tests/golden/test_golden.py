"""Snapshots of what each template renders. `pytest tests/golden --update-golden` rewrites them."""

import difflib
from pathlib import Path

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"
TEMPLATES = Path(__file__).parents[2] / "generator"

# One tag stands for all.
FILES = {
    "templates/package_init.py.jinja": "__init__.py",
    "templates/lazy_init.py.jinja": "models/__init__.py",
    "templates/operations.py.jinja": "operations/tapes.py",
    "templates/operations_init.py.jinja": "operations/__init__.py",
    "templates/resources.py.jinja": "resources/robots.py",
    "templates/signatures.jinja in resources": "resources/tapes.py",
    "templates/resources_init.py.jinja": "resources/__init__.py",
    "templates/organization.py.jinja": "organization/crews.py",
    "templates/organization_init.py.jinja": "organization/__init__.py",
    "model_templates/msgspec.jinja2": "models/pairing.py",
    "model_templates/msgspec.jinja2 for a union": "models/walker.py",
    "model_templates/TypeAliasAnnotation.jinja2": "models/robot.py",
    "model_templates/TypeAliasAnnotation.jinja2 for a literal": "params/state.py",
    "model_templates/TypedDictClass.jinja2": "params/part.py",
}


@pytest.mark.parametrize("file", FILES.values(), ids=str)
def test_snapshot(file, generated, request):
    # Not `.py`, so that linters and type checkers ignore it.
    snapshot = SNAPSHOTS / f"{file}.txt"
    # Without the asynchronous class, which repeats the other one; other tests call it.
    made = (generated / file).read_text(encoding="utf-8").partition("\n\nclass AsyncRobots")[0]
    # The default is for a run of all tests, which reads the options of this folder too late.
    if request.config.getoption("--update-golden", default=False):
        snapshot.parent.mkdir(parents=True, exist_ok=True)
        snapshot.write_text(made, encoding="utf-8")
    kept = snapshot.read_text(encoding="utf-8") if snapshot.exists() else ""
    difference = difflib.unified_diff(kept.splitlines(), made.splitlines(), str(snapshot), "generated", lineterm="")
    assert kept == made, "\n".join([*difference, "If this is intended: pytest tests/golden --update-golden"])


def test_every_template_has_a_snapshot():
    templates = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.glob("*templates/*")}
    assert templates == {name.partition(" ")[0] for name in FILES if "emplates/" in name}


def test_every_snapshot_is_compared():
    kept = {path.relative_to(SNAPSHOTS).as_posix() for path in SNAPSHOTS.rglob("*") if path.is_file()}
    assert kept == {f"{file}.txt" for file in FILES.values()}
