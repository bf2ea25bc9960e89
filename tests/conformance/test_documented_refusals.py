"""The rules of documented errors."""

import pytest

from buildkite_rest.conformance.documented_refusals import Refusal

PAUSED = Refusal.of({"status": 422, "when": {"paused": True}, "message": "Agent is already paused"})


@pytest.mark.parametrize(
    ("status", "message", "problems"),
    [
        (422, "Agent is already paused", []),
        (401, "No", []),
        (429, "Slow down", []),
        (204, None, ["an object with paused true: 204 instead of the documented 422"]),
        (409, "Agent is already paused", ["an object with paused true: 409 instead of the documented 422"]),
        (
            422,
            "No",
            ["an object with paused true: the message is 'No' instead of the documented 'Agent is already paused'"],
        ),
    ],
)
def test_refusal(status: int, message: str | None, problems: list[str]) -> None:
    assert list(PAUSED.problems(status, {"message": message})) == problems


def test_any_message_where_none_is_documented() -> None:
    assert list(Refusal.of({"status": 400, "query": {"page": 0}}).problems(400, {"message": "No"})) == []


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"path": {"id": "x"}, "query": {"page": 0}, "body": {"key": None}}, "id x, page 0, key null"),
        ({"also": {"getBuild": {"state": "canceled"}}}, "an object with state canceled"),
        ({}, "such a request"),
    ],
)
def test_reason(node: dict[str, object], reason: str) -> None:
    assert Refusal.of({"status": 400, **node}).reason == reason


def test_a_refusal_of_a_body_is_not_about_the_state_alone() -> None:
    assert PAUSED.is_about_state
    assert not Refusal.of({"status": 400, "when": {"type": "script"}, "body": {"priority": "x"}}).is_about_state
