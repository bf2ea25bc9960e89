"""The document as OpenAPI 3.0: valid, with the same meaning, and with a line about each thing that is lost."""

import copy
import json
from functools import cache

import jsonschema_rs
import pytest
from generator.__main__ import main
from generator.document import walk
from generator.errors import GenerationError
from generator.openapi_30 import to_openapi_30
from openapi_spec_validator import OpenAPIV30SpecValidator
from tests.unit.client.openapi_document import document as published
from tests.unit.generator.spec_fixture import ROBOTS, line_of

REFERENCE = {"$ref": "#/components/schemas/Name"}
ANYTHING = {"$ref": "#/components/schemas/Anything"}
NULL = {"type": "null"}
NAME = {"type": "string"}
NUMBER = {"type": "number"}


def small(schema, **others):
    """Return a document of OpenAPI 3.1 with a schema."""
    info = {"title": "T", "version": "1"}
    components = {"schemas": {"Anything": {"anyOf": [NAME, NUMBER]}, "Name": NAME, "Thing": schema}}
    return {"openapi": "3.1.1", "info": info, "tags": [], "paths": {}, "components": components, **others}


def differences(document):
    return document["info"]["x-converted"]["differences"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": ["string", "null"], "minLength": 1}, {"type": "string", "nullable": True, "minLength": 1}),
        ({"type": ["integer"]}, {"type": "integer"}),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "nullable": True, "enum": ["a", None]}),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"oneOf": [REFERENCE, NULL]}, {"nullable": True, "allOf": [REFERENCE], "type": "string"}),
        ({"anyOf": [REFERENCE, NULL, NAME]}, {"nullable": True, "anyOf": [REFERENCE, NAME], "type": "string"}),
        (
            {"oneOf": [REFERENCE, {"type": "integer"}, NULL]},
            {"oneOf": [REFERENCE, {"type": "integer", "nullable": True}]},
        ),
        (
            {"oneOf": [ANYTHING, NULL]},
            {"oneOf": [ANYTHING, {"type": "string", "nullable": True, "enum": [None]}]},
        ),
        ({"anyOf": [NAME, {"items": {"const": 1}}]}, {"anyOf": [NAME, {"items": {"enum": [1]}}]}),
        ({"allOf": [{"type": ["array", "null"]}]}, {"allOf": [{"type": "array", "nullable": True}]}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 0, "exclusiveMinimum": True}),
        ({"not": {"const": "a"}}, {"not": {"enum": ["a"]}}),
        ({"additionalProperties": {"const": 1}}, {"additionalProperties": {"enum": [1]}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        # Names of properties that are keywords, and values of extensions, are not keywords.
        ({"properties": {"const": {"const": 1}}}, {"properties": {"const": {"enum": [1]}}}),
        ({"properties": {"x-type": {"const": 1}}}, {"properties": {"x-type": {"enum": [1]}}}),
        ({"x-note": {"const": 1, "type": "null"}}, {"x-note": {"const": 1, "type": "null"}}),
    ],
)
def test_a_schema_is_converted(schema, expected):
    document = small(schema)
    before = copy.deepcopy(document)
    converted = to_openapi_30(document)
    assert converted["components"]["schemas"]["Thing"] == expected
    assert document == before


@pytest.mark.parametrize("keyword", ["contentEncoding", "contentMediaType", "examples", "propertyNames"])
def test_a_dropped_keyword_is_listed_with_its_place(keyword):
    value = {"examples": ["a"], "propertyNames": {"pattern": "a"}}.get(keyword, "base64")
    converted = to_openapi_30(small({"properties": {"a": {"type": "string", keyword: value}}}))
    assert converted["components"]["schemas"]["Thing"] == {"properties": {"a": {"type": "string"}}}
    assert differences(converted) == {keyword: "dropped from components schemas Thing properties a"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": ["string", "integer"]}, "type: 3.0 has one type for each schema, not string and integer"),
        ({"type": "null"}, "type: 3.0 has one type for each schema, not null"),
        ({"items": {"if": {}}}, "items if: if has no rule for 3.0"),
        ({"patternProperties": {}}, "patternProperties: patternProperties has no rule for 3.0"),
        ({"minimum": 1, "exclusiveMinimum": 1}, "exclusiveMinimum: exclusiveMinimum has no rule for 3.0"),
        ({"properties": {"a": {**REFERENCE, "description": "d"}}}, "properties a: 3.0 ignores keywords beside $ref"),
    ],
)
def test_what_3_0_cannot_express_is_refused_with_its_place(schema, message):
    with pytest.raises(GenerationError) as caught:
        to_openapi_30(small(schema))
    [problem] = caught.value.problems
    assert problem.location[:3] == ("components", "schemas", "Thing")
    assert problem.message == f"components schemas Thing {message}"


