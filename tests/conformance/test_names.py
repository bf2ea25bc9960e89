"""Unique names of created objects."""

from __future__ import annotations

import re
from typing import Any

import pytest

from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.names import (
    has_other_name,
    recognizable,
    unique_name,
    unique_name_in,
    with_unique_names,
)

API = Api.load()

CREATING = [each for each in API.operations if each.method == "POST" and each.body_examples]


@pytest.mark.parametrize("operation", CREATING, ids=lambda operation: operation.id)
def test_names_fit_the_spec(operation: Any) -> None:
    schemas, examples = API.properties(operation.body_schema), tuple(operation.body_examples)
    for example in examples:
        body = with_unique_names(example, schemas)
        for name in {"name", "slug", "key", "label"} & body.keys():
            schema = schemas[name]
            assert unique_name_in(body[name])
            assert re.search(schema.get("pattern", ""), body[name])
            assert len(body[name]) <= schema.get("maxLength", 1_000)


@pytest.mark.parametrize("operation_id", ["createClusterQueue", "createClusterSecret", "createPipeline"])
def test_keys_are_unique(operation_id: str) -> None:
    operation = API.by_id[operation_id]
    schemas, examples = API.properties(operation.body_schema), tuple(operation.body_examples)
    first, second = (with_unique_names(examples[0], schemas) for _ in range(2))

    assert first != second


def test_all_valid_names_are_replaced_everywhere() -> None:
    schemas = {"key": {"type": "string", "pattern": "^[a-z-0-9]+$", "maxLength": 100}, "description": {}}
    long = with_unique_names({"key": "a" * 100}, schemas)["key"]

    assert unique_name_in(long)
    assert len(long) == 100
    invalid = with_unique_names({"key": "A", "description": "Web"}, schemas)
    assert invalid["key"] == "A"
    assert unique_name_in(invalid["description"])
    assert with_unique_names({"key": 1, "description": None}, schemas) == {"key": 1, "description": None}


def test_invitations_go_to_nobody() -> None:
    (email,) = with_unique_names({"emails": ["ada@acme.example"]}, {})["emails"]

    assert re.fullmatch(r"conformance-[0-9a-f]{8}-[0-9a-f]{8}@example\.com", email)


def test_a_name_without_a_suitable_form() -> None:
    assert unique_name({"pattern": "^[0-9]$"}).startswith("conformance-")
    assert unique_name({"pattern": "^[a-z0-9]+$"}).isalnum()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "Web"}, True),
        ({"name": "", "description": None}, True),
        ({"key": "web", "repository": unique_name()}, True),
        ({"name": unique_name()}, False),
        ({"name": f"{unique_name()} long", "slug": "web"}, False),
        ({"name": "Web", "description": unique_name()}, False),
        ({"name": "Web", "emails": [1, f"{unique_name()}@example.com"]}, False),
        ({"name": 1}, False),
        ({"description": "Web"}, False),
        (["Web"], False),
    ],
)
def test_other_names_are_recognized(body: Any, expected: bool) -> None:
    assert has_other_name(body) is expected


def test_an_object_with_another_name_gets_a_unique_description() -> None:
    named = {"name": unique_name(), "description": "Web"}
    other = recognizable({"name": "Web", "description": "Web"}, {"description": {}})

    assert not has_other_name(other)
    assert other["name"] == "Web"
    assert recognizable(named, {"description": {}}) is named
    assert recognizable({"name": "Web"}, {"name": {}}) == {"name": "Web"}
    assert recognizable([1], {"description": {}}) == [1]
