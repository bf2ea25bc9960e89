"""The spec in `spec/`: valid, complete, and the source of `generated/`."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from generator.document import METHODS, operations, resolve
from generator.lint import RULES
from generator.lint.names import CLIENT_ATTRIBUTES
from generator.methods import read_resources
from generator.steps import load

from buildkite_rest import AsyncBuildkite, AsyncOrganizationClient, Buildkite, OrganizationClient

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def bundle():
    # Loading includes lint: a violation fails every test here, with its line.
    return load(PROJECT / "spec")


@pytest.fixture(scope="module")
def document(bundle):
    return bundle.document


def _written():
    """Count the operations in each fragment, without the generator."""
    for path in (PROJECT / "spec/resources").glob("*.yaml"):
        paths = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("paths") or {}
        yield path.stem, sum(method in METHODS for item in paths.values() for method in item)


def test_every_operation_is_a_method(bundle):
    document = bundle.document
    resources = read_resources(document)
    described = {tag: count for tag, count in _written() if count}
    called = {resource.tag: len({method.operation.pointer for method in resource.methods}) for resource in resources}
    # A fragment is named after its tag.
    assert called == described
    assert sum(called.values()) == sum(1 for _ in operations(document))


def test_the_revision_is_that_of_the_decisions(document):
    decisions = (PROJECT / "spec/DECISIONS.md").read_text(encoding="utf-8")
    revision = document["info"]["x-revision"]
    assert revision["date"] >= max(re.findall(r"\d{4}-\d{2}-\d{2}", decisions))
    [documentation, commit] = re.search(r"pages of (\S+) \(`buildkite/docs`, commit `(\w+)`\)", decisions).groups()
    assert revision["documentation-date"] == documentation
    assert f"/tree/{commit}" in revision["documentation"]


def test_the_contact_is_the_repository_of_the_project(document):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert document["info"]["contact"] == {"name": project["name"], "url": project["urls"]["Repository"]}


def test_every_tag_has_operations(document):
    used = {tag for node in operations(document) for tag in node.node["tags"]}
    received = {tag for item in document["webhooks"].values() for tag in item["post"]["tags"]}
    assert {tag["name"] for tag in document["tags"]} == used | received
    assert not used & received  # generators write one file per tag, and the second would replace the first


def test_responses_with_a_rate_limit_document_its_warning(document):
    for node in operations(document):
        for response in node.node["responses"].values():
            headers = resolve(document, response).get("headers", {})
            for limit in ("RateLimit", "RateLimit-User"):
                warning = f"{limit}-Warning"
                assert (warning in headers) == (f"{limit}-Remaining" in headers)
                assert warning not in headers or not resolve(document, headers[warning]).get("required")


@pytest.mark.parametrize("name", ["openapi.yaml", "openapi.json", "openapi-3.0.yaml", "openapi-3.0.json"])
def test_the_published_files_have_no_keys_of_this_project(document, name):
    text = (PROJECT / "generated/_buildkite_rest" / name).read_text(encoding="utf-8")
    assert "x-python-type" in document["components"]["schemas"]["Timestamp"]
    assert all("x-sdk-method" in operation.node for operation in operations(document))
    assert [word for word in ("x-python-", "x-sdk-", "_buildkite_rest") if word in text] == []


@pytest.mark.parametrize("stem", ["openapi", pytest.param("openapi-3.0", marks=pytest.mark.exhaustive)])
def test_the_json_document_is_that_in_yaml(stem):
    folder = PROJECT / "generated/_buildkite_rest"
    text = (folder / f"{stem}.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    assert json.loads((folder / f"{stem}.json").read_bytes()) == document


def test_attributes_of_the_clients_are_reserved(document):
    tags = {operation.node["tags"][0] for operation in operations(document)}
    clients = (Buildkite, AsyncBuildkite, OrganizationClient, AsyncOrganizationClient)
    public = {name for client in clients for name in dir(client) if not name.startswith("_")}
    assert public - tags == CLIENT_ATTRIBUTES


def test_the_tables_have_every_rule_once():
    page = (PROJECT / "spec" / "README.md").read_text(encoding="utf-8")
    section = page.partition("## House rules")[2].partition("These problems are found when")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(rule.__name__.replace("_", "-") for rule in RULES)
