"""Violations of the rule about the properties that `x-effects` of an operation names."""

from tests.unit.generator.violations import violation


def effect(method, entry, message):
    """Give an operation of robots an effect."""
    old = f"x-sdk-method: {method}\n"
    return violation("effect-property", old, f"{old}      x-effects: [{entry}] # new\n", "# new", message)


VIOLATIONS = [
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
