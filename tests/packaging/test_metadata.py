"""Metadata that a package index shows."""

import ast
import email
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.packaging.project import ROOT, extras, pyproject, requirements
from trove_classifiers import classifiers

from buildkite_rest import __version__

OURS = {"buildkite_rest", "_buildkite_rest"}
UNDECLARED = {"cryptography", "pydantic-core"}
"""Packages that come with an extra of a dependency, `PyJWT[crypto]`, or that the caller has imported: pydantic."""


@pytest.fixture(scope="module")
def metadata(distributions) -> Message:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(wheel.read(name))


def imports(path: Path) -> Iterator[str]:
    """Yield the top-level names of the absolute imports of a module."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def names_and_ranges(found: list[Requirement]) -> set[tuple[str, str]]:
    return {(canonicalize_name(requirement.name), str(requirement.specifier)) for requirement in found}


def test_name_and_version(metadata, distributions):
    assert (metadata["Name"], metadata["Version"]) == ("buildkite-rest", __version__)
    assert str(Version(__version__)) == __version__
    assert distributions.wheel.name == f"buildkite_rest-{__version__}-py3-none-any.whl"
    assert distributions.sdist.name == f"buildkite_rest-{__version__}.tar.gz"


def test_the_licence_is_an_expression_with_its_text(metadata):
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert not [name for name in metadata.get_all("Classifier") if name.startswith("License ::")]


def test_every_classifier_exists(metadata):
    assert set(metadata.get_all("Classifier")) <= classifiers


def test_the_classifiers_match_the_required_python(metadata):
    prefix = "Programming Language :: Python :: 3."
    named = [name.rpartition(" ")[2] for name in metadata.get_all("Classifier") if name.startswith(prefix)]
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    accepted = SpecifierSet(metadata["Requires-Python"])
    assert all(version in accepted for version in named)
    assert "3.10" not in accepted


def test_extras_and_requirements_are_those_declared(metadata):
    assert sorted(metadata.get_all("Provides-Extra")) == extras()
    found = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    assert names_and_ranges(found) == names_and_ranges(requirements())


@pytest.mark.parametrize(
    ("folders", "extras"),
    [
        (["generated/_buildkite_rest", "overrides/buildkite_rest"], []),
        (["overrides/buildkite_rest/mock"], ["mock"]),
        (["overrides/buildkite_rest/conformance"], ["mock", "conformance"]),
    ],
    ids=["package", "mock", "conformance"],
)
def test_imports_are_declared(folders, extras):
    """A package that only another dependency requires may disappear."""
    lines = pyproject()["project"]["dependencies"]
    lines = [*lines, *(line for extra in extras for line in pyproject()["project"]["optional-dependencies"][extra])]
    declared = {canonicalize_name(Requirement(line).name) for line in lines} | UNDECLARED
    inner = set() if extras else {"mock", "conformance", "pytest_plugin.py"}
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if not inner & set(path.parts)]
    imported = {name for path in modules for name in imports(path)} - sys.stdlib_module_names - OURS
    known = packages_distributions()
    assert imported
    assert {canonicalize_name(package) for name in imported for package in known[name]} <= declared


def test_every_requirement_has_a_lowest_version():
    assert not [str(found) for found in requirements() if not any(part.operator == ">=" for part in found.specifier)]


def test_the_group_build_has_the_build_system():
    assert set(pyproject()["build-system"]["requires"]) <= set(pyproject()["dependency-groups"]["build"])


def test_the_description_is_the_readme(metadata):
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode() == (ROOT / "README.md").read_text(encoding="utf-8")
