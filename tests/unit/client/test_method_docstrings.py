"""Docstrings: the arguments that a method documents are those of its signature, in the same order."""

import inspect
import re
from pathlib import Path

import pytest
from tests.each import check_each
from tests.unit.client.test_every_method import HANDWRITTEN

import _buildkite_rest
import buildkite_rest
from _buildkite_rest.operations import METHODS, all_operations
from buildkite_rest import AsyncBuildkite, AsyncOrganizationClient, Buildkite, OrganizationClient

GENERATED = Path(_buildkite_rest.__file__).parent
HANDWRITTEN_RESOURCES = Path(buildkite_rest.__file__).parent / "_resources"

CLIENTS = {
    "Buildkite": lambda: Buildkite("token"),
    "AsyncBuildkite": lambda: AsyncBuildkite("token"),
    "OrganizationClient": lambda: Buildkite("token").organization("acme"),
    "AsyncOrganizationClient": lambda: AsyncBuildkite("token").organization("acme"),
}
CALLS = {f"{tag}.{name}": (tag, name) for tag in METHODS for name in sorted({*METHODS[tag], *HANDWRITTEN.get(tag, ())})}


@pytest.fixture(scope="module", params=CLIENTS.values(), ids=CLIENTS)
def client(request):
    return request.param()


def documented(doc):
    """Return the names under `Args:`, or None where the docstring leaves them to that of another method."""
    if re.search(r"\bSee `\w+\.\w+`", doc):
        return None
    section = re.search(r"^Args:\n((?: .*\n?)+)", doc, re.MULTILINE)
    return re.findall(r"^    (\w+):", section[1], re.MULTILINE) if section else []


def test_methods_document_their_arguments(client):
    check_each({name: (client, *call) for name, call in CALLS.items()}, check_arguments)


def check_arguments(client, tag, name):
    method = getattr(getattr(client, tag, None), name, None)
    if method is None:
        assert isinstance(client, OrganizationClient | AsyncOrganizationClient)
        return
    found = documented(inspect.getdoc(method))
    if found is None:
        assert (tag, name) in {(tag, name) for tag, names in HANDWRITTEN.items() for name in names}
    else:
        assert found == list(inspect.signature(method).parameters)


def test_docstrings_name_methods_and_not_operations():
    modules = [
        *(path for folder in ("models", "params", "resources") for path in (GENERATED / folder).glob("*.py")),
        *HANDWRITTEN_RESOURCES.glob("*.py"),
    ]
    named = {name for path in modules for name in re.findall(r"`(\w+)`", path.read_text(encoding="utf-8"))}
    assert named & {operation.id for _, _, operation in all_operations()} == set()
    assert "page" in named


@pytest.mark.parametrize(
    "method", [Buildkite, Buildkite.organization, Buildkite.with_options], ids=lambda each: each.__name__
)
def test_clients_document_their_arguments(method):
    parameters = [name for name in inspect.signature(method).parameters if name != "self"]
    assert documented(inspect.getdoc(method)) == parameters
