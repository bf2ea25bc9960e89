"""The comparison of data and schemas finds what a validator of JSON Schema finds."""

import copy
import json
import random

import pytest
from tests.unit.client.description import described, document, problems, resolve

from buildkite_rest.traffic._checks import Checker
from buildkite_rest.traffic._differences import Kind, differences
from buildkite_rest.traffic._exchange import Exchange
from buildkite_rest.traffic._schemas import Schemas

SCHEMAS = Schemas(document())
JUNK = (None, True, False, 0, -1, 7, 1.5, "", "Ada", "2026-03-02T09:15:00Z", "passed", [], ["Ada"], {}, {"id": 1})
ADDED = {Kind.PROPERTY, Kind.VARIANT}
"""Differences that are valid in an open schema, or that a validator reports for each branch."""


def examples():
    for operation in described().values():
        for status in operation.node["responses"]:
            pointer = operation.response(int(status))
            if pointer is None:
                continue
            schema = resolve(operation.node["responses"][status])["content"]["application/json"]["schema"]
            for _, value in operation.examples(int(status)):
                yield pointer, schema, value


EXAMPLES = list(examples())


def test_examples_of_the_spec_have_no_difference():
    assert len(EXAMPLES) > 150
    assert [list(differences(SCHEMAS.node(schema), value).found) for _, schema, value in EXAMPLES if value] == [
        [] for _, _, value in EXAMPLES if value
    ]


def places(node, path=()):
    yield path
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node[:2]):
            yield from places(value, (*path, key))


def changed(value, path, junk):
    if not path:
        return junk
    value = copy.deepcopy(value)
    node = value
    for key in path[:-1]:
        node = node[key]
    if junk is Ellipsis:
        del node[path[-1]]
    else:
        node[path[-1]] = junk
    return value


@pytest.mark.parametrize("part", range(4))
def test_changes_of_examples_are_found_as_by_a_validator(part):
    choose = random.Random(part)
    wrong = {True: 0, False: 0}
    for pointer, schema, value in EXAMPLES[part::4]:
        paths = list(places(value))
        for path in choose.sample(paths, min(len(paths), 12)):
            for junk in (*choose.sample(JUNK, 3), *([...] if path else [])):
                data = changed(value, path, junk)
                found = [
                    each for each in differences(SCHEMAS.node(schema), data).found if each.kind is not Kind.PROPERTY
                ]
                expected = problems(pointer, data)
                assert bool(found) == bool(expected), (path, junk, found, expected)
                wrong[bool(found)] += 1
    assert min(wrong.values()) > 200


FOREIGN = {
    "additionalProperties without properties": ({"additionalProperties": False}, {"a": 1}, {}),
    "exclusiveMinimum": ({"exclusiveMinimum": 5}, 5, 6),
    "exclusiveMaximum": ({"exclusiveMaximum": 5}, 5, 4.5),
    "multipleOf": ({"multipleOf": 5}, 7, 10),
    "multipleOf of a decimal": ({"multipleOf": 0.1}, 0.35, 0.3),
    "uniqueItems": ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [1, True, {}, {"a": 1}]),
    "minItems": ({"minItems": 1}, [], {}),
    "maxProperties": ({"maxProperties": 1}, {"a": 1, "b": 1}, [1, 2]),
    "pattern": ({"pattern": "^a$"}, "a\n", "a"),
    "pattern with alternatives": ({"pattern": "^a$|^b\\$$|[$]c"}, "a\n", "b$"),
    "pattern with a set": ({"pattern": r"^[$\]]x$"}, "$x\n", "]x"),
    "false": ({"properties": {"a": False}}, {"a": 1}, {}),
    "a reference to false": ({"properties": {"a": {"$ref": "#/nothing"}}}, {"a": 1}, {}),
    "items of false": ({"items": False}, [1], []),
    "patternProperties": ({"patternProperties": {"^x-": {"type": "string"}}}, {"x-a": 1}, {"x-a": "b", "a": 1}),
    "patternProperties only": (
        {"patternProperties": {"^x-": {}}, "additionalProperties": False},
        {"a": 1},
        {"x-a": 1},
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_keywords_that_only_other_specs_have_are_compared(name):
    schema, wrong, right = FOREIGN[name]
    node = Schemas({"nothing": False}).node(schema)
    assert len(differences(node, wrong).found) == 1
    assert differences(node, right).found == ()
    parent = Schemas({"nothing": False}).node({"properties": {"p": {**schema, "type": [*TYPES]}}})
    assert len(differences(parent, {"p": wrong}).found) == 1
    assert differences(parent, {"p": right}).found == ()


def test_a_schema_that_is_an_alternative_of_itself_is_counted():
    schema = {"oneOf": [{"$ref": "#/loop"}, {"$ref": "#/loop"}]}
    response = {"content": {"application/json": {"schema": {"$ref": "#/loop"}}}, "headers": {"A": {"required": True}}}
    spec = {"paths": {"/v2/user": {"get": {"responses": {"200": response}}}}, "loop": schema}
    headers = {"content-type": "application/json"}
    outcome = Checker(spec).check(Exchange("GET", "https://api.buildkite.com/v2/user", 200, headers, b"{}"))
    assert outcome.unchecked == ("a schema contains itself",)
    assert [found.problem for found in outcome.findings] == ["missing header"]


TYPES = ("object", "array", "string", "number", "null")


def marked(node, mark):
    """Return data in which each text is unlike any value of an enum."""
    if isinstance(node, dict):
        return {name: marked(value, mark) for name, value in node.items()}
    if isinstance(node, list):
        return [marked(value, mark) for value in node]
    return f"{mark} {node}" if isinstance(node, str) else node


def test_no_value_is_in_a_difference():
    for _, schema, value in EXAMPLES:
        data = marked(value, "Geheim-4711")
        shown = json.dumps(
            [[each.path, each.found, each.expected] for each in differences(SCHEMAS.node(schema), data).found]
        )
        assert "Geheim" not in shown
        assert "4711" not in shown
