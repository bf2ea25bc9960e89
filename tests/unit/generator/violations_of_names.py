"""Violations of the rules about keys without effect, names that collide, and what the client cannot send or read."""

from tests.unit.generator.spec_fixture import ROOT
from tests.unit.generator.violations import part, violation

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
_TEXT = "description: How many legs."
_EMPTY = "description: Anything.\n      x-entry-point: true\n      type: string"
KEYS = [
    part("keyword-known", "type: integer, minimun: 1", "no schema keyword 'minimun'"),
    violation("keyword-known", "required: [number]", "requierd: [number]", "    Part:", "no schema keyword 'requierd'"),
]

NAMES = [
    *(
        violation(
            "tag-name",
            _TAG,
            f"{_TAG}  - name: {name}\n    description: M.\n",
            f"- name: {name}",
            message,
            file=ROOT,
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
]

WIRE = [
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
    violation("success-schema", _MADE, f"{_WALKER}{_MADE}", "'201': # createRobot", "one type"),
    violation("scopes", "x-scopes: [write_robots]", "x-scopes: [wirte_robots]", "# deleteRobot", "list wirte_robots"),
]

VIOLATIONS = [*KEYS, *NAMES, *WIRE]
