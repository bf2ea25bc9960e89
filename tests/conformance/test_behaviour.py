"""The loader of the behaviour, and the behaviour at the keys of a document."""

import json
from importlib.resources import files

import pytest

from buildkite_rest.conformance.behaviour import BehaviourError, load
from buildkite_rest.conformance.merged_behaviour import with_behaviour


def package_file(name):
    return json.loads((files("_buildkite_rest") / name).read_bytes())


def test_the_package_has_a_behaviour_of_its_operations():
    behaviour = load()
    ids = {node["operationId"] for item in package_file("openapi.json")["paths"].values() for node in item.values()}
    assert behaviour.operations.keys() < ids
    effect = behaviour.operations["resumeAgent"].effects[0]
    assert (effect.when["paused"], effect.sets["paused"], effect.repeated) == (True, False, "refused")
    assert behaviour.parameters["per_page"].page_size.maximum == 100
    assert behaviour.schemas["Agent"].strict["required"] == ["job"]
    assert behaviour.operations["updateCluster"].alias_methods == ("PATCH",)
    assert behaviour.facts.formats["sha1sum"] == "[0-9A-Fa-f]{40}"


def test_a_file_is_read(tmp_path):
    path = tmp_path / "behaviour.yaml"
    path.write_text("operations: {getAgent: {effects: [{in: [listAgents], not-in: [listBuilds]}]}}", encoding="utf-8")
    [effect] = load(path).operations["getAgent"].effects
    assert (effect.in_, effect.not_in) == (("listAgents",), ("listBuilds",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("operations: {getAgent: {oder: name}}", "unknown field `oder` - at `$.operations[...]`"),
        ("operations: {getAgent: {order: 1}}", "Expected `str | null`, got `int`"),
        ("operations: [", "is not a behaviour"),
        ("- getAgent", "Expected `object`, got `array`"),
    ],
)
def test_another_file_is_refused_in_one_line(text, message, tmp_path):
    path = tmp_path / "behaviour.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BehaviourError) as raised:
        load(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_behaviour_is_added_to_a_document():
    document = with_behaviour(package_file("openapi.json"))
    update = document["paths"]["/v2/organizations/{org}/clusters/{cluster_id}"]["put"]
    properties = document["components"]["schemas"]["Cluster"]["properties"]
    assert update["x-alias-methods"] == ["PATCH"]
    assert properties["graphql_id"]["x-graphql-type"] == "Cluster"
    assert properties["url"]["x-strict"] == {"pattern": "/v2/"}


def test_the_keys_of_a_document_stay():
    document = package_file("openapi.json")
    document["components"]["parameters"]["per_page"]["x-page-size"] = {"default": 7}
    assert with_behaviour(document)["components"]["parameters"]["per_page"]["x-page-size"] == {"default": 7}
