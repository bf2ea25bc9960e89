"""Changes between two revisions of a document, and their severity."""

from pathlib import Path

import pytest
import yaml
from generator.changes import Severity, merged
from generator.spec_diff.operations import document_changes

TEXT = (Path(__file__).parent / "diffed.yaml").read_text(encoding="utf-8")

SURE = "{name: sure, in: query, required: true, schema: {type: boolean}}"

BREAKING, MINOR, PATCH = Severity.BREAKING, Severity.MINOR, Severity.PATCH

OPERATIONS = [
    ("  /health:", "  /healthy:", [
        ("Added", MINOR, "`GET /healthy`"),
        ("Removed", BREAKING, "`GET /health`"),
    ]),
    ("operationId: getHealth", "operationId: readHealth", [
        ("Changed", BREAKING, "`readHealth` is the `operationId` of `GET /health`, no longer `getHealth`"),
    ]),
    ("operationId: listLamps", "operationId: listLamps\n      deprecated: true", [
        ("Deprecated", MINOR, "`GET /lamps`"),
    ]),
    ("x-scopes: [read_lamps]", "x-scopes: [see_lamps]", [
        ("Changed", BREAKING, "the scope `see_lamps` is needed by `GET /lamps`"),
        ("Changed", MINOR, "the scope `read_lamps` is no longer needed by `GET /lamps`"),
    ]),
    ("      security: []\n", "", [("Changed", BREAKING, "a token is needed by `GET /health`")]),
    ("https://lamps.example", "https://lights.example", [
        ("Added", MINOR, "the server `https://lights.example`"),
        ("Removed", BREAKING, "the server `https://lamps.example`"),
    ]),
    ("operationId: listLamps", "operationId: listLamps\n      servers: [{url: https://lists.example}]", [
        ("Added", MINOR, "the server `https://lists.example` of `GET /lamps`"),
        ("Removed", BREAKING, "the server `https://lamps.example` of `GET /lamps`"),
    ]),
    ("  /lamps:\n", "  /lamps:\n    servers: [{url: https://lamps.example}, {url: https://lists.example}]\n", [
        ("Added", MINOR, "the server `https://lists.example` of `GET /lamps` and `POST /lamps`"),
    ]),
    ("  /lamps:\n", "  /lamps:\n    servers: [{url: https://lamps.example}]\n", []),
    ("  lamp.lit:", "  lamp.on:", [
        ("Added", MINOR, "the webhook `lamp.on`"),
        ("Removed", BREAKING, "the webhook `lamp.lit`"),
    ]),
]  # fmt: skip

REQUESTS = [
    ("name: color, in: query", "name: hue, in: query", [
        ("Added", MINOR, "the query parameter `hue` of `GET /lamps`"),
        ("Removed", BREAKING, "the query parameter `color` of `GET /lamps`"),
    ]),
    ("name: color, in: query", "name: color, in: query, required: true", [
        ("Changed", BREAKING, "the query parameter `color` of `GET /lamps` is required in requests"),
    ]),
    ("name: color, in: query", "name: color, in: query, deprecated: true", [
        ("Deprecated", MINOR, "the query parameter `color` of `GET /lamps`"),
    ]),
    ("name: color, in: query", "name: color, in: query, style: deepObject", [
        ("Changed", BREAKING, "the encoding of the query parameter `color` of `GET /lamps`"),
    ]),
    ("        - {name: id", f"        - {SURE}\n        - {{name: id", [
        ("Added", BREAKING, "the query parameter `sure` of `DELETE /lamps/{id}`, which is required"),
    ]),
    ("maxLength: 20", "maxLength: 10", [
        ("Changed", BREAKING,
         "`maxLength` of the query parameter `color` of `GET /lamps` is `10` instead of `20` in requests"),
    ]),
    ("maxLength: 20", "maxLength: 30", [
        ("Changed", MINOR,
         "`maxLength` of the query parameter `color` of `GET /lamps` is `30` instead of `20` in requests"),
    ]),
    ("minimum: 1}", "minimum: 2}", [
        ("Changed", BREAKING, "`minimum` of `LampCreate.level` is `2` instead of `1` in requests"),
    ]),
    ("minimum: 1}", "maximum: 9}", [
        ("Changed", BREAKING, "`maximum` of `LampCreate.level` is `9` in requests"),
        ("Changed", MINOR, "`minimum` of `LampCreate.level` is gone in requests"),
    ]),
    ("^[a-z]+$", "^[a-y]+$", [("Changed", BREAKING, "`pattern` of `LampCreate.note` has changed in requests")]),
    ("        required: true\n", "", [
        ("Changed", MINOR, "the request body of `POST /lamps` is optional in requests"),
    ]),
    ("          application/json:\n            schema: {$ref: \"#/components/schemas/LampCreate\"}",
     "          application/xml:\n            schema: {$ref: \"#/components/schemas/LampCreate\"}", [
        ("Added", MINOR, "the media type `application/xml` of the request body of `POST /lamps`"),
        ("Removed", BREAKING, "the media type `application/json` of the request body of `POST /lamps`"),
    ]),
    ("required: [color]", "required: [color, note]", [
        ("Changed", BREAKING, "`LampCreate.note` is required in requests"),
    ]),
    ("required: [color]", "required: []", [("Changed", MINOR, "`LampCreate.color` is optional in requests")]),
    ("        note: {", "        memo: {", [
        ("Added", MINOR, "`LampCreate.memo` in requests"),
        ("Removed", BREAKING, "`LampCreate.note` in requests"),
    ]),
    ("required: [color]\n      properties:\n",
     "required: [color, size]\n      properties:\n        size: {type: integer}\n", [
        ("Added", BREAKING, "`LampCreate.size` in requests, which is required"),
    ]),
    ("note: {type: string,", "note: {type: string, deprecated: true,", [("Deprecated", MINOR, "`LampCreate.note`")]),
    ("level: {type: [integer, \"null\"]", "level: {type: integer", [
        ("Changed", BREAKING, "`LampCreate.level` cannot be null in requests"),
    ]),
    ("level: {type: [integer, \"null\"]", "level: {type: [number, \"null\"]", [
        ("Changed", MINOR, "`LampCreate.level` may be of the type number in requests"),
    ]),
    ("level: {type: [integer, \"null\"]", "level: {type: [string, \"null\"]", [
        ("Changed", BREAKING, "`LampCreate.level` cannot be of the type integer in requests"),
        ("Changed", MINOR, "`LampCreate.level` may be of the type string in requests"),
    ]),
    ("enum: [white, black]", "enum: [white, grey]", [
        ("Added", MINOR, "the value `grey` of `PaintedColor`"),
        ("Removed", BREAKING, "the value `black` of `PaintedColor`"),
    ]),
    ("\n      enum: [white, black]", "", [
        ("Changed", MINOR, "`PaintedColor` may have any value in requests"),
    ]),
]  # fmt: skip

