"""What the package imports is declared."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.packaging.project import ROOT, pyproject

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
