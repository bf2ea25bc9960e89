"""What a package index is told."""

import email
import zipfile
from email.message import Message

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.packaging.project import ROOT, extras, pyproject, requirements
from trove_classifiers import classifiers

from buildkite_rest import __version__


@pytest.fixture(scope="module")
def metadata(distributions) -> Message:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(wheel.read(name))


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


def test_the_classifiers_name_the_pythons_that_it_installs_on(metadata):
    prefix = "Programming Language :: Python :: 3."
    named = [name.rpartition(" ")[2] for name in metadata.get_all("Classifier") if name.startswith(prefix)]
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    taken = SpecifierSet(metadata["Requires-Python"])
    assert all(version in taken for version in named)
    assert "3.10" not in taken


def test_extras_and_requirements_are_those_declared(metadata):
    assert sorted(metadata.get_all("Provides-Extra")) == extras()
    told = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    assert names_and_ranges(told) == names_and_ranges(requirements())


def test_every_requirement_has_a_lowest_version():
    assert not [str(found) for found in requirements() if not any(part.operator == ">=" for part in found.specifier)]


def test_builds_of_the_tests_use_the_declared_build_system():
    assert set(pyproject()["build-system"]["requires"]) <= set(pyproject()["dependency-groups"]["dist"])


def test_the_page_of_the_package_is_the_readme(metadata):
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode() == (ROOT / "README.md").read_text(encoding="utf-8")
