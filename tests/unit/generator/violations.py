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
_MAP = "additionalProperties: {type: string}\n"
_BODY = "{$ref: '#/components/schemas/RobotCreate'} # createRobot body"
_FLYER = "- $ref: '#/components/schemas/Flyer'"
_KIND = "type: string, const: flyer}"
_DOCS = "externalDocs: {url: 'https://buildkite.com/docs/robots#get'}"
_NOT_FOUND = "'404': {$ref: '#/components/responses/NotFound'} # getRobot 404\n"
_FLYER_ID = "id: {description: Id of the robot., type: string} # Flyer id"
_CIRCLE = "id: {$ref: '#/components/schemas/Robot'}"
_GONE = "'204': {description: The robot is gone.}"
_EXAMPLE = "{value: {robot_id: r2, code: not-a-real-code}} # createRobot example"
_LIST = "type: array, items: {$ref: '#/components/schemas/Robot'}} # listRobots schema"
_TAPE_ITEMS = "type: array, items: {$ref: '#/components/schemas/Tape'}}"

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
        also=["example-valid", "example-known"],  # the example is of the other schema
    ),
    violation("schemas-acyclic", _FLYER_ID, _CIRCLE, "    Flyer: # Flyer", "Flyer → Robot → Flyer"),
]

SCHEMAS = [
    violation(
        "object-named", _BODY, "{type: object} # createRobot body", "# createRobot body", "an object needs a name"
    ),
    part("object-named", "additionalProperties: {type: string}", "an object needs a name"),
    part("object-named", "oneOf: [{properties: {}}, {type: 'null'}]", "an object needs a name"),
    part("enum-named", "type: string, enum: [two]", "an enum needs a name"),
    violation("enum-named", "[planned, built]", "[planned, 7]", "# State", "has strings only"),
    part("nullable", "type: integer, nullable: true", "no `nullable`"),
    part("nullable", "type: ['null', integer]", "and 'null' last"),
    part("nullable", "type: [array, integer], items: {type: string}", "one scalar or `array`"),
    part("nullable", "type: [string, integer]", "write others as a oneOf"),
    part("nullable", "type: [string, integer, 'null']", "write others as a oneOf"),
    part("nullable", "type: [string]", "and 'null' last"),
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
        also=[*_EXAMPLES, "example-known"],
    ),
    violation("union-tagged", _KIND, "type: string}", "# Robot", "Flyer needs a required property 'kind'"),
    violation("union-tagged", _KIND, "type: string, const: bird}", "# Robot", "with const 'flyer'", also=_EXAMPLES),
    violation("union-tagged", "[kind, id, wings]", "[id, wings]", "# Robot", "Flyer needs a required property"),
    violation("union-tagged", "kind.\n      type: object\n", "kind.\n", "# Robot", "needs `type: object`"),
    violation("map-values", _MAP, "additionalProperties: true\n", "    MetaData:", "an empty object"),
    part("const-tag-only", "type: string, const: two", "const is only for the tag"),
    violation(
        "described",
        "# Tape\n      description: What a robot has recorded.\n",
        "# Tape\n",
        "# Tape",
        "missing",
        file=TAPES,
    ),
    violation(
        "described", "parts: {description: How many of them., ", "parts: {", "# Part parts", "a description is missing"
    ),
    part("format-known", "type: string, format: hostname", "unknown format 'hostname'"),
    part("pattern-portable", "type: string, pattern: '^(?!x)'", "refuse the pattern '^(?!x)'"),
    *(
        part("pattern-portable", f"type: string, pattern: '{pattern}'", "refuse the pattern")
        for pattern in ("[]", "[^]", "(?<n>a)\\k<n>", "a{99999999999}")
    ),
    part("pattern-portable", f"type: string, pattern: '{'(' * 200}{')' * 200}'", "is nested too deep"),
    violation(
        "pattern-portable",
        "type: string} # Flyer id",
        "type: string, pattern: '[]'} # Flyer id",
        "# Flyer id",
        "refuse the pattern '[]'",
    ),
    part("secret-property", "type: string, x-secret: true", "x-secret is for a property of a response"),
    part("python-type-property", "type: array, items: {$ref: '#/components/schemas/Moment'}", "must be a property"),
    part(
        "python-type-property",
        "oneOf: [{$ref: '#/components/schemas/Moment'}, {type: integer}, {type: 'null'}]",
        "in a oneOf with null",
    ),
    part("no-default", "type: integer, default: 1", "would send the default"),
    violation(
        "required-described",
        "required: [number]",
        "required: [number, colour]",
        "    Part:",
        "'colour' is required, but is not a property",
    ),
]

