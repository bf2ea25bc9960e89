"""Wrong types and empty values of each extension and of each keyword of schemas are problems, not tracebacks."""

from functools import cache

import pytest
from attrs import evolve
from generator.bundle import read_bundle
from generator.lint import lint
from generator.lint.extensions import FORMS
from generator.lint.keywords import _KEYWORDS
from generator.openapi_schema import schema_errors
from msgspec import to_builtins
from tests.unit.generator.spec_fixture import SPEC

WRONG = (None, 0, "", [], {}, "x", [None])
PLACES = {
    "info": ("info",),
    "operation": ("paths", "/robots", "post"),
    "parameters": ("components", "parameters", "page"),
    "schema": ("components", "schemas", "Part", "properties", "number"),
    "securitySchemes": ("components", "securitySchemes", "bearer"),
}
_bundle = cache(lambda: read_bundle(SPEC))


def problems(place, key, value):
    """Return the messages about the robots spec with a value, as `read_bundle` and `lint` do."""
    document = to_builtins(_bundle().document)
    node = document
    for each in PLACES[place]:
        node = node[each]
    node[key] = value
    found = [message for _, message in schema_errors(document)]
    return found or [problem.message for problem in lint(evolve(_bundle(), document=document))]


def is_one_line(message):
    return "\n" not in message and " object at 0x" not in message and not message.endswith(" ")


@pytest.mark.parametrize(("place", "key"), [(place, key) for place, forms in FORMS.items() for key in forms])
def test_a_wrong_value_of_an_extension(place, key):
    found = {str(value): problems(place, key, value) for value in WRONG}
    assert all(is_one_line(message) for messages in found.values() for message in messages)
    # An absence of scopes is a list without items, and each name is a text.
    assert {value for value, messages in found.items() if not messages} <= {"[]", "x"}


@pytest.mark.parametrize("key", sorted(_KEYWORDS - {"description", "title", "default", "example", "examples", "const"}))
def test_a_wrong_value_of_a_keyword(key):
    found = {str(value): problems("schema", key, value) for value in WRONG}
    assert all(is_one_line(message) for messages in found.values() for message in messages)
    assert found["None"]
    assert found["[None]"]
