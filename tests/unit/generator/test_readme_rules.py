"""The pages about the spec: the table has every rule, and the complete fragment passes them."""

import re
import shutil
from pathlib import Path

import pytest
from generator.bundle import read_bundle
from generator.errors import GenerationError
from generator.lint import RULES, lint
from generator.steps import generate
from tests.unit.generator.spec_fixture import edit

ROOT = Path(__file__).parents[3]
FRAGMENT = "resources/lockers.yaml"
README = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")


def test_the_tables_have_every_rule_once():
    section = README.partition("## House rules")[2].partition("These problems are found when")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(rule.__name__.replace("_", "-") for rule in RULES)


@pytest.fixture
def spec(tmp_path):
    """The spec with the complete fragment, and with the additions that the page names."""
    spec = tmp_path / "spec"
    shutil.copytree(ROOT / "spec", spec)
    [fragment] = re.findall(r"```yaml\n(paths:\n.*?)```", README, re.DOTALL)
    (spec / FRAGMENT).write_text(fragment, encoding="utf-8")
    assert "`read_lockers` and `write_lockers` in `x-scopes` of the security scheme" in README
    edit(spec, "openapi.yaml", "\ntags:\n", "\ntags:\n  - {name: lockers, description: Boxes.}\n")
    edit(spec, "openapi.yaml", "      x-scopes: [\n", "      x-scopes: [\n        read_lockers, write_lockers,\n")
    return spec


@pytest.mark.exhaustive  # lints the whole spec, as other tests do
def test_the_complete_fragment_passes(spec):
    assert lint(read_bundle(spec)) == []


@pytest.mark.exhaustive  # generates the whole package
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "pin: {description: Number that opens the locker. Null",
            "org: {description: Number that opens the locker. Null",
        ),
        ("Locker", "Meta"),
    ],
    ids=["argument", "schema"],
)
def test_the_page_has_the_errors_of_the_generated_code(old, new, spec, tmp_path):
    path = spec / FRAGMENT
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(rf"\b{re.escape(old)}(?=[:' ])", new, text), encoding="utf-8")
    with pytest.raises(GenerationError) as raised:
        generate(spec, tmp_path / "out")
    assert str(raised.value).replace(f"{tmp_path}/", "") in README.splitlines()
