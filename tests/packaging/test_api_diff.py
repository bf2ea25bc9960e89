"""Breaking changes of the package are found."""

import shutil

import griffe
from tests.packaging.api_diff import FOLDERS, breakages, read_package
from tests.packaging.project import ROOT

EDITS = {
    "generated/_buildkite_rest/models/job_agent.py": ("    hostname: ", "    _hostname: "),
    "generated/_buildkite_rest/resources/agents.py": ("    def stop(self", "    def _stop(self"),
    "overrides/buildkite_rest/urls.py": (
        "def parse(url: str, kind: type[B",
        "def parse(text: str, kind: type[B",
    ),
}


def test_changes_that_make_code_fail_are_found(tmp_path):
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "openapi*"))
    for file, (old, new) in EDITS.items():
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    before, after = (read_package(griffe.load, tuple(root / each for each in FOLDERS)) for root in (ROOT, tmp_path))
    assert breakages(before, before) == []
    assert breakages(before, after) == [
        "- `Agent.hostname`: *Public object was removed*",
        "- `Agents.stop`: *Public object was removed*",
        "- `JobAgent.hostname`: *Public object was removed*",
        "- `parse(text)`: *Parameter was added as required*",
        "- `parse(url)`: *Parameter was removed*",
    ]
