"""Differences between the spec and the pages of the documentation, one for each kind and each form of a page."""

import pytest


def test_the_fixture_agrees_with_the_spec(documented):
    assert documented() == set()


DIFFERENCES = [
    ("DELETE https", "PATCH https", "docs operation PATCH /robots/{}/tape: not in the spec"),
    ("?state=built", "?mood=good", "docs query listRobots mood: not in the spec"),
    ("scope: `write_robots`", "scope: `write_tapes`", "docs scope deleteRobot: write_tapes, in the spec write_robots"),
    ("`204 No Content`", "`202 Accepted`", "docs status deleteRobot 202: not in the spec"),
    ("<code>400 Bad Request", "<code>422 Unprocessable", "docs status createRobot 422: not in the spec"),
    ("Its owner.", "Its owner, or <code>409</code>.", "docs status createRobot 409: not in the spec"),
    ('"name": "Ada",', '"name": "Ada", "mood": 1,', "docs body RobotCreate.mood: not in the spec"),
    ('{"number": 1,', '{"number": "1",', "docs body Part.number: string, in the spec integer"),
    ("<code>owner</code>", "<code>label</code> <code>mood</code>", "docs body RobotCreate.mood: not in the spec"),
    ('<code>"Ada"', "<code>7", "docs body RobotCreate.name: integer, in the spec string"),
    ("> or <code>built", "> or <code>sold", "docs body RobotCreate.state: value 'sold' is not in the spec"),
    ("> or <code>built", "> or <code>sold", "docs body RobotCreate.state: value 'built' is only in the spec"),
    ("Must be <code>planned", "As <code>sold", "docs body RobotCreate.state: value 'sold' is not in the spec"),
    ("Its parts.", 'Example: <code>[{ "mood": 1 }]</code>', "docs body Part.mood: not in the spec"),
    (
        "Must be <code>planned</code> or",
        "<code>sold</code> for now, or",
        "docs body RobotCreate.state: value 'sold' is not in the spec",
    ),
    ("Optional [request", "Required [request", "docs body RobotCreate.owner: required, in the spec optional"),
    ("Required [request", "Optional [request", "docs body RobotCreate.name: optional, in the spec required"),
    ('"legs": 3', '"toes": 3', "docs response Robot.toes: not in the spec"),
    ('"legs": 3', '"wings": 3', "docs response Robot.wings: not in the spec"),
    ('"legs": 3', '"legs": "3"', "docs response Robot.legs: string, in the spec integer"),
    ('"id": "bb8"', '"id": null', "docs response Robot.id: null, in the spec never"),
    ('"kind": "flyer"', '"kind": "diver"', "docs response Robot.kind: value 'diver' is not in the spec"),
    ("<code>legs</code>", "<code>toes</code>", "docs response Robot.toes: not in the spec"),
    ("<code>4</code>", "<code>true</code>", "docs response Robot.legs: boolean, in the spec integer"),
    ('"code": "', '"code": ', "docs sample rest_api/robots.md: not JSON"),
    ("/tape\n```\n", "/tape\n", "docs sample rest_api/robots.md: a code block is not closed"),
]


@pytest.mark.parametrize(("old", "new", "difference"), DIFFERENCES, ids=[each[2] for each in DIFFERENCES])
def test_a_difference_is_found(documented, old, new, difference):
    assert difference in documented((old, new))