OPERATIONS = [
    violation("path-shape", "  /health:", "  /health/:", "  /health/:", "no trailing slash"),
    *(
        violation("path-shape", "  /health:", f"  /health/{segment}:", f"  /health/{segment}:", "plain segments")
        for segment in ("..", ".", "../ready")
    ),
    violation("path-shape", "  /health:", "  /he alth:", "  /he alth:", "plain segments"),
    violation(
        "path-shape",
        "  /health:\n",
        "  /health:\n    summary: No\n",
        "    summary: No",
        "'summary' is not an HTTP method",
    ),
    tape(
        "path-shape",
        "{id}/tape/download:",
        "{robot}/tapes:",
        "{robot}/tapes:",
        "merge the two paths",
    ),
    get_robot("operation-id", "operationId: getRobot", "operationId: get_robot", "a verb and a noun"),
    violation(
        "operation-id", "operationId: deleteRobot", "operationId: getRobot", "# deleteRobot", "already used by GET"
    ),
    get_robot(
        "operation-tag",
        "getRobot\n      tags: [robots]",
        "getRobot\n      tags: [robots, tapes]",
        "exactly one of the tags",
    ),
    get_robot("operation-tag", "getRobot\n      tags: [robots]", "getRobot\n      tags: [cats]", "listed in the root"),
    get_robot("operation-tag", "getRobot\n      tags: [robots]", "getRobot\n      tags: [webhook_a]", "for webhooks"),
    get_robot("sdk-method", "x-sdk-method: get\n", "x-sdk-method: getIt\n", "must be a snake_case name"),
    get_robot("sdk-method", "x-sdk-method: get\n", "x-sdk-method: import\n", "'import' must be"),
    violation("sdk-method", "x-sdk-method: delete", "x-sdk-method: get", "# deleteRobot", "is used twice"),
    tape("sdk-method", "method: get_text,", "method: get,", "# getTape", "is used twice"),
    tape(
        "sdk-variants",
        "media-type: text/plain",
        "media-type: text/css",
        "# text variant",
        "has the media type 'text/css'",
    ),
    tape("sdk-variants", "returns: text}", "returns: json}", "# text variant", "one of bytes, stream, text"),
    tape(
        "sdk-variants",
        "returns: text}",
        "returns: text, headers: [X]}",
        "# text variant",
        "there is no header parameter X",
    ),
    tape(
        "sdk-variants",
        "media-type: text/html",
        "media-type: text/plain",
        "headers: [Range]}",
        "another variant already has",
    ),
    get_robot("scopes", "get\n      x-scopes: [read_robots]", "get", "must list the scopes"),
    get_robot("scopes", "get\n      x-scopes: [read_robots]", "get\n      x-scopes: [Read]", "not Read"),
    violation(
        "pagination",
        "        - $ref: '#/components/parameters/page'\n",
        "",
        "# listRobots",
        "link pagination needs page",
    ),
    violation("pagination", "            Link: ", "            Lnik: ", "# listRobots", "a Link header"),
    violation(
        "pagination",
        f"{{{_LIST}",
        "{$ref: '#/components/schemas/Robot'}",
        "# listRobots",
        "an array on 200",
        also=_EXAMPLES,
    ),
    tape(
        "pagination", "        - $ref: '#/components/parameters/after'\n", "", "# listTapes", "cursor pagination needs"
    ),
    tape(
        "pagination",
        "schemas/TapeList'}",
        "schemas/Tape'}",
        "# listTapes",
        "{items, links} on 200",
        also=[*_EXAMPLES, "example-known"],
    ),
    tape("pagination", _TAPE_ITEMS, "type: string}", "# listTapes", "{items, links} on 200", also=_EXAMPLES),
    violation("pagination", "x-pagination: link", "x-pagination: none", "# listRobots", "of link: page, per_page"),
    violation("pagination", "x-pagination: link", "x-pagination: pages", "# listRobots", "not 'pages'"),
    get_robot(
        "external-docs",
        _DOCS,
        "externalDocs: {url: 'https://example.org/'}",
        "a page below https://buildkite.com/docs/",
    ),
    get_robot("external-docs", _DOCS, _DOCS.replace("docs/", "docs/../"), "a page below https://buildkite.com/docs/"),
    get_robot("external-docs", _DOCS, _DOCS.replace("docs/", "docs/%2E%2e/"), "a page below"),
    part(
        "external-docs",
        "type: integer, externalDocs: {url: 'https://example.org/'}",
        "a page below https://buildkite.com/docs/",
    ),
    get_robot("external-docs", f"      {_DOCS}\n", "", "a page below https://buildkite.com/docs/"),
    violation(
        "error-responses",
        _NOT_FOUND,
        _NOT_FOUND.replace("NotFound", "Forbidden"),
        "# getRobot 404",
        "shared response NotFound",
    ),
]

EXAMPLES = [
    violation(
        "example-exists",
        f"              examples:\n                built: {_EXAMPLE}\n",
        "",
        "'201': # createRobot",
        "missing",
    ),
    violation(
        "example-exists",
        "            examples:\n              robot: {value: {name: Ada, parts: []}} # createRobot request\n",
        "",
        "requestBody:",
        "requestBody: an example is missing",
    ),
    violation("example-valid", _EXAMPLE, "{value: {robot_id: 7, code: x}}", "# createRobot 201", "/robot_id"),
    tape("example-valid", "links: {}", "links: 7", "# listTapes 200", "not valid at /links"),
    violation("example-valid", "      example: r2\n", "      example: 2\n", "    id:", "not valid at /", file=ROOT),
]

VIOLATIONS = [*REFERENCES, *SCHEMAS, *OPERATIONS, *EXAMPLES]
