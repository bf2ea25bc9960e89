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
    form("x-refusals: 422", "x-refusals: must be a list, not 422"),
    form("x-refusals: [{when: {}}]", "x-refusals 0: 'status' is missing"),
    form("x-refusals: [{status: 404, message: ''}]", "x-refusals 0 message: must not be empty"),
    form("x-effects: {sets: {}}", "x-effects: must be a list, not "),
    form("x-effects: [7]", "x-effects 0: must be a mapping, not 7"),
    form("x-messages: {'404': 7}", "x-messages 404: must be a text, not 7"),
    form("x-messages: {}", "x-messages: must not be empty"),
    form("x-idempotent: true", "x-idempotent: must be false, not true"),
    form("x-alias-methods: [patch]", 'x-alias-methods 0: must be one of "GET", "HEAD", '),
    form("x-alias-methods: PATCH", "x-alias-methods: must be a list"),
    form("x-page-links: [last]", 'must be one of "first", "prev", not "last"'),
    form("x-page-links: [prev, prev]", "has an item twice"),
    form("x-suffixes:", "x-suffixes: must be a mapping, not null"),
    violation(
        "extension-form",
        "x-scopes: [write_robots]",
        "x-scopes:",
        "x-scopes:",
        "delete x-scopes: must be a list, not null",
    ),
    violation(
        "extension-form",
        "# createRobot body\n",
        "# createRobot body\n            x-invalid-examples: {nameless: {value: {}}}\n",
        "x-invalid-examples: {nameless: {value: {}}}",
        "nameless: 'field' is missing",
    ),
    violation(
        "extension-form",
        "in: query, description: Only robots in this",
        "in: query, x-filters: kind, description: Only robots in this",
        ", schema: {$ref: '#/components/schemas/State'}}",
        'x-filters: must be a mapping, not "kind"',
    ),
    part("extension-form", "type: integer, x-secret: 'yes'", 'x-secret: must be true, not "yes"'),
    part("extension-form", "type: integer, x-optional: false", 'x-optional: must be one of true, "members", not false'),
    part("extension-form", "type: integer, x-returned-by: getRobot", "x-returned-by: must be a list"),
    part("extension-form", "type: integer, x-strict: {minimum: one}", "x-strict minimum: must be a number"),
    part("extension-form", "type: integer, x-strict: {type: intger}", "'intger' is unknown; did you mean 'integer'?"),
    part("extension-form", "type: integer, x-effects: [number]", "x-effects: must be a mapping"),
    part("extension-form", "type: integer, x-implies: [{when: {number: 1}}]", "x-implies 0: 'then' is missing"),
]

VIOLATIONS = [*KNOWN, *FORMS]
