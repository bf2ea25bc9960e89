"""Violations of the rules about the properties that `x-effects` and `x-invalid-examples` name."""

from tests.unit.generator.violations import violation


def effect(method, entry, message):
    """Give an operation of robots an effect."""
    old = f"x-sdk-method: {method}\n"
    return violation("effect-property", old, f"{old}      x-effects: [{entry}] # new\n", "# new", message)


_BODY = "      description: What to build.\n"
_CONTENT = "# createRobot body\n"

VIOLATIONS = [
    violation(
        "property-effects",
        _BODY,
        f"{_BODY}      x-effects: {{returned-as: {{name: /title}}}}\n",
        "    RobotCreate:",
        "no response to name has title",
    ),
    violation(
        "invalid-examples",
        _CONTENT,
        f"{_CONTENT}            x-invalid-examples: {{blank: {{field: nme, value: {{}}}}}}\n",
        "    post: # createRobot",
        "blank: the body has no property nme",
    ),
    effect("get", "{read: getRobot, sets: {/collor/name: 1}}", "/collor/name is not a property of the object"),
    effect("get", "{returns: {leg: 1}}", "leg is not a property of the response of getRobot; did you mean 'legs'"),
    effect("get", "{sets: {leg: $set}}", "leg is not a property of the object that getRobot changes"),
    effect("get", "{also: [leg]}", "leg is not a property of the object"),
    effect("get", "{when: {leg: 3}}", "leg is not a property of the object"),
    effect("get", "{sets: {legs: {count: /part}}}", "/part is not a property of the object"),
    effect("get", "{sets: {legs: $before#/leg}}", "leg is not a property of $before"),
    effect("get", "{elsewhere: {listRobots: {leg: 1}}}", "leg is not a property of the response of listRobots"),
    effect("create", "{body: {nme: Ada}}", "nme is not a property of the request body of createRobot"),
    effect("create", "{sets: {code: $request.body#/nme}}", "nme is not a property of $request.body"),
    effect("create", "{returns: {code: $response.body#/cod}}", "cod is not a property of $response.body"),
    effect("list", "{query: {stat: built}}", "stat is not a property of the query of listRobots"),
]
