"""Values that an object has after a request, and values of a request body."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from buildkite_rest.conformance.rules.expressions import (
    Sources,
    filled,
    problems,
    references_in,
)
from buildkite_rest.conformance.values import MISSING, holds

NOW: Final = datetime(2026, 1, 2, 12, 0, 0, 500_000, tzinfo=UTC)
BEFORE: Final = {
    "id": "b",
    "count": 1,
    "labels": ["old", "kept"],
    "tags": {"a": "1", "b": "2"},
    "paused_at": (NOW - timedelta(seconds=1)).isoformat(),
    "jobs": [{"state": "failed"}, {"state": "passed"}, {"state": "failed"}],
}
SOURCES: Final = Sources(
    before=BEFORE,
    request={"note": "Away", "fields": {"x": "y"}},
    response={"id": "r"},
    user={"id": "u", "name": "Ada"},
    others={"$reference.user": "v"},
    time=NOW,
)
#: The expected value, one that has it, and one that does not.
VALUES: Final[dict[str, tuple[Any, Any, Any]]] = {
    "a literal": (True, True, 1),
    "null": (None, "", 0),
    "alternatives": (["a", "b"], "b", "c"),
    "a count": ({"count": "/jobs", "with": {"state": "failed"}}, 2, 3),
    "now": ("$now", NOW.isoformat(), (NOW - timedelta(hours=1)).isoformat()),
    "the future": ("$future", (NOW + timedelta(days=9)).isoformat(), None),
    "anything": ("$set", "x", ""),
    "the user": ("$user", {"id": "u"}, {"id": "v"}),
    "the name of the user": ("$user#/name", "Ada", "Bob"),
    "a sent value": ("$request.body#/note", "Away", "Here"),
    "a returned value": ("$response.body#/id", "r", "s"),
    "a former value": ("$before#/id", "b", "c"),
    "what was not sent": ("$request.body#/title", "anything", object()),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_is_compared(case: str) -> None:
    expected, right, wrong = VALUES[case]
    assert not [*problems({"x": expected}, {"x": right}, SOURCES)]
    is_unknown = case == "what was not sent"
    assert is_unknown or [*problems({"x": expected}, {"x": wrong}, SOURCES)]


@pytest.mark.parametrize(
    ("pointer", "expected", "right", "wrong"),
    [
        ("id", "$new", "c", "b"),
        ("count", "$increment", 2, 1),
        ("paused_at", "$now", NOW.isoformat(), BEFORE["paused_at"]),
        ("labels", {"contains": ["new"]}, ["old", "kept", "new"], ["new"]),
        ("labels", {"contains": ["new"]}, ["old", "kept", "new"], ["old", "kept", "new", "new"]),
        ("labels", {"lacks": ["old"]}, ["kept"], ["old", "kept"]),
        ("labels", {"lacks": ["old"]}, ["kept"], []),
        ("tags", {"contains": {"a": "3"}, "lacks": ["b"]}, {"a": "3"}, {"a": "3", "b": "2"}),
        ("tags", {"contains": {"a": "3"}}, {"a": "3", "b": "2"}, {"a": "3"}),
        ("text", {"contains": ["one", "two"]}, "one two", "two one"),
        ("text", {"lacks": ["one"]}, "two", "one"),
        ("tags/c", None, None, "3"),
    ],
)
def test_a_value_is_compared_with_the_former_one(pointer: str, expected: Any, right: Any, wrong: Any) -> None:
    def found(value: Any) -> Any:
        first, _, rest = pointer.partition("/")
        return {first: {rest: value} if rest else value}

    assert not [*problems({pointer: expected}, found(right), SOURCES)]
    assert [*problems({pointer: expected}, found(wrong), SOURCES)]


def test_the_state_of_an_object_is_found() -> None:
    assert holds({"id": ["a", "b"], "tags/a": "1", "labels": {"contains": ["old"], "lacks": ["new"]}}, BEFORE)
    assert holds({"jobs": "$set", "agent": "$unset"}, BEFORE)
    for when in ({"id": "a"}, {"agent": "$set"}, {"id": "$unset"}, {"labels": {"lacks": ["old"]}}, {"x": None}):
        assert not holds(when, BEFORE)


def test_a_body_gets_its_values() -> None:
    body = {"id": "$before#/id", "list": [{"user": "$reference.user"}], "text": "as it is"}
    assert filled(body, SOURCES.value) == {"id": "b", "list": [{"user": "v"}], "text": "as it is"}
    assert [*references_in(body)] == ["$reference.user"]
    assert filled({"id": ["$sibling#/id"]}, SOURCES.value) is MISSING
