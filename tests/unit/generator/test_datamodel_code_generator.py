"""Contract with datamodel-code-generator: templates get what ours read of a field."""

import json
from importlib.metadata import version

import pytest
from generator.datamodel_code_generator import _STRUCTS, _write_types

PROBE = """class {{ class_name }}({{ base_class }}):
    kwargs = {{ base_class_kwargs | default({}) | tojson }}
{%- for field in fields %}
    {{ field.name }} = {
        "required": {{ field.required | string }},
        "alias": {{ (field.alias or '') | tojson }},
        "tag": {{ (field.data_type.literals[0] if field.is_class_var else '') | tojson }},
        "type_hint": {{ field.data_type.type_hint | tojson }},
        "type": {{ (field.data_type.type or '') | tojson }},
        "admits_none": {{ field.data_type.admits_none | string }},
        {%- set kind = field.data_type %}
        {%- set named = (kind.data_types | first if kind.data_types else kind).reference %}
        "names": {{ (named.name if named else '') | tojson }},
        "secret": {{ (field.extras.x_secret is defined) | string }},
        "doc": {{ (field.docstring or '') | tojson }},
    }
{%- endfor %}
    datetimes = {{ datetimes | tojson }}
"""

STRING = {"type": "string"}
TIME = {"type": "string", "x-python-type": "_buildkite_rest.types.DateTime"}
SCHEMAS = {
    "Moment": TIME,
    "Part": {"type": "object", "properties": {"id": STRING}},
    "Bird": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "const": "bird"}}},
    "Fish": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "const": "fish"}}},
    "Pet": {
        "type": "object",
        "oneOf": [{"$ref": "#/components/schemas/Bird"}, {"$ref": "#/components/schemas/Fish"}],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"bird": "#/components/schemas/Bird", "fish": "#/components/schemas/Fish"},
        },
    },
    "Robot": {
        "type": "object",
        "required": ["id", "owner"],
        "properties": {
            "id": {**STRING, "description": "Id."},
            "owner": {"type": ["string", "null"]},
            "async": STRING,
            "code": {**STRING, "x-secret": True},
            "part": {"oneOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]},
            "seen_at": {"oneOf": [{"$ref": "#/components/schemas/Moment"}, {"type": "null"}]},
            "built_at": {"$ref": "#/components/schemas/Moment"},
            "anything": {},
        },
    },
}


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """What the templates are given for each field, by class."""
    folder = tmp_path_factory.mktemp("contract")
    (folder / "templates").mkdir()
    (folder / "templates" / "msgspec.jinja2").write_text(PROBE)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Robots", "version": "1"},
        "paths": {},
        "components": {"schemas": SCHEMAS},
    }
    names = _write_types(document, folder / "models", _STRUCTS, folder / "templates")
    assert names == {name: name.lower() for name in sorted(SCHEMAS)}, failure("one module for each schema")
    found = {}
    for name in ("Bird", "Robot"):
        text = (folder / "models" / f"{name.lower()}.py").read_text(encoding="utf-8")
        scope = {}
        exec(f"class Struct: pass\n{text[text.index('class ') :].replace('(Struct)', '')}", scope)
        found[name] = vars(scope[name])
    return found


def failure(assumption):
    return (
        f"datamodel-code-generator {version('datamodel-code-generator')}: {assumption} no longer holds. Change "
        "generator/datamodel_code_generator.py and its templates, or pin the version before this one in pyproject.toml."
    )


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("id", {"required": True, "type_hint": "str", "doc": "Id.", "secret": False}),
        ("owner", {"required": True, "type_hint": "str | None", "admits_none": True, "names": ""}),
        ("async_", {"required": False, "type_hint": "str", "admits_none": False, "alias": "async"}),
        ("code", {"secret": True}),
        ("part", {"type_hint": "Part | None", "admits_none": True}),
        ("seen_at", {"names": "Moment"}),
        ("built_at", {"names": "Moment"}),
        ("anything", {"type": "Any"}),
    ],
)
def test_a_field_has(field, expected, fields):
    assert fields["Robot"][field].items() >= expected.items(), failure(f"what is known of the field {field}")


def test_the_tag_of_a_variant_is_a_class_variable(fields):
    assert fields["Bird"]["kind"]["tag"] == "bird", failure("is_class_var and literals of a tag")
    assert fields["Bird"]["kwargs"]["tag"] == json.dumps("bird").replace('"', "'"), failure("base_class_kwargs")


def test_template_data_is_passed_on(fields):
    assert fields["Robot"]["datetimes"] == ["Moment"], failure("--extra-template-data")
