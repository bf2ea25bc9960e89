"""Values that the runner may see accepted, though the spec has them in another form."""

import pytest

from buildkite_rest.conformance.false_positives import is_accepted, is_no_body

PAGE = {"type": "integer", "minimum": 1}
BOUNDED = {**PAGE, "maximum": 100}
BOOLEAN = {"type": "boolean"}
TIME = {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("query", "name", "schema", "accepted"),
    [
        ("page=0", "page", PAGE, True),
        ("per_page=abc", "per_page", PAGE, True),
        ("per_page=", "per_page", BOUNDED, True),
        ("per_page=0", "per_page", BOUNDED, False),
        ("size=0", "size", PAGE, False),
        ("flag=True", "flag", BOOLEAN, True),
        ("flag=", "flag", BOOLEAN, True),
        ("flag=maybe", "flag", BOOLEAN, False),
        ("flag=True&flag=maybe", "flag", BOOLEAN, False),
        ("since=2026-02-01", "since", TIME, True),
        ("since=2026-02-01T10:00:00%2B00:00", "since", TIME, True),
        ("since=2026-02-01T10:00:00+00:00", "since", TIME, False),
        ("since=yesterday", "since", TIME, False),
        ("state=", "state", {"type": "string", "enum": ["passed"]}, True),
        ("state=x", "state", {"type": "string", "enum": ["passed"]}, False),
        ("state[]=", "state[]", {"type": "array", "items": {"type": "string", "enum": ["passed"]}}, True),
        ("after=", "after", {"type": "string", "minLength": 1}, False),
        ("", "page", PAGE, False),
    ],
)
def test_only_values_that_rails_casts_are_accepted(query, name, schema, accepted):
    assert is_accepted(f"http://x/v2/builds?{query}", name, schema) is accepted


@pytest.mark.parametrize(("body", "accepted"), [(None, True), ("", True), ({}, False), ("x", False), (0, False)])
def test_null_is_no_body(body, accepted):
    assert is_no_body(body) is accepted
