"""The description of the real API: sound, complete for the tags that it has, and what `generated/` was made from."""

import re
from pathlib import Path

import pytest
import yaml
from generator.document import METHODS, operations, resolve
from generator.methods import read_resources
from generator.pipeline import check, load

PROJECT = Path(__file__).parents[3]
# Kept beside the project, and not in a clone of it.
ENDPOINTS = PROJECT.parent / "shared/facts/endpoints.tsv"


@pytest.fixture(scope="module")
def document():
    # Loading is linting: a breach fails everything here, with a line that says where.
    return load(PROJECT / "spec").document


def _shape(method, path):
    return method.upper(), re.sub(r"\{[^}]*\}", "{}", path)


def _written():
    """Count the operations in each fragment, without the generator."""
    for path in (PROJECT / "spec/resources").glob("*.yaml"):
        paths = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("paths") or {}
        yield path.stem, sum(method in METHODS for item in paths.values() for method in item)


def test_no_operation_is_lost_on_the_way_to_a_method(document):
    resources = read_resources(document)
    described = {tag: count for tag, count in _written() if count}
    called = {resource.tag: len({method.operation_id for method in resource.methods}) for resource in resources}
    # A fragment has the name of its tag.
    assert called == described
    assert sum(called.values()) == sum(1 for _ in operations(document))


def test_every_tag_has_operations(document):
    used = {tag for node in operations(document) for tag in node.node["tags"]}
    received = {tag for item in document["webhooks"].values() for tag in item["post"]["tags"]}
    assert {tag["name"] for tag in document["tags"]} == used | received
    assert not used & received  # generators write one file per tag, and the second would replace the first


def test_an_exhausted_limit_is_told_by_any_status(document):
    for node in operations(document):
        for response in node.node["responses"].values():
            headers = resolve(document, response).get("headers", {})
            for limit in ("RateLimit", "RateLimit-User"):
                warning = f"{limit}-Warning"
                assert (warning in headers) == (f"{limit}-Remaining" in headers)
                assert warning not in headers or not resolve(document, headers[warning]).get("required")


@pytest.mark.skipif(not ENDPOINTS.exists(), reason=f"the list of documented operations is not at {ENDPOINTS}")
def test_every_documented_operation_of_a_described_tag_is_described(document):
    tags = {tag["name"] for tag in document["tags"]}
    rows = [line.split("\t") for line in ENDPOINTS.read_text(encoding="utf-8").splitlines()]
    documented = {_shape(method, path): f"{method} {path}" for method, path, group, *_ in rows if group in tags}
    described = {_shape(node.method, node.path) for node in operations(document)}
    assert documented, "no group of the list is a tag of the description"
    assert [documented[shape] for shape in documented if shape not in described] == []


def test_the_published_file_names_nothing_of_python(document):
    text = (PROJECT / "generated/_buildkite_rest/openapi.yaml").read_text(encoding="utf-8")
    assert "x-python-type" in document["components"]["schemas"]["Timestamp"]
    assert "x-python-" not in text
    assert "_buildkite_rest" not in text


def test_generated_is_what_the_description_makes():
    assert check(PROJECT / "spec", PROJECT / "generated") == []
