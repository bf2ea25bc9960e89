"""Imports between modules have no cycle. The direction between packages is a contract of import-linter."""

from tests.architecture.import_graph import PACKAGE, client, cycle, graph


def test_no_modules_import_each_other():
    assert cycle(graph(types=False)) == []


def test_only_the_clients_and_that_of_an_organization_name_each_other_as_types():
    modules = client(graph(types=True))
    modules[f"{PACKAGE}._organization"] -= {f"{PACKAGE}._client"}
    assert cycle(modules) == []