def test_roles_of_a_bearer_token_are_dropped_only_if_x_scopes_has_them():
    document = small(NAME)
    document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    operation = {"security": [{"bearer": ["read"]}], "x-scopes": ["read"], "responses": {"200": {"description": "d"}}}
    document["paths"] = {"/a": {"get": operation}}
    converted = to_openapi_30(document)
    assert converted["paths"]["/a"]["get"]["security"] == [{"bearer": []}]
    assert differences(converted) == {"security": "dropped the scopes of 1 operations; `x-scopes` lists them"}
    operation["x-scopes"] = []
    with pytest.raises(GenerationError, match=r"paths /a get: .* x-scopes differs"):
        to_openapi_30(document)


def test_summary_and_license_keep_their_content():
    info = {"title": "T", "version": "1", "summary": "S", "license": {"name": "MIT", "identifier": "MIT"}}
    converted = to_openapi_30(small(NAME, info=info))["info"]
    assert converted["description"] == "S"
    assert converted["license"] == {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"}
    info["description"] = "D"
    assert to_openapi_30(small(NAME, info=info))["info"]["description"] == "S\n\nD"


def test_webhooks_and_their_tags_are_dropped():
    response = {"responses": {"200": {"description": "d"}}}
    document = small(NAME, tags=[{"name": "a"}, {"name": "b"}])
    document["paths"] = {"/a": {"get": {"tags": ["a"], **response}}}
    document["webhooks"] = {"b": {"post": {"tags": ["b"], **response}}}
    converted = to_openapi_30(document)
    assert "webhooks" not in converted
    assert converted["tags"] == [{"name": "a"}]
    assert differences(converted) == {
        "webhooks": "dropped all 1, with their tags and parameters; the schemas of their payloads are kept"
    }


def test_a_refusal_is_one_line_with_its_place(edited, tmp_path, capsys):
    spec = edited((ROBOTS, "type: integer} # legs", "type: [integer, string]} # legs"))
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / "out")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{spec / ROBOTS}:{line_of(spec / ROBOTS, '# legs')}: ")


# The published document.


@cache
def converted():
    return to_openapi_30(published())


def test_the_document_is_valid():
    assert [error.message for error in OpenAPIV30SpecValidator(converted()).iter_errors()] == []


def media_types(document):
    """Yield the pointer of each media type in paths with its content."""
    for pointer, node in walk(document["paths"]):
        if isinstance(node, dict) and "schema" in node and "examples" in node and "json" in pointer[-1]:
            yield pointer, node


def validator(document, schema):
    """Return a validator for a schema of OpenAPI 3.1, or of 3.0 with `nullable` replaced by what generators read."""
    root = {"components": {"schemas": document["components"]["schemas"]}, "allOf": [schema]}
    if document["openapi"].startswith("3.0."):
        return jsonschema_rs.Draft4Validator(with_null(root))
    return jsonschema_rs.Draft202012Validator(root)


def with_null(node):
    if isinstance(node, list):
        return [with_null(each) for each in node]
    if not isinstance(node, dict):
        return node
    inner = {key: with_null(value) for key, value in node.items()}
    if inner.get("nullable") is not True:
        return inner
    del inner["nullable"]
    return {"anyOf": [inner, {"type": "null"}]}


def wrong(value):
    """Yield copies of a JSON value with one value inside replaced by one of another type, or removed."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield {name: other for name, other in value.items() if name != key}
            for replaced in (*wrong(each), [None], {"a": None}, 1.5, None):
                yield {**value, key: replaced}
    elif isinstance(value, list):
        for each in value[:1]:
            yield from ([replaced] for replaced in wrong(each))


@pytest.mark.parametrize("step", [12, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_examples_and_wrong_values_are_judged_as_in_3_1(step):
    count = 0
    old, new = dict(media_types(published())), dict(media_types(converted()))
    assert old.keys() == new.keys()
    for pointer, node in list(old.items())[::step]:
        before, after = validator(published(), node["schema"]), validator(converted(), new[pointer]["schema"])
        for example in node["examples"].values():
            for value in (example["value"], *wrong(example["value"])):
                count += 1
                assert before.is_valid(value) == after.is_valid(value), f"{' '.join(pointer)}: {json.dumps(value)}"
    assert count > 100
