"""Violations of the rules about what the client cannot send, and about values and names that have no effect."""

from tests.unit.generator.spec_fixture import ROOT
from tests.unit.generator.violations import part, tape, violation

_GET = "x-sdk-method: get\n"
_ID = "- &robot {$ref: '#/components/parameters/id'} # getRobot id"
_RANGE = "- {name: Range, in: header, description: Which bytes to send., schema: {type: string}} # Range"
_HEAD = "        '200':\n          description: There is a tape.\n"
_TEXT = "description: How many legs."


def header(name, message):
    """Rename the header parameter of `getTape`."""
    return tape(
        "header-name",
        _RANGE,
        _RANGE.replace("name: Range", f"name: '{name}'"),
        "# Range",
        message,
        also=["sdk-variants"],
    )


REQUESTS = [
    violation(
        "parameter-style",
        "description: Only robots of these years.",
        "description: Only robots of these years.\n          explode: false",
        "- name: built[]",
        "sent with `explode: true`",
    ),
    violation(
        "parameter-style",
        "description: Only robots of these years.",
        "description: Only robots of these years.\n          style: pipeDelimited",
        "- name: built[]",
        "`style: form`, not pipeDelimited",
    ),
    violation(
        "parameter-style",
        "description: Only robots of these years.",
        "description: Only robots of these years.\n          allowReserved: true",
        "- name: built[]",
        "allowReserved has no effect",
    ),
    tape(
        "parameter-style",
        _RANGE,
        _RANGE.replace("{type: string}", "{type: array, items: {type: string}}"),
        "# Range",
        "'Range' has several values",
    ),
    violation("parameter-unique", _ID, f"{_ID}\n        - *robot", "# getRobot id", "the path parameter 'id'"),
    tape(
        "parameter-unique",
        _RANGE,
        f"{_RANGE}\n        {_RANGE.replace('name: Range', 'name: range').replace('# Range', '# again')}",
        "# again",
        "the header parameter 'range'",
    ),
    *(header(name, f"header {name}") for name in ("Authorization", "content-type", "Accept", "Host")),
    *(header(name, f"'{name}' is not the name of a header") for name in ("a b", "a:b", "é")),
    violation(
        "body-method",
        "      parameters: &id\n",
        "      requestBody: {content: {text/plain: {schema: {type: string}}}} # new\n      parameters: &id\n",
        "# new",
        "a GET request has no body",
    ),
    tape(
        "body-method",
        _HEAD,
        f"{_HEAD.replace(':', ': # headTape 200', 1)}          content: {{text/plain: {{schema: {{type: string}}}}}}\n",
        "# headTape 200",
        "a response to HEAD has headers only",
    ),
    violation(
        "root-servers",
        _GET,
        f"{_GET}      servers: [{{url: 'https://other.example'}}] # new\n",
        "# new",
        "on the servers of the root",
    ),
    tape(
        "media-type",
        "description: The tape.\n          content:\n            application/json:",
        "description: The tape.\n          content:\n            aplication/json:",
        "aplication/json:",
        "did you mean 'application/json'?",
    ),
]

VALUES = [
    part("keyword-type", "type: integer, minLength: 1", "minLength has no effect on integer"),
    part("bounds", "type: integer, minimum: 5, maximum: 1", "minimum 5 is more than maximum 1"),
    *(
        part("bounds", f"type: {schema}", message)
        for schema, message in {
            "integer, exclusiveMinimum: 2, maximum: 2": "no integer is valid with maximum 2, exclusiveMinimum 2",
            "number, exclusiveMinimum: 2, maximum: 2": "no number is valid with maximum 2, exclusiveMinimum 2",
            "number, minimum: 2, exclusiveMaximum: 2": "no number is valid with minimum 2, exclusiveMaximum 2",
            "number, exclusiveMinimum: 2, exclusiveMaximum: 2": "no number is valid",
            "integer, exclusiveMinimum: 2, exclusiveMaximum: 3": "no integer is valid",
            "integer, minimum: 0.2, maximum: 0.8": "no integer is valid with minimum 0.2, maximum 0.8",
            "number, minimum: 7, maximum: 9, multipleOf: 5": "no number is valid with minimum 7, maximum 9, multipleOf",
            "integer, exclusiveMinimum: 0, maximum: 2, multipleOf: 1.5": "no integer is valid",
        }.items()
    ),
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
    violation(
        "link-target",
        "          description: The robot.\n",
        "          description: The robot.\n          links: {next: {operationId: getRobto}} # new\n",
        "# new",
        "did you mean 'getRobot'?",
    ),
    violation("info-version", "version: 1.2.3", "version: next", "version: next", "this is 'next'", file=ROOT),
    *(
        violation(
            "python-type",
            "_buildkite_rest.types.DateTime # Moment",
            f"{name} # Moment",
            "# Moment",
            f"there is no class {name}",
        )
        for name in ("no.such.Type", "_buildkite_rest.types.Moment", "DateTime", "_buildkite_rest.time.DateTime")
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
    violation(
        "tag-unique",
        "  - name: tapes\n",
        "  - name: robots # again\n    description: R.\n  - name: tapes\n",
        "# again",
        "another tag has the name 'robots'",
        file=ROOT,
    ),
]

VIOLATIONS = [*REQUESTS, *VALUES]
