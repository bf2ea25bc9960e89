"""CONTRIBUTING.md names the folders of tests/ and the targets of the Makefile."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_all_folders_of_tests_are_listed():
    (row,) = re.findall(r"^\| `tests/` \|.*$", PAGE, re.MULTILINE)
    found = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert set(re.findall(r"`(\w+)/`", row.partition("|")[2].partition("|")[2])) == found


def test_named_targets_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"`make ([a-z-]+)", PAGE)
    assert named
    assert set(named) <= set(targets)
