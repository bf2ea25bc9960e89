"""The page about the spec: the table has every rule."""

import re
from pathlib import Path

from generator.lint import RULES

README = (Path(__file__).parents[3] / "spec" / "README.md").read_text(encoding="utf-8")


def test_the_tables_have_every_rule_once():
    section = README.partition("## House rules")[2].partition("These problems are found when")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(rule.__name__.replace("_", "-") for rule in RULES)
