"""Import graph of the package: modules, packages, floors and cycles.

python -m tests.architecture.test_import_graph
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp

PACKAGE = "buildkite_rest"
OTHERS = ("mock", "conformance")
"""Subpackages with an inner structure of their own, each one node of the graph of packages."""


def graph(*, types: bool) -> dict[str, set[str]]:
    """Return the modules and what each imports, lazily too, and with `types` only for type checkers too."""
    found = grimp.build_graph(PACKAGE, exclude_type_checking_imports=not types, cache_dir=None)
    return {module: found.find_modules_directly_imported_by(module) for module in found.modules}


def by_package(modules: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the graph of packages: a module of the top level is a package of its own."""
    packages: dict[str, set[str]] = {}
    for module, imported in modules.items():
        packages.setdefault(_package(module), set()).update(map(_package, imported))
    return {package: imported - {package} for package, imported in packages.items() if package != PACKAGE}


def _package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def floors(packages: dict[str, set[str]]) -> list[set[str]]:
    """Return the packages by floor; each imports from lower floors only. Raises `CycleError` for a cycle."""
    sorter = TopologicalSorter(packages)
    sorter.prepare()
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(set(ready) - {PACKAGE})
        sorter.done(*ready)
    return [floor for floor in found if floor]


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


if __name__ == "__main__":
    everything = graph(types=False)
    modules = client(everything)
    packages = by_package(modules)
    print(f"{len(everything)} modules, {len(modules)} of them the client's, in {len(packages)} packages")
    for number, floor in enumerate(floors(packages), start=1):
        print(f"floor {number}: {', '.join(sorted(name.removeprefix(f'{PACKAGE}.') for name in floor))}")
    print("cycle:", " -> ".join(cycle(everything)) or "none")
    print("cycle for type checkers:", " -> ".join(cycle(graph(types=True))) or "none")


def test_no_modules_import_each_other():
    assert cycle(graph(types=False)) == []


def test_only_the_clients_and_that_of_an_organization_name_each_other_as_types():
    modules = client(graph(types=True))
    modules[f"{PACKAGE}._organization"] -= {f"{PACKAGE}._client"}
    assert cycle(modules) == []
