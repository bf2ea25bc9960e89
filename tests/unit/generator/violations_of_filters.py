"""Violations of the rules about what parameters do: filters, parts of responses, and the order of lists."""

from tests.unit.generator.spec_fixture import ROOT
from tests.unit.generator.violations import get_robot, violation

_GET = "x-sdk-method: get\n"
_BUILT = "        - name: built[]\n"
_LIST = "operationId: listRobots\n"
_STATE = "in: query, description: Only robots in this"
_ID = "      name: id\n"
_AT_STATE = ", schema: {$ref: '#/components/schemas/State'}}"


def state(rule, extension, message):
    """Edit the parameter `state` of `listRobots`, which has the values of an enum."""
    return violation(rule, _STATE, _STATE.replace("query,", f"query, {extension},"), _AT_STATE, message)


def built(rule, extension, message):
    """Edit the parameter `built[]` of `listRobots`."""
    return violation(rule, _BUILT, f"{_BUILT}          {extension} # new\n", "# new", message)


def idle(extension):
    """Add a boolean parameter to `listRobots`."""
    new = f"        - {{name: idle, in: query, {extension}, description: Rest., schema: {{type: boolean}}}} # idle\n"
    return violation("filters", _BUILT, f"{new}{_BUILT}", "# idle", "have no property leg")


VIOLATIONS = [
    idle("x-includes: {property: leg}"),
    idle("x-excludes: leg"),
    state("filters", "x-includes: legs", "x-includes is for a boolean query parameter"),
    state("filters", "x-excludes: legs", "x-excludes is for a boolean query parameter"),
    state("filters", "x-filters: {property: built_at/*/id}", "have no property built_at/*/id"),
    violation(
        "filters",
        _ID,
        f"{_ID}      x-filters: {{property: kind}}\n",
        "    id:",
        "x-filters does not belong on a path parameter",
        file=ROOT,
    ),
    violation(
        "filters",
        _ID,
        f"{_ID}      x-sorts: {{by: direction}}\n",
        "    id:",
        "x-sorts does not belong on a path parameter",
        file=ROOT,
    ),
    state("filter-value", "x-filters: {property: kind, values: {bilt: [walker]}}", "is never 'bilt'; did you mean"),
    state("filter-value", "x-filters: {property: kind, default: bilt}", "x-filters: the parameter is never 'bilt'"),
    state("filter-value", "x-sorts: {by: property, default: bilt}", "x-sorts: the parameter is never 'bilt'"),
    built("filter-parameter", "x-filters: {property: legs, same-as: stat}", "no other parameter stat; did you mean"),
    built("filter-parameter", "x-filters: {property: legs, same-as: 'built[]'}", "no other parameter built[]"),
    built("filter-parameter", "x-filters: {property: legs, header: {X-A: '1'}}", "x-filters: there is no header"),
    built("filter-parameter", "x-sorts: {by: property, header: {X-A: '1'}}", "x-sorts: there is no header"),
    built("filter-time", "x-filters: {property: legs, operator: from}", "from is for times, and legs is not a time"),
    built("filter-time", "x-filters: {property: [built_at, id], operator: period}", "and id is not a time"),
    get_robot("list-order", _GET, f"{_GET}      x-order: id\n", "x-order is for an operation that returns a list"),
    violation("distinct-items", _LIST, f"{_LIST}      x-distinct: [kin]\n", "# listRobots", "have no property kin"),
    get_robot("distinct-items", _GET, f"{_GET}      x-distinct: [id]\n", "x-distinct is for an operation that returns"),
]
