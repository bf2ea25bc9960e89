"""Violations of the rules about keys without effect, names that collide, and what the client cannot send or read."""

from tests.unit.generator.spec_fixture import ROOT
from tests.unit.generator.violations import part, tape, violation

_HEALTH = "x-sdk-method: health"
_TAG = "    description: Tapes that robots record.\n"
_RANGE = "- {name: Range, in: header, description: Which bytes to send., schema: {type: string}} # Range"
_GONE = "'204': {description: The robot is gone.}"
_MADE = "        '201': # createRobot\n"
_WALKER = """        '200':
          description: The robot exists.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Walker'}
              examples: {walker: {value: {kind: walker, id: r2}}}
"""
_BUILT = "{value: {robot_id: r2, code: not-a-real-code}} # createRobot example"
_TAPE = "description: The tape.\n          content:\n            application/json:"
_TEXT = "description: How many legs."
_EMPTY = "description: Anything.\n      x-entry-point: true\n      type: string"
_LOOP = "#/components/headers/Loop"


def text(new, message):
    """Edit the description of a property."""
    return violation("comment-safe", f"{{{_TEXT}", f"{{description: {new}", "# legs", message)


KEYS = [
    part("keyword-known", "type: integer, minimun: 1", "no schema keyword 'minimun'"),
    violation("keyword-known", "required: [number]", "requierd: [number]", "    Part:", "no schema keyword 'requierd'"),
    violation("example-known", _BUILT, _BUILT.replace("{robot", "{robto: 1, robot"), "# createRobot 201", "/robto"),
    tape("example-known", "{title: Beeps, minutes: 1.5}], l", "{title: B, minuts: 1}], l", "# listTapes 200", "minuts"),
]

NAMES = [
    violation(
        "tag-used", _TAG, f"{_TAG}  - name: moons\n    description: M.\n", "- name: moons", "no operation", file=ROOT
    ),
    *(
        violation(
            "tag-name",
            _TAG,
            f"{_TAG}  - name: {name}\n    description: M.\n",
            f"- name: {name}",
            message,
            file=ROOT,
            also=["tag-used"],
        )
        for name, message in {
            "bound": "uses itself",
            "close": "uses itself",
            "slug": "uses itself",
            "str": "uses itself",
            "import": "must be a snake_case name",
            "Moons": "must be a snake_case name",
            "my-moons": "must be a snake_case name",
        }.items()
    ),
    *(
        violation("method-name", _HEALTH, f"x-sdk-method: {name}", "# getHealth", "uses itself")
        for name in ("str", "bound", "models")
    ),
    *(
        violation(
            "property-name",
            f"legs: {{{_TEXT}, type: integer}} # legs",
            f"{name}: {{{_TEXT}, type: integer}}",
            f"{name}: {{{_TEXT}, type: integer}}",
            "hides the type",
            also=["example-known"],
        )
        for name in ("datetime", "str", "Mapping")
    ),
    part(
        "property-name",
        f"type: integer}}\n        nick-name: {{{_TEXT}, type: string}}\n        nick_name: {{{_TEXT}, type: string",
        "'nick-name' and 'nick_name'",
    ),
    *(
        violation(
            "schema-name", "    MetaData:\n", f"    {name}: # new\n      {_EMPTY}\n    MetaData:\n", "# new", message
        )
        for name, message in {
            "Literal": "generated modules import",
            "Mapping": "generated modules import",
            "Model": "generated modules import",
            "model": "CapWords",
            "Meta-Value": "CapWords",
        }.items()
    ),
    text("'How many \"legs\"'", "neither"),
    text("'How many legs\\'", "neither"),
    text('\'How """ many legs.\'', "neither"),
    text('"How many\\0legs."', "printable"),
    violation(
        "comment-safe",
        "summary: Get a robot",
        "summary: 'Get \\ a robot'",
        "summary: 'Get \\ a robot'",
        "one line without backslashes",
    ),
]

WIRE = [
    tape(
        "parameter-location",
        _RANGE,
        f"{_RANGE}\n        - {{name: c, in: cookie, description: C., schema: {{type: string}}}} # c",
        "# c",
        "not in a cookie",
    ),
    violation("array-parameter", "- name: built[]", "- name: built", "- name: built", "ends in []"),
    violation(
        "array-parameter",
        "schema: {type: array, items: {type: integer}}",
        "schema: {type: integer}",
        "- name: built[]",
        "no other name does",
    ),
    violation(
        "array-parameter",
        "          style: deepObject\n          explode: true\n",
        "",
        "- name: meta_data",
        "needs `style: deepObject`",
    ),
    *(
        violation(
            "response-status",
            _GONE,
            f"{_GONE}\n        {status}: {{description: Other.}}",
            f"{status}: {{description: Other.}}",
            "one status",
        )
        for status in ("default", "'2XX'", "'5XX'")
    ),
    violation("success-schema", _MADE, f"{_WALKER}{_MADE}", "'201': # createRobot", "one type"),
    tape(
        "json-media-type",
        _TAPE,
        _TAPE.replace("json", "vnd.tape+json"),
        "application/vnd.tape+json:",
        "would be read as text",
    ),
    tape(
        "json-media-type",
        _TAPE,
        _TAPE.replace("json", "json; charset=utf-8"),
        "charset=utf-8:",
        "would be read as text",
    ),
    tape(
        "binary-format",
        "            text/html: {schema: {type: string}}",
        "            text/html: {schema: {type: string}}\n            image/png: {schema: {type: string}}",
        "image/png: {schema: {type: string}}",
        "image/png is not text",
    ),
    tape(
        "text-variant",
        "text/plain: {schema: {type: string}}",
        "text/plain: {schema: {type: string, format: binary}}",
        "# text variant",
        "text/plain is binary",
    ),
    violation(
        "reference-ends",
        "    Count: {desc",
        f"    Loop: {{$ref: '{_LOOP}'}}\n    Count: {{desc",
        f"{{$ref: '{_LOOP}'}}",
        "refers to itself",
        file=ROOT,
    ),
    violation("scopes", "x-scopes: [write_robots]", "x-scopes: [wirte_robots]", "# deleteRobot", "list wirte_robots"),
]

VIOLATIONS = [*KEYS, *NAMES, *WIRE]
