"""Values at the limits of what is allowed."""

from typing import Any

import pytest
from buildkite_rest.conformance.effects.acceptance import names_other, rows
from buildkite_rest.conformance.effects.limits import allowed_values, plain_name

KEY = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$", "maxLength": 12}


@pytest.mark.parametrize(
    ("name", "schema", "base", "values"),
    [
        ("key", KEY, "Key", ["Key0K", "Key_K", "KeyaK", "KeyAK", "Keyxxxxxxxxx"]),
        ("role", {"type": "string", "enum": ["member", "admin"]}, None, ["member", "admin"]),
        ("name", {"type": "string", "minLength": 1}, "Key", ["Key Zoë 日本"]),
        ("slug", {"type": "string"}, "key", []),
        ("description", {"type": ["string", "null"]}, None, ["Zoë 日本", None]),
        ("url", {"type": "string", "format": "uri"}, None, []),
        ("priority", {"type": "integer", "minimum": 1, "maximum": 10}, None, [1, 10]),
        ("tags", {"type": "array", "maxItems": 2, "items": {"type": "string"}}, None, [[], ["tag-0", "tag-1"]]),
        ("tags", {"type": "array", "minItems": 1}, None, []),
    ],
)
def test_allowed_values(name: str, schema: dict[str, Any], base: str | None, values: list[Any]) -> None:
    assert list(allowed_values(name, schema, base)) == values


def test_a_plain_name_has_only_letters_unless_it_marks_an_object() -> None:
    assert plain_name("key", "DEPLOY_KEY_2", is_marked=False).isalpha()
    assert plain_name("name", "x", is_marked=True).startswith("conformance")


def test_rows_have_each_value_once() -> None:
    assert list(rows({"a": [1, 2], "b": [3]})) == [{"a": 1, "b": 3}, {"a": 2}]
    assert list(rows({})) == []


@pytest.mark.parametrize(
    ("body", "is_other"),
    [
        ({"message": "Validation failed: role is invalid"}, False),
        ({"message": "Validation failed: team_id is missing"}, True),
        ({"message": "Validation Failed", "errors": [{"field": "team_id", "code": "missing"}]}, True),
        ({"message": "Validation Failed", "errors": [{"field": "role", "code": "invalid"}]}, False),
        (None, False),
    ],
)
def test_an_error_about_another_property(body: object, is_other: bool) -> None:
    assert names_other(body, "role", {"role": {}, "team_id": {}}) == is_other