RESPONSES = [
    ('"404":', '"410":', [
        ("Added", MINOR, "the response 410 of `GET /lamps`"),
        ("Removed", BREAKING, "the response 404 of `GET /lamps`"),
    ]),
    ("            Link:", "            Next:", [
        ("Added", MINOR, "the header `Next` in responses of `GET /lamps`"),
        ("Removed", BREAKING, "the header `Link` in responses of `GET /lamps`"),
    ]),
    ("            text/plain:", "            text/html:", [
        ("Added", MINOR, "the media type `text/html` of the response 404 of `GET /lamps`"),
        ("Removed", BREAKING, "the media type `text/plain` of the response 404 of `GET /lamps`"),
    ]),
    ("enum: [red, blue]", "enum: [red, green]", [
        ("Added", MINOR, "the value `green` of `Color`"),
        ("Removed", MINOR, "the value `blue` of `Color`"),
    ]),
    ("\n      enum: [red, blue]", "", [("Changed", MINOR, "`Color` may have any value in responses")]),
    ('        - $ref: "#/components/schemas/GasBulb"\n', "", [
        ("Removed", MINOR, "the variant `gas` of `Bulb` in responses"),
    ]),
    ('        - $ref: "#/components/schemas/GasBulb"\n',
     '        - $ref: "#/components/schemas/GasBulb"\n        - properties: {type: {const: oil}}\n', [
        ("Added", MINOR, "the variant `oil` of `Bulb` in responses"),
    ]),
    ("        gas: {type: string}", "        gas: {type: integer}", [
        ("Changed", BREAKING, "`GasBulb.gas` may be of the type integer in responses"),
        ("Changed", MINOR, "`GasBulb.gas` is never of the type string in responses"),
    ]),
    ("        lit_at:", "        lumen: {type: integer}\n        lit_at:", [
        ("Added", MINOR, "`Lamp.lumen` in responses"),
    ]),
    ("        labels: {type: array, items: {type: string}}\n", "", [
        ("Removed", BREAKING, "`Lamp.labels` in responses"),
    ]),
    ("items: {type: string}", 'items: {type: [string, "null"]}', [
        ("Changed", BREAKING, "`Lamp.labels[]` may be null in responses"),
    ]),
    ("required: [id, color, bulb, level]", "required: [id, color, bulb]", [
        ("Changed", BREAKING, "`Lamp.level` may be absent in responses"),
    ]),
    ("required: [id, color, bulb, level]", "required: [id, color, bulb, level, owner]", [
        ("Changed", MINOR, "`Lamp.owner` is always present in responses"),
    ]),
    ('owner: {$ref: "#/components/schemas/Owner"}',
     'owner: {oneOf: [{$ref: "#/components/schemas/Owner"}, {type: "null"}]}', [
        ("Changed", BREAKING, "`Lamp.owner` may be null in responses"),
    ]),
    ('lit_at: {type: [string, "null"]', "lit_at: {type: string", [
        ("Changed", MINOR, "`Lamp.lit_at` is never null in responses"),
    ]),
    (", format: date-time", "", [("Changed", BREAKING, "`format` of `Lamp.lit_at` is gone in responses")]),
    ("format: uuid", "format: uri", [
        ("Changed", PATCH, "`format` of `Lamp.id` is `uri` instead of `uuid` in responses"),
    ]),
    ("maximum: 10}", "maximum: 12}", [
        ("Changed", PATCH, "`maximum` of `Lamp.level` is `12` instead of `10` in responses"),
    ]),
    ("event: {type: string}", 'event: {type: [string, "null"]}', [
        ("Changed", BREAKING, "`LampLit.event` may be null in responses"),
    ]),
]  # fmt: skip


