"""Violations of the rule about what is deprecated."""

from tests.unit.generator.spec_fixture import ROOT
from tests.unit.generator.violations import part, violation

_NAME = "name: {description: Name of the robot., type: string}"
_BUILT = "        - name: built[]\n"

VIOLATIONS = [
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
]
