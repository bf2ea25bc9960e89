"""The page of dependencies."""

import re

from packaging.utils import canonicalize_name
from tests.packaging.dependencies import MAX_MB
from tests.packaging.dependency_page import PAGE
from tests.packaging.project import extras, requirements

TEXT = PAGE.read_text(encoding="utf-8")


def rows(text):
    """Return name, version and licence in each row of the tables of packages."""
    return re.findall(r"^\| ([\w.-]+) \| (\S+) \| ([^|]+) \| [\d.]+ \|$", text, re.MULTILINE)


def test_each_extra_has_a_limit_on_the_page():
    found = re.findall(r"^\| `buildkite-rest(?:\[(\w+)\])?` \| \d+ \| (\d+) MB \| (\d+) MB ", TEXT, re.MULTILINE)
    assert {extra: int(limit) for extra, _, limit in found} == MAX_MB
    assert all(int(size) <= int(limit) for _, size, limit in found)
    assert sorted(MAX_MB) == ["", *extras()]


def test_the_page_has_each_requirement():
    named = {canonicalize_name(name) for name, _, _ in rows(TEXT)}
    assert {canonicalize_name(requirement.name) for requirement in requirements()} <= named
