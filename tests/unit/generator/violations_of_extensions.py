"""Violations of the rules about extensions: their names, places and forms."""

from tests.unit.generator.spec_fixture import ROOT
from tests.unit.generator.violations import part, violation

_HEALTH = "x-sdk-method: health"
_GET = "x-sdk-method: get\n"


def form(extension, message):
    """Give `getRobot` an extension."""
    return violation("extension-form", _GET, f"{_GET}      {extension} # form\n", "# form", message)


KNOWN = [
    violation("extension-known", _HEALTH, f"{_HEALTH}\n      x-scope: []", "x-scope: []", "x-scope here; did you mean"),
    violation(
        "extension-known",
        "version: 1.2.3",
        "version: 1.2.3\n  x-secret: true",
        "x-secret: true",
        "no extension x-secret here",
        file=ROOT,
    ),
    violation(
        "extension-known",
        "spare_code: {description: Opens it as well., type: string, x-secret: true}",
        "spare_code: {description: Opens it as well., type: string, x-secrets: true} # spare",
        "# spare",
        "no extension x-secrets here",
    ),
    part("extension-known", "type: integer, x-sdk-method: x", "no extension x-sdk-method here"),
]

FORMS = [
    form("x-idempotent: true", "x-idempotent: must be false, not true"),
    violation(
        "extension-form",
        "x-scopes: [write_robots]",
        "x-scopes:",
        "x-scopes:",
        "delete x-scopes: must be a list, not null",
    ),
    part("extension-form", "type: integer, x-secret: 'yes'", 'x-secret: must be true, not "yes"'),
]

VIOLATIONS = [*KNOWN, *FORMS]
