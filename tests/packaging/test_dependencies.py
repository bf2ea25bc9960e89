"""What pip installs with each extra: licences, sizes, the bill of materials and the page."""

import pytest
from tests.packaging.dependencies import MAX_MB, licence_problem, packages
from tests.packaging.dependency_page import PAGE
from tests.packaging.project import ROOT
from tests.packaging.sbom import bill, validate
from tests.packaging.test_dependency_page import rows

pytestmark = pytest.mark.installs


@pytest.fixture(scope="module", params=MAX_MB, ids=lambda extra: extra or "none")
def extra(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def found(extra, with_extra, sbom_tool):
    return bill(with_extra(extra), sbom_tool)


def test_the_licences_are_permissive(found):
    assert [*filter(None, map(licence_problem, packages(found)))] == []


def test_the_size_is_within_the_limit(extra, found):
    assert sum(package.size for package in packages(found)) <= MAX_MB[extra] * 1_000_000


def test_the_page_has_all_packages_with_their_licences(found):
    """A new dependency of a dependency is a decision: run `make dependencies` to add it to the page."""
    installed = {(package.name, package.licence) for package in packages(found)}
    assert installed - {row[::2] for row in rows(PAGE.read_text(encoding="utf-8"))} == set()


def test_the_bill_describes_the_package_and_nothing_of_the_machine(found, with_extra, extra):
    package = found["metadata"]["component"]
    assert package["purl"] == f"pkg:pypi/buildkite-rest@{package['version']}"
    (needs,) = (each["dependsOn"] for each in found["dependencies"] if each["ref"] == package["bom-ref"])
    assert {"httpx", "msgspec"} <= {need.partition("==")[0] for need in needs}
    assert not [folder for folder in (ROOT, with_extra(extra).folder) if str(folder) in str(found)]


def test_an_invalid_bill_is_refused(with_extra, sbom_tool):
    found = bill(with_extra(""), sbom_tool)
    found["components"][0]["type"] = "wheel"
    with pytest.raises(ValueError, match="wheel"):
        validate(found, sbom_tool)