def changes(*edits):
    text = TEXT
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in the document"
        text = text.replace(old, new)
    found = merged(document_changes(yaml.safe_load(TEXT), yaml.safe_load(text)))
    return [(change.section, change.severity, change.text) for change in found]


@pytest.mark.parametrize(("old", "new", "expected"), [*OPERATIONS, *REQUESTS, *RESPONSES])
def test_a_change_has_the_severity_for_strict_requests_and_lenient_readers(old, new, expected):
    assert changes((old, new)) == expected


def test_a_description_is_not_a_change():
    assert changes(("    Owner:\n", "    Owner:\n      description: Whose lamp it is.\n")) == []


@pytest.mark.parametrize("name", ["Owner", "Color", "LedBulb", "PaintedColor"])
def test_a_deprecated_schema_is_one_change(name):
    node = f"    {name}:\n"
    assert changes((node, f"{node}      deprecated: true\n")) == [("Deprecated", MINOR, f"`{name}`")]


def test_a_schema_that_is_not_deprecated_any_more_is_a_change():
    text = TEXT.replace("    Owner:\n", "    Owner:\n      deprecated: true\n")
    found = merged(document_changes(yaml.safe_load(text), yaml.safe_load(TEXT)))
    assert [(each.severity, each.text) for each in found] == [(MINOR, "`Owner` is not deprecated any more")]


def test_the_name_of_a_parameter_of_the_path_is_not_sent():
    assert changes(("/lamps/{id}:", "/lamps/{lamp}:"), ("name: id,", "name: lamp,")) == []


def test_a_server_of_an_operation_that_is_gone_is_a_change():
    text = TEXT.replace("  /health:\n", "  /health:\n    servers: [{url: https://health.example}]\n")
    found = merged(document_changes(yaml.safe_load(text), yaml.safe_load(TEXT)))
    assert [(each.severity, each.text) for each in found] == [
        (MINOR, "the server `https://lamps.example` of `GET /health`"),
        (BREAKING, "the server `https://health.example` of `GET /health`"),
    ]


def test_a_renamed_component_is_not_a_change():
    text = TEXT.replace("Owner", "Person")
    assert merged(document_changes(yaml.safe_load(TEXT), yaml.safe_load(text))) == []


def test_what_is_both_sent_and_received_has_the_severity_of_requests():
    text = TEXT.replace("/PaintedColor", "/Color")
    found = merged(document_changes(yaml.safe_load(text), yaml.safe_load(text.replace("[red, blue]", "[red]"))))
    assert [(each.severity, each.text) for each in found] == [(BREAKING, "the value `blue` of `Color`")]


def test_properties_of_composed_schemas_are_compared():
    composed = "    Owner:\n      allOf: [{properties: {age: {type: integer}}}]\n"
    assert changes(("    Owner:\n", composed)) == [("Added", MINOR, "`Owner.age` in responses")]


def test_an_object_that_becomes_a_union_gains_variants():
    union = TEXT.replace('bulb: {$ref: "#/components/schemas/Bulb"}', 'bulb: {$ref: "#/components/schemas/LedBulb"}')
    found = merged(document_changes(yaml.safe_load(union), yaml.safe_load(TEXT)))
    assert [(each.severity, each.text) for each in found] == [(MINOR, "the variant `gas` of `Bulb` in responses")]


def test_the_same_change_of_many_operations_is_one_line():
    text = TEXT.replace("responses:\n", 'responses:\n        "503": {}\n')
    found = merged(document_changes(yaml.safe_load(TEXT), yaml.safe_load(text)))
    listed = "`DELETE /lamps/{id}`, `GET /health`, `GET /lamps` and 1 more"
    assert [each.text for each in found] == [f"the response 503 of {listed}"]
