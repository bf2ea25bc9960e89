"""Dependencies: licences and sizes of what pip installs, lowest versions, locks, and imports."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.packaging import programs
from tests.packaging.project import (
    LOCKS,
    LONGEST_SECONDS,
    ROOT,
    extras,
    floors,
    locked,
    make_environment,
    pyproject,
    run,
)

#: SPDX identifiers, and the names of classifiers for packages whose metadata has no expression.
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"),
    *("Apache 2.0", "Apache Software License", "BSD License", "MIT License"),
}
#: The copyleft of the MPL is limited to its own files: a program that only uses these packages has no obligations.
FILE_COPYLEFT = {"certifi": "MPL-2.0", "hypothesis": "MPL-2.0"}
#: The most that each extra may install, in MB of 1,000,000 bytes, compiled modules included.
MAX_MB = {"": 40, "mock": 65, "conformance": 110}


def is_permissive(expression):
    """Return whether one alternative of an SPDX expression consists of permissive licences. Unknown ones are not."""
    return any(all(name in PERMISSIVE for name in each.split(" AND ")) for each in expression.split(" OR "))


@pytest.mark.installs
@pytest.mark.parametrize("extra", MAX_MB, ids=lambda extra: extra or "none")
def test_licences_and_sizes(extra, with_extra):
    found = json.loads(with_extra(extra).script(programs.PACKAGES))
    assert found
    refused = {name: licence for name, (licence, _) in found.items() if not is_permissive(licence)}
    assert refused.items() <= FILE_COPYLEFT.items()
    assert sum(size for _, size in found.values()) <= MAX_MB[extra] * 1_000_000


def test_the_page_has_the_limit_of_each_extra_and_the_licences():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `buildkite-rest(?:\[(\w+)\])?` \|.* (\d+) MB \|$", page, re.MULTILINE)
    assert {extra: int(limit) for extra, limit in found} == MAX_MB
    assert sorted(MAX_MB) == ["", *extras()]
    assert all(f"`{name}`" in page for name in FILE_COPYLEFT)


# Tools of the group `test` that no test of the client or the mock server imports. They have bounds of their own.
CHECKERS = {"import-linter", "mypy", "pyright", "pytest-cov", "types-PyYAML"}


@pytest.fixture(scope="module")
def lowest(distributions, tmp_path_factory):
    wheel = f"{distributions.wheel}[{','.join(extras())}]"
    group = pyproject()["dependency-groups"]["test"]
    testers = [line for line in group if Requirement(line).name not in CHECKERS]
    lowest = [f"{name}=={version}" for name, version in floors().items()]
    return make_environment(tmp_path_factory.mktemp("lowest"), wheel, *testers, constraints=lowest)


@pytest.mark.installs
@pytest.mark.timeout(LONGEST_SECONDS)
def test_the_lowest_versions_are_compatible(lowest):
    assert lowest.pip("check").strip() == "No broken requirements found."


@pytest.mark.installs
@pytest.mark.timeout(LONGEST_SECONDS)
@pytest.mark.parametrize("program", ["ONE_CALL", "SIGNED", "MOCK", "CONFORMANCE"])
def test_programs_run_with_the_lowest_versions(lowest, program):
    assert lowest.script(getattr(programs, program))


@pytest.mark.installs
@pytest.mark.timeout(LONGEST_SECONDS)
def test_the_tests_of_client_and_mock_server_pass_with_the_lowest_versions(lowest):
    parallel = ["--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
    options = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not exhaustive", *parallel]
    done = run([lowest.python, *options, "tests/unit/client", "tests/unit/mock"], ROOT)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


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


OURS = {"buildkite_rest", "_buildkite_rest"}
UNDECLARED = {"cryptography", "pydantic-core"}
"""Packages that come with an extra of a dependency, `PyJWT[crypto]`, or that the caller has imported: pydantic."""


def imports(path: Path) -> Iterator[str]:
    """Yield the top-level names of the absolute imports of a module."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


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
