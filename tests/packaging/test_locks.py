"""Locks of the development environments."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.packaging.project import LOCKS, ROOT, locked, pyproject


def group(name):
    for each in pyproject()["dependency-groups"][name]:
        yield from group(each["include-group"]) if isinstance(each, dict) else [Requirement(each)]


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_has_a_hash_for_each_package_and_no_address(path):
    text = path.read_text(encoding="utf-8")
    packages = re.findall(r"^\w.*(?:\n .*)+", text, re.MULTILINE)
    assert packages
    assert [each for each in packages if "==" not in each or "--hash=sha256:" not in each] == []
    assert not re.search(r"://|^-|/tmp/|" + re.escape(str(ROOT)), text, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_has_what_its_group_requires(path):
    """It is out of date otherwise: run `make lock`."""
    found = locked(path.stem)
    required = [*group(path.stem)]
    if path.stem == "dev":
        project = pyproject()["project"]
        lists = [project["dependencies"], *(project["optional-dependencies"][name] for name in ("mock", "conformance"))]
        required += [Requirement(line) for lines in lists for line in lines if "buildkite-rest" not in line]
    applicable = [each for each in required if each.marker is None or each.marker.evaluate()]
    wrong = [each for each in applicable if found.get(canonicalize_name(each.name), "0") not in each.specifier]
    assert applicable
    assert [*map(str, wrong)] == []
