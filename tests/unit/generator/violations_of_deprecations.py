"""Violations of the rules about what is deprecated or has another name than before."""

from tests.unit.generator.spec_fixture import ROOT
from tests.unit.generator.violations import part, violation

_GET = "x-sdk-method: get\n"
_LEGS = "legs: {description: How many legs., type: integer}"
_LABEL = "label: {description: A word for people., type: string}"
_NAME = "name: {description: Name of the robot., type: string}"
_OWNER = "owner: {description: \"Who owns it, null for nobody.\", type: [string, 'null']} # owner"
_STATE = "    State: # State\n"
_BUILT = "        - name: built[]\n"
_HEADER = "        - {name: Robots-In, in: header, description: Rooms., schema: {type: string}}\n"
_SENT = """        state: {$ref: '#/components/schemas/State'}
    Pairing:
      description: What is needed to talk to a robot.
      type: object
      required: [robot_id, code]
      properties:
        robot_id: {description: Id of the robot., type: string}
        code: {"""
_SENT_AND_RECEIVED = _SENT.replace(
    "    Pairing:", "        paired: {$ref: '#/components/schemas/Pairing'}\n    Pairing:"
).replace("code: {", "code: {x-renamed-from: pin, # code\n          ")
"""`Pairing`, which is a response, as a part of a request."""


def get_robot(old, at, message):
    """Give `getRobot` a former name."""
    return violation("renamed-method", _GET, f"{_GET}      x-renamed-from: {old} # old\n", at, message)


def field(old, message, rule="renamed-field"):
    """Give a field of responses a former name."""
    new = _LEGS.replace("{", f"{{x-renamed-from: {old}, ")
    return violation(rule, _LEGS, new, "# legs", message)


DEPRECATED = [
    part("deprecated-flag", "type: integer, deprecated: false", "deprecated is true or absent"),
    violation(
        "deprecated-flag",
        "      name: id\n",
        "      name: id\n      deprecated: true\n",
        "    id:",
        "deprecate the operation instead",
        file=ROOT,
    ),
    violation(
        "deprecated-flag",
        _BUILT,
        f"{_BUILT}          deprecated: true\n          required: true\n",
        "- name: built[]",
        "deprecate",
    ),
    violation(
        "deprecated-flag",
        _NAME,
        _NAME.replace("{", "{deprecated: true, "),
        "requestBody:",
        "'name' cannot be deprecated",
    ),
    violation(
        "deprecated-flag", _GET, f"{_GET}      deprecated: true\n      x-renamed-from: read\n", "# getRobot", "is new"
    ),
]

RENAMED = [
    get_robot("Read", "# old", "must be a snake_case name"),
    get_robot("class", "# old", "must be a snake_case name"),
    get_robot("get", "# old", "has another method 'get'"),
    get_robot("list", "# old", "has another method 'list'"),
    get_robot("models", "# old", "or cannot have it"),
    *(
        violation("renamed-argument", _BUILT, f"{_BUILT}          x-renamed-from: {old} # old\n", "# old", message)
        for old, message in (
            ("state", "another argument 'state'"),
            ("max_items", "argument 'max_items'"),
            ("self", "argument 'self'"),
            ("A-b", "snake_case"),
        )
    ),
    violation(
        "renamed-argument",
        _BUILT,
        f"{_HEADER}{_BUILT}          x-renamed-from: robots_in # old\n",
        "# old",
        "another argument 'robots_in'",
    ),
    violation(
        "renamed-argument",
        _OWNER,
        _OWNER.replace("{", "{x-renamed-from: name, "),
        "# owner",
        "another argument 'name'",
        also=["renamed-field"],
    ),
    violation(
        "renamed-argument",
        "- {name: state, in: query,",
        "- {name: state, x-renamed-from: stage, in: query,",
        ", schema: {$ref: '#/components/schemas/State'}}",
        "move x-renamed-from there",
    ),
    field("self", "another property 'self'"),
    field("str", "another property 'str'"),
    field("id", "another property 'id'"),
    field("extra_fields", "another property 'extra_fields'"),
    field("no name", "must be a snake_case name"),
    part("renamed-field", "type: integer, x-renamed-from: size", "not keys of nested objects"),
    violation("renamed-field", _SENT, _SENT_AND_RECEIVED, "# code", "use two schemas"),
    violation("renamed-place", _STATE, f"{_STATE}      x-renamed-from: Stage # old\n", "# old", "only an operation"),
]

VIOLATIONS = [*DEPRECATED, *RENAMED]
