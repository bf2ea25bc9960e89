"""Violations of each house rule: an edit of the robots spec, and the line and message of the finding."""

from attrs import frozen
from tests.unit.generator.spec_fixture import ROBOTS, ROOT, TAPES


@frozen
class Violation:
    """An edit that violates one rule."""

    rule: str
    file: str
    old: str
    new: str
    at: str
    """The end of the line that the finding refers to."""
    message: str
    """A part of its message."""
    found_in: str
    """The file that the finding refers to."""
    also: frozenset[str]
    """Other rules that the edit violates too."""

    def __str__(self):
        return f"{self.rule}: {self.message}"


def violation(rule, old, new, at, message, *, file=ROBOTS, found_in=None, also=()):
    return Violation(rule, file, old, new, at, message, found_in or file, frozenset(also))


def part(rule, schema, message, *, also=()):
    """Edit a property that is in no example and no response, so that no other rule is violated."""
    return violation(
        rule, "type: integer} # Part parts", f"{schema}}} # Part parts", "# Part parts", message, also=also
    )


def get_robot(rule, old, new, message):
    """Edit the operation `getRobot`, with the finding at its method."""
    return violation(rule, old, new, "# getRobot", message)


def tape(rule, old, new, at, message, *, also=()):
    return violation(rule, old, new, at, message, file=TAPES, also=also)


_EXAMPLES = ["example-valid"]
_BODY = "{$ref: '#/components/schemas/RobotCreate'} # createRobot body"
_FLYER = "- $ref: '#/components/schemas/Flyer'"
_KIND = "type: string, const: flyer}"
_DOCS = "externalDocs: {url: 'https://buildkite.com/docs/robots#get'}"
_FLYER_ID = "id: {description: Id of the robot., type: string} # Flyer id"
_CIRCLE = "id: {$ref: '#/components/schemas/Robot'}"
_GONE = "'204': {description: The robot is gone.}"
_EXAMPLE = "{value: {robot_id: r2, code: not-a-real-code}} # createRobot example"
_LIST = "type: array, items: {$ref: '#/components/schemas/Robot'}} # listRobots schema"

REFERENCES = [
    violation(
        "reference-alone", "RobotCreate'} #", "RobotCreate', title: R} #", "# createRobot body", "title beside a $ref"
    ),
    violation(
        "component-used",
        _BODY,
        "{$ref: '#/components/schemas/Part'} # createRobot body",
        "    RobotCreate:",
        "nothing refers",
        also=_EXAMPLES,  # the example is of the other schema
    ),
    violation("schemas-acyclic", _FLYER_ID, _CIRCLE, "    Flyer: # Flyer", "Flyer → Robot → Flyer"),
]

SCHEMAS = [
    violation(
        "object-named", _BODY, "{type: object} # createRobot body", "# createRobot body", "an object needs a name"
    ),
    part("object-named", "additionalProperties: {type: string}", "an object needs a name"),
    part("enum-named", "type: string, enum: [two]", "an enum needs a name"),
    violation("enum-named", "[planned, built]", "[planned, 7]", "# State", "has strings only"),
    part("nullable", "type: ['null', integer]", "and 'null' last"),
    part("nullable", "type: [array, integer], items: {type: string}", "one scalar or `array`"),
    part("nullable", "type: [string, integer]", "write others as a oneOf"),
    part("nullable", "type: 'null'", "for a branch of a oneOf"),
    part("nullable", "anyOf: [{type: integer}, {type: 'null'}]", "use oneOf, not anyOf"),
    part(
        "union-tagged",
        "oneOf: [{$ref: '#/components/schemas/Walker'}, {$ref: '#/components/schemas/Flyer'}]",
        "a union of objects needs a discriminator",
    ),
    violation(
        "union-tagged",
        _FLYER,
        "- $ref: '#/components/schemas/Walker'",
        "# Robot",
        "the same schemas",
        also=_EXAMPLES,
    ),
    violation("union-tagged", _KIND, "type: string}", "# Robot", "Flyer needs a required property 'kind'"),
    violation("union-tagged", "kind.\n      type: object\n", "kind.\n", "# Robot", "needs `type: object`"),
    part("const-tag-only", "type: string, const: two", "const is only for the tag"),
    part("pattern-portable", "type: string, pattern: '^(?!x)'", "refuse the pattern '^(?!x)'"),
    *(
        part("pattern-portable", f"type: string, pattern: '{pattern}'", "refuse the pattern")
        for pattern in ("[]", "[^]", "(?<n>a)\\k<n>", "a{99999999999}")
    ),
    part("pattern-portable", f"type: string, pattern: '{'(' * 200}{')' * 200}'", "is nested too deep"),
    part("secret-property", "type: string, x-secret: true", "x-secret is for a property of a response"),
    part("python-type-property", "type: array, items: {$ref: '#/components/schemas/Moment'}", "must be a property"),
    part(
        "python-type-property",
        "oneOf: [{$ref: '#/components/schemas/Moment'}, {type: integer}, {type: 'null'}]",
        "in a oneOf with null",
    ),
    violation(
        "required-described",
        "required: [number]",
        "required: [number, colour]",
        "    Part:",
        "'colour' is required, but is not a property",
    ),
]

