"""YAML that would be expensive to load or to use is rejected early."""

import time

import pytest
import yaml

from buildkite_rest.mock.resources.yaml_documents import TooLargeError, load_yaml

from .caller import CLUSTER, PIPELINES

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)
BOMBS = {
    "sequences": "[" * 5000,
    "mappings": "{" * 5000,
    "dashes": "- " * 5000,
    "keys": "? " * 5000,
    "indented": "".join(f"{' ' * depth}a:\n" for depth in range(600)),
    "aliases": LAUGHS,
    "values": f"[{'a,' * 90_000}]",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_large_document_is_rejected_before_it_is_loaded(text):
    with pytest.raises(TooLargeError):
        load_yaml(text)


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_pipeline_is_rejected(api, text):
    body = {"name": "x", "repository": "git@x:y.git", "cluster_id": CLUSTER, "configuration": text}
    begin = time.perf_counter()
    response = api.post(PIPELINES, json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "configuration"
    assert time.perf_counter() - begin < 10


def test_a_value_that_contains_itself_is_rejected():
    with pytest.raises(yaml.YAMLError):
        load_yaml("a: &a [*a]")


def test_a_pipeline_of_500_jobs_is_read():
    step = {"label": "a", "key": "b", "command": "c", "agents": {"queue": "d"}, "env": {"E": "f"}, "depends_on": ["g"]}
    document = {"steps": [step] * 500}
    assert load_yaml(yaml.dump(document, Dumper=_WithoutAliases)) == document


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True
