"""The comparison of data and schemas finds what a validator of JSON Schema finds."""

import copy
import json
import random

import pytest
from tests.unit.client.description import described, document, problems, resolve

from buildkite_rest.traffic._differences import Kind, differences
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