OPERATIONS = [
    violation("sdk-method", "x-sdk-method: delete", "x-sdk-method: get", "# deleteRobot", "is used twice"),
    tape("sdk-method", "method: get_text,", "method: get,", "# getTape", "is used twice"),
    tape(
        "sdk-variants",
        "returns: text}",
        "returns: text, headers: [X]}",
        "# text variant",
        "there is no header parameter X",
    ),
    violation(
        "pagination",
        "        - $ref: '#/components/parameters/page'\n",
        "",
        "# listRobots",
        "link pagination needs page",
    ),
    violation(
        "pagination",
        f"{{{_LIST}",
        "{$ref: '#/components/schemas/Robot'}",
        "# listRobots",
        "an array on 200",
        also=_EXAMPLES,
    ),
    tape(
        "pagination",
        "schemas/TapeList'}",
        "schemas/Tape'}",
        "# listTapes",
        "{items, links} on 200",
        also=_EXAMPLES,
    ),
    violation("pagination", "x-pagination: link", "x-pagination: none", "# listRobots", "of link: page, per_page"),
]

EXAMPLES = [
    violation(
        "example-exists",
        f"              examples:\n                built: {_EXAMPLE}\n",
        "",
        "'201': # createRobot",
        "missing",
    ),
    violation("example-valid", _EXAMPLE, "{value: {robot_id: 7, code: x}}", "# createRobot 201", "/robot_id"),
    violation("example-valid", "      example: r2\n", "      example: 2\n", "    id:", "not valid at /", file=ROOT),
]

_HEALTH = "x-sdk-method: health"
_TAG = "    description: Tapes that robots record.\n"
_GONE = "'204': {description: The robot is gone.}"
_MADE = "        '201': # createRobot\n"
_WALKER = """        '200':
          description: The robot exists.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Walker'}
              examples: {walker: {value: {kind: walker, id: r2}}}
"""
_TEXT = "description: How many legs."
_NO = "x-idempotent: true"
_EMPTY = "description: Anything.\n      x-entry-point: true\n      type: string"
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
        violation("sdk-method", _HEALTH, f"x-sdk-method: {name}", "# getHealth", "uses itself")
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
]


VALUES = [
    part("keyword-type", "type: integer, minLength: 1", "minLength has no effect on integer"),
    *(
        part("keyword-type", schema, message)
        for schema, message in {
            "type: integer, format: date-time": "format date-time has no effect on integer",
            "type: string, format: int64": "format int64 has no effect on string",
        }.items()
    ),
    part("all-of-objects", "allOf: [{type: string}, {maxLength: 2}]", "allOf is for objects"),
    part(
        "all-of-objects",
        "allOf: [{type: object, properties: {a: {description: A., type: string}}}, "
        "{type: object, properties: {a: {description: A., type: integer}}}]",
        "two schemas of allOf have a property 'a'",
    ),
    *(
        part("property-name", f"type: integer}}\n        {name}: {{{_TEXT}, type: string", message)
        for name, message in {
            "number-": "'number' and 'number-'",
            "_": "'_' has no letter from A to Z",
            "''": "'' has no letter from A to Z",
            "'a\"b'": "would end or break a string",
            "'a\\b'": "would end or break a string",
            '"a\\nb"': "would end or break a string",
        }.items()
    ),
]

REQUIREMENTS = [
    violation("openapi", "  /health:", "  /health/:", "  /health/:", "is not a name here"),
    violation("openapi", "  /health:\n", "  /health:\n    summary: No\n", "    summary: No", "'summary' is not a name"),
    violation("openapi", "operationId: getRobot", "operationId: get_it", "operationId: get_it", "does not match"),
    violation("openapi", "x-sdk-method: get\n", "x-sdk-method: getIt\n", "getIt", "does not match"),
    violation("openapi", "x-sdk-method: get\n", f"x-sdk-method: get\n      {_NO}\n", _NO, "false was expected"),
    get_robot("openapi", "get\n      x-scopes: [read_robots]", "get", '"x-scopes" is a required property'),
    violation("openapi", _DOCS, "externalDocs: {url: 'https://example.org'}", "example.org'}", "does not match"),
    violation("openapi", _DOCS, _DOCS.replace("docs/", "docs/%2E%2e/"), "%2E%2e/robots#get'}", "is not allowed"),
    get_robot("openapi", f"      {_DOCS}\n", "", '"externalDocs" is a required property'),
    violation("openapi", "parts: {description: How many of them., ", "parts: {", "# Part parts", '"description" is a'),
    violation("openapi", _HEALTH, f"{_HEALTH}\n      x-scope: []", "x-scope: []", "'x-scope' is not a name here"),
    part("openapi", "type: integer, x-secrets: true", "'x-secrets' is not a name here"),
    part("openapi", "type: integer, minimun: 1", "'minimun' is not a name here"),
    part("openapi", "type: string, format: hostname", '"hostname" is not one of'),
    violation("openapi", "    MetaData:\n", f"    a: # a\n      {_EMPTY}\n    MetaData:\n", "# a", "does not match"),
    violation(
        "operation-named",
        "operationId: deleteRobot",
        "operationId: getRobot",
        "# deleteRobot",
        "used by /robots/{id} get",
    ),
    violation(
        "operation-named", "x-scopes: [write_robots]", "x-scopes: [wirte_robots]", "# deleteRobot", "wirte_robots"
    ),
    get_robot("operation-named", "getRobot\n      tags: [robots]", "getRobot\n      tags: [cats]", "do not list cats"),
    get_robot("sdk-method", "x-sdk-method: get\n", "x-sdk-method: import\n", "'import' is a keyword"),
]

VIOLATIONS = [*REFERENCES, *SCHEMAS, *OPERATIONS, *EXAMPLES, *NAMES, *WIRE, *VALUES, *REQUIREMENTS]
