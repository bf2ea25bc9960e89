"""Import of the generated modules before they replace the old ones."""

import json
import shutil

import pytest
from generator.errors import GenerationError
from generator.import_check import check_imports
from generator.package import write_package
from generator.steps import load
from tests.unit.generator.spec_fixture import ROOT

FLYER = "_buildkite_rest/models/flyer.py"


def test_fresh_output_can_be_imported(generated):
    check_imports(generated)


@pytest.mark.parametrize(
    "version",
    [r"""1.2.'"\3""", *(pytest.param(each, marks=pytest.mark.exhaustive) for each in ('1.2."3', r"1.2.\3", "1.2.'3"))],
)
def test_a_version_may_have_any_characters(version, edited, tmp_path):
    bundle = load(edited((ROOT, "version: 1.2.3", f"version: {json.dumps(version)}")))
    write_package(bundle.document, {}, tmp_path)
    scope = {}
    exec((tmp_path / "_buildkite_rest/__init__.py").read_text(encoding="utf-8"), scope)
    assert scope["SPEC_VERSION"] == version


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (FLYER, "import moons", f"{FLYER}: the generated module fails: ModuleNotFoundError: No module named 'moons'"),
        (FLYER, "raise SystemExit", f"{FLYER}: the generated module fails: SystemExit: "),
        (FLYER, "def", f"{FLYER}: the generated module fails: SyntaxError: "),
        (FLYER, "Flyer.__annotations__['wings'] = 'Wings'", "NameError: name 'Wings' is not defined"),
        ("_buildkite_rest/params/part.py", "Part.__annotations__['parts'] = 'Parts'", "NameError: name 'Parts'"),
        ("_buildkite_rest/operations/robots.py", "del DELETE_ROBOT", "operations/__init__.py: "),
    ],
)
def test_a_module_that_fails_is_reported(file, text, message, generated, tmp_path):
    out = shutil.copytree(generated, tmp_path / "out", ignore=shutil.ignore_patterns("__pycache__"))
    with (out / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{text}\n")
    with pytest.raises(GenerationError) as caught:
        check_imports(out)
    assert any(message in str(problem) for problem in caught.value.problems)
    assert not list(out.rglob("__pycache__"))
