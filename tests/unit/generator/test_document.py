"""Parts of a document, and the annotations of its schemas."""

import pytest
from generator.document import OperationNode, is_text, lookup, references
from generator.methods.arguments import argument_type, result_type

REF = {"$ref": "#/components/schemas/Part"}


def test_a_reference_may_contain_a_path():
    document = {"paths": {"/robots/{id}": {"x~y": 7}}}
    assert lookup(document, "#/paths/~1robots~1{id}/x~0y") == 7


@pytest.mark.parametrize(
    ("media_type", "schema", "expected"),
    [
        ("text/x-log", {}, True),
        ("text/x-log", {"type": "string", "format": "binary"}, False),
        ("application/yaml", {"type": "string"}, True),
        ("application/yaml", {"type": ["string", "null"]}, True),
        ("application/yaml", {"$ref": "#/text"}, True),
        ("application/pdf", {}, False),
        ("application/pdf", {"type": "string", "format": "binary"}, False),
    ],
)
def test_strings_are_text_unless_they_are_binary(media_type, schema, expected):
    assert is_text({"text": {"type": "string"}}, media_type, {"schema": schema}) is expected


@pytest.mark.parametrize(
    ("root", "own", "needed"),
    [
        ([{"bearer": []}], None, True),
        ([{"bearer": []}], [], False),
        ([{}, {"bearer": []}], None, True),
        ([{}], None, False),
        ([], None, False),
        (None, None, False),
        (None, [{"bearer": []}], True),
    ],
)
def test_a_token_is_needed_by_the_operation_or_else_by_the_document(root, own, needed):
    document = {"security": root, "paths": {"/": {"get": {"security": own}}}}
    for node in (document, document["paths"]["/"]["get"]):
        if node["security"] is None:
            del node["security"]
    assert OperationNode(document, "/", "get").needs_token is needed


def test_examples_are_data():
    # A `$ref` in an example is part of the value.
    node = {"schema": REF, "example": {"$ref": "#/no"}, "examples": {"one": {"value": {"$ref": "#/no"}}}}
    assert list(references(node)) == [(("schema",), REF["$ref"])]


def test_a_property_called_example_is_not_an_example():
    node = {"properties": {"example": REF, "examples": REF}}
    assert [pointer for pointer, _ in references(node)] == [("properties", "example"), ("properties", "examples")]


@pytest.mark.parametrize(
    ("schema", "argument", "result"),
    [
        pytest.param({"type": "integer"}, "int", "int", id="scalar"),
        pytest.param({"type": "string", "format": "date-time"}, "datetime", "datetime", id="time"),
        pytest.param({"type": "string", "format": "uuid"}, "str", "str", id="uuid"),
        pytest.param({}, "Any", "Any", id="anything"),
        pytest.param(REF, "params.Part", "models.Part", id="named"),
        pytest.param(
            {"type": "array", "items": REF}, "Sequence[params.Part]", "builtins.list[models.Part]", id="array"
        ),
        pytest.param({"type": ["string", "null"]}, "str | None", "str | None", id="nullable"),
        pytest.param({"oneOf": [{"type": "null"}, REF]}, "params.Part | None", "models.Part | None", id="null is last"),
        pytest.param(
            {"anyOf": [{"type": "string"}, {"type": "string", "pattern": "a"}]}, "str", "str", id="no duplicates"
        ),
    ],
)
def test_annotations(schema, argument, result):
    assert argument_type(schema) == argument
    assert result_type(schema) == result
