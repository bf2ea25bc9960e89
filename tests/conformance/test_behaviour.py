"""The loader of the behaviour."""

import json
import re
from importlib.resources import files

import msgspec
import pytest

from buildkite_rest.conformance.behaviour import Behaviour, load


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("operations: {getAgent: {oder: name}}", "unknown field `oder` - at `$.operations[...]`"),
        ("operations: {getAgent: {order: 1}}", "Expected `str | null`, got `int`"),
    ],
)
def test_an_unknown_word_is_refused(text, message):
    with pytest.raises(msgspec.ValidationError, match=re.escape(message)):
        msgspec.yaml.decode(text, type=Behaviour)
