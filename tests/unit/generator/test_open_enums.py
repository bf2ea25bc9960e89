"""Marks of enumerations to which the API may add values."""

import json
from importlib.resources import files

import pytest
from generator.additions import mark_open_enums


def reference(name):
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def document():
    """Return a document with an enumeration in a request, in a response below another schema, and in a webhook."""
    schemas = {
        name: {"type": "string", "enum": ["a"], "description": "D"} for name in ("Sent", "Read", "Received", "Both")
    }
    refers = {name: {"$ref": f"#/components/schemas/{name}"} for name in ("Read", "Both")}
    schemas["Thing"] = {"type": "object", "properties": refers}
    operation = {
        "parameters": [{"name": "sent", "in": "query", "schema": {"$ref": "#/components/schemas/Sent"}}],
        "requestBody": {"content": reference("Both")},
        "responses": {"200": {"$ref": "#/components/responses/Thing"}},
    }
    return {
        "paths": {"/a": {"post": operation}},
        "webhooks": {"b": {"post": {"requestBody": {"content": reference("Received")}}}},
        "components": {"schemas": schemas, "responses": {"Thing": {"content": reference("Thing")}}},
    }


def test_enumerations_of_responses_and_webhooks_are_marked():
    marked = document()
    mark_open_enums(marked)
    schemas = marked["components"]["schemas"]
    assert {name for name, schema in schemas.items() if "x-open-enum" in schema} == {"Read", "Received", "Both"}
    assert list(schemas["Read"].items()) == [
        ("type", "string"),
        ("x-open-enum", True),
        ("enum", ["a"]),
        ("description", "D"),
    ]
    assert list(schemas) == list(document()["components"]["schemas"])
    before = document()
    for schema in schemas.values():
        schema.pop("x-open-enum", None)
    assert marked == before


@pytest.mark.parametrize("stem", ["openapi", "openapi-3.0"])
def test_published_documents_have_the_marks(stem):
    schemas = json.loads((files("_buildkite_rest") / f"{stem}.json").read_bytes())["components"]["schemas"]
    marked = {name for name, schema in schemas.items() if schema.get("x-open-enum") is True}
    assert {"BuildState", "JobState", "WebhookEventName", "TeamRole"} <= marked
    assert not {"BuildStateFilter", "SuiteTestOrder"} & marked
