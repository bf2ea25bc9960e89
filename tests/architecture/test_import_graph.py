"""The import graph of the package has no cycle."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp

PACKAGE = "buildkite_rest"
OTHERS = ("mock", "conformance")
"""Subpackages that are not the client."""


def graph(*, types: bool) -> dict[str, set[str]]:
    """Return the modules and what each imports, lazily too, and with `types` only for type checkers too."""
    found = grimp.build_graph(PACKAGE, exclude_type_checking_imports=not types, cache_dir=None)
    return {module: found.find_modules_directly_imported_by(module) for module in found.modules}


def cycle(modules: dict[str, set[str]]) -> list[str]:
    """Return the modules of one cycle, or nothing."""
    try:
        TopologicalSorter(modules).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def client(modules: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the part of a graph that is the client, without the mock server and the conformance runner."""
    others = tuple(f"{PACKAGE}.{name}" for name in OTHERS)
    return {
        module: {each for each in imported if not each.startswith(others)}
        for module, imported in modules.items()
        if not module.startswith(others)
    }


def test_no_modules_import_each_other():
    assert cycle(graph(types=False)) == []


def test_only_the_clients_and_that_of_an_organization_name_each_other_as_types():
    modules = client(graph(types=True))
    modules[f"{PACKAGE}._organization"] -= {f"{PACKAGE}._client"}
    assert cycle(modules) == []
