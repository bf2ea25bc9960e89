"""The page of dependencies, and the rules for licences."""

import re

import pytest
from packaging.utils import canonicalize_name
from tests.packaging.dependencies import MAX_MB, Package, is_permissive, licence, licence_problem
from tests.packaging.dependency_page import PAGE, added, page
from tests.packaging.project import extras, requirements

TEXT = PAGE.read_text(encoding="utf-8")


def rows(text):
    """Return name, version and licence in each row of the tables of packages."""
    return re.findall(r"^\| ([\w.-]+) \| (\S+) \| ([^|]+) \| [\d.]+ \|$", text, re.MULTILINE)


def package(name, licence="MIT", size=1_500_000, version="1.2"):
    return Package(name, version, licence, size)


def test_each_extra_has_a_limit_on_the_page():
    found = re.findall(r"^\| `buildkite-rest(?:\[(\w+)\])?` \| \d+ \| (\d+) MB \| (\d+) MB ", TEXT, re.MULTILINE)
    assert {extra: int(limit) for extra, _, limit in found} == MAX_MB
    assert all(int(size) <= int(limit) for _, size, limit in found)
    assert sorted(MAX_MB) == ["", *extras()]


def test_the_page_has_each_requirement():
    named = {canonicalize_name(name) for name, _, _ in rows(TEXT)}
    assert {canonicalize_name(requirement.name) for requirement in requirements()} <= named


def test_a_package_is_listed_with_the_extra_that_adds_it():
    bills = {extra: [package("buildkite-rest")] for extra in MAX_MB}
    for extra in ("mock", "browser", "conformance"):
        bills[extra] = [*bills[extra], package("uvicorn", "BSD-3-Clause", 2_000_000)]
    bills["browser"] = [*bills["browser"], package("swagger")]
    assert [[each.name for each in added(bills, extra)] for extra in ("mock", "browser")] == [["uvicorn"], ["swagger"]]
    text = page(bills)
    assert rows(text) == [
        ("buildkite-rest", "1.2", "MIT"),
        ("uvicorn", "1.2", "BSD-3-Clause"),
        ("swagger", "1.2", "MIT"),
    ]
    assert "| `buildkite-rest[browser]` | 3 | 5 MB | 82 MB | swagger 1.5 |" in text


def test_a_package_that_an_extra_installs_in_another_version_is_listed():
    bills = {extra: [package("buildkite-rest"), package("uvicorn")] for extra in MAX_MB}
    bills["conformance"] = [package("buildkite-rest"), package("uvicorn", version="1.1"), package("rich", size=100_000)]
    text = page(bills)
    section = text.partition("### The extra `conformance`")[2]
    assert section.startswith("\n\nIn addition to those of `mock`, or in another version:\n")
    assert rows(section) == [("uvicorn", "1.1", "MIT"), ("rich", "1.2", "MIT")]
    assert text.count("another version") == 1
    assert "| 3 | 3 MB | 115 MB | rich 0.1 |" in text  # uvicorn is no addition


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ([{"license": {"id": "MIT"}}], "MIT"),
        ([{"expression": "Apache-2.0 OR BSD-3-Clause"}], "Apache-2.0 OR BSD-3-Clause"),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "GPL-3.0-only"}}], "MIT AND GPL-3.0-only"),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "License :: OSI Approved :: MIT License"}}], "MIT"),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], "BSD"),
        ([{"license": {"name": "see the file"}}], ""),
        ([], ""),
    ],
)
def test_the_licence_is_the_declared_one(licences, expected):
    assert licence({"licenses": licences}) == expected


@pytest.mark.parametrize(
    ("expression", "permissive"),
    [
        ("MIT", True),
        ("MIT AND Apache-2.0", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only OR ISC", True),
        ("GPL-3.0-only", False),
        ("(MIT OR ISC) AND LGPL-3.0-only", False),
        ("", False),
    ],
)
def test_permissive_licences(expression, permissive):
    assert is_permissive(expression) == permissive


def test_the_mpl_is_accepted_for_named_packages_only():
    assert licence_problem(package("certifi", "MPL-2.0")) is None
    assert licence_problem(package("another", "MPL-2.0")) == "another 1.2 has the licence MPL-2.0"
    assert licence_problem(package("certifi", "GPL-3.0-only")) is not None
    assert licence_problem(package("another", "")) == "another 1.2 has the licence unknown"
