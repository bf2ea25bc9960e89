"""The pages about the spec: the table has every rule, and the complete fragment passes them."""

import re
import shutil
from pathlib import Path

import pytest
from generator.bundle import read_bundle
from generator.lint import RULES, lint

ROOT = Path(__file__).parents[3]
README = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")


def test_the_tables_have_every_rule_once():
    section = README.partition("## House rules")[2].partition("These problems are found when")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(rule.__name__.replace("_", "-") for rule in RULES)


@pytest.mark.exhaustive  # lints the whole spec, as other tests do
def test_the_complete_fragment_passes_with_the_additions_that_the_page_names(tmp_path):
    spec = tmp_path / "spec"
    shutil.copytree(ROOT / "spec", spec)
    [fragment] = re.findall(r"```yaml\n(paths:\n.*?)```", README, re.DOTALL)
    (spec / "resources" / "lockers.yaml").write_text(fragment, encoding="utf-8")
    root = (spec / "openapi.yaml").read_text(encoding="utf-8")
    assert "`read_lockers` and `write_lockers` in `x-scopes` of the security scheme" in README
    for old, new in (
        ("\ntags:\n", "\ntags:\n  - {name: lockers, description: Boxes.}\n"),
        ("      x-scopes: [\n", "      x-scopes: [\n        read_lockers, write_lockers,\n"),
    ):
        assert root.count(old) == 1, old
        root = root.replace(old, new)
    (spec / "openapi.yaml").write_text(root, encoding="utf-8")
    assert lint(read_bundle(spec)) == []
