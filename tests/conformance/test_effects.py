"""Rules of the phase *effects*."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.effects.comparison import equivalent, is_later, lost_values, unexpected_changes
from buildkite_rest.conformance.effects.expectations import (
    Exchange,
    Scenario,
    holds,
    problems,
    references_in,
    with_values,
)
from buildkite_rest.conformance.effects.kinds import Kind, kinds_of
from buildkite_rest.conformance.effects.values import (
    BodyRules,
    Examples,
    emptying_values,
    enum_values,
    new_values,
    several_values,
    unique,
)
from buildkite_rest.conformance.response_times import server_time

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
USER = "01920000-0000-7000-8000-000000000011"
NO_EXAMPLES = Examples({})


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (None, ""),
        ([], None),
        ({}, None),
        (True, "true"),
        (7, "7"),
        ("one  two\n", "one two"),
        ({"a": 1}, {"a": "1", "b": 2}),
        (["b", "a"], ["a", "b"]),
        ([{"type": "script", "other": 1}], [{"type": "script", "id": "x"}]),
        ("2026-03-02T09:15:00Z", "2026-03-02 09:15:00 UTC"),
        ([{"iss": "x"}], "iss: x"),
        ("web", USER),
        (USER.upper(), USER),
    ],
)
def test_equivalent_values(sent: Any, found: Any) -> None:
    assert equivalent(sent, found)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("x", None),
        (None, "x"),
        (False, None),
        (0, None),
        (False, True),
        (1, True),
        ("Main", "main"),
        ({"a": 1}, {}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
        (["a", "b"], ["a"]),
        ([{"a": 1}], [{"a": 2}]),
        (USER, USER.replace("11", "12")),
        ("2026-03-02T09:15:00Z", "2026-03-02T09:16:00Z"),
    ],
)
def test_different_values(sent: Any, found: Any) -> None:
    assert not equivalent(sent, found)


def test_lost_values_are_looked_up_where_they_are_returned() -> None:
    sent = {"name": "a", "is_default_team": True, "machines": {"shape": "S"}, "secret": "x"}
    pointers = {"is_default_team": "default", "machines/shape": "/hosted/shape/name"}

    found = {"name": "a", "default": True, "hosted": {"shape": {"name": "S"}}}
    assert list(lost_values(sent, found, pointers)) == []
    found = {"name": "b", "default": False, "hosted": {"shape": {"name": "T"}}}
    assert list(lost_values(sent, found, pointers)) == [
        "name is 'b' instead of 'a'",
        "default is False instead of True",
        "hosted/shape/name is 'T' instead of 'S'",
    ]


def test_unexpected_changes() -> None:
    before = {"name": "a", "color": "red", "updated_at": "1", "jobs_count": 1, "creator": {"id": "x", "name": "Ada"}}
    after = {"name": "b", "color": None, "updated_at": "2", "jobs_count": 2, "creator": {"id": "x", "name": "Eve"}}

    assert list(unexpected_changes(before, after, {"name"})) == ["color changed from 'red' to None"]
    assert list(unexpected_changes(before, after, {"name", "color"})) == []
    assert list(unexpected_changes(before, {**before, "updated_at": "2"}, (), ())) == [
        "updated_at changed from '1' to '2'"
    ]


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        ("2026-03-02T09:15:00.001Z", "2026-03-02T09:15:00.000Z", True),
        ("2026-03-02T09:15:00.001Z", "2026-03-02T09:15:00.001Z", False),
        ("2026-03-02T09:15:00Z", "2026-03-02T09:15:00Z", True),
        ("2026-03-02T09:14:59Z", "2026-03-02T09:15:00Z", False),
        (None, "2026-03-02T09:15:00.001Z", True),
        ("2026-03-02T09:15:00.001Z", None, True),
    ],
)
def test_later_times(found: object, before: object, expected: bool) -> None:
    assert is_later(found, before) is expected


def test_urls_follow_the_name() -> None:
    before = {"name": "a", "slug": "a", "url": "https://api.example/a", "provider": {"url": "https://api.example/a"}}
    after = {"name": "b", "slug": "b", "url": "https://api.example/b", "provider": {"url": "https://api.example/b"}}

    assert list(unexpected_changes(before, after, {"name"})) == []
    assert len(list(unexpected_changes(before, {**after, "name": "a"}, {"color"}))) == 3


EXCHANGE = Exchange(
    request={"note": "Broken"},
    response={"id": "new"},
    before={
        "id": "old",
        "commit": "HEAD",
        "number": 1,
        "labels": ["slow", "slower"],
        "changed_at": "2026-03-02T09:14:00.500Z",
    },
    path={"org": "acme", "$other.registry": "stable"},
    user={"id": USER, "name": "Ada"},
    time=NOW,
)


@pytest.mark.parametrize(
    ("expected", "found", "message"),
    [
        ({"paused": True}, {"paused": True}, None),
        ({"paused": True}, {"paused": False}, "paused is False instead of True"),
        ({"paused": True}, {"paused": 1}, "paused is 1 instead of True"),
        ({"paused": True}, {}, None),
        ({"note": None}, {"note": "x"}, "note is 'x' instead of None"),
        ({"state": ["a", "b"]}, {"state": "c"}, "state is 'c' instead of 'a' or 'b'"),
        ({"at": "$now"}, {"at": "2026-03-02T09:15:30Z"}, None),
        ({"at": "$now"}, {"at": "2026-03-02T08:15:30Z"}, "instead of about 2026-03-02T09:15:00+00:00"),
        ({"at": "$now"}, {"at": None}, "at is None instead of about"),
        ({"by": "$user"}, {"by": {"id": USER}}, None),
        ({"by": "$user"}, {"by": {"id": "x"}}, "instead of the token's user"),
        ({"by": "$user"}, {"by": None}, "by is None instead of the token's user"),
        ({"note": "$request.body#/note"}, {"note": "Broken"}, None),
        ({"note": "$request.body#/note"}, {"note": None}, "note is None instead of 'Broken'"),
        ({"note": "$request.body#/absent"}, {"note": None}, None),
        ({"retry": "$response.body#/id"}, {"retry": "old"}, "retry is 'old' instead of 'new'"),
        ({"commit": "$before#/commit"}, {"commit": "main"}, "commit is 'main' instead of 'HEAD'"),
        ({"number": "$new"}, {"number": 2}, None),
        ({"number": "$new"}, {"number": 1}, "number is 1 instead of another value than that of the original"),
        ({"/registry/slug": "$other.registry"}, {"registry": {"slug": "gems"}}, "registry/slug is 'gems'"),
        ({"labels": {"contains": ["slow"]}}, {"labels": ["fast"]}, "a value with slow"),
        ({"labels": {"lacks": ["slow"]}}, {"labels": ["slow"]}, "a value without slow"),
        ({"labels": {"lacks": ["slow"]}}, {"labels": ["slower"]}, None),
        ({"labels": {"lacks": ["slow"]}}, {"labels": []}, "a value that still has 'slower'"),
        ({"labels": {"contains": ["new"]}}, {"labels": ["new", "slower", "slow"]}, None),
        ({"labels": {"contains": ["new"]}}, {"labels": ["slow", "slower", "new", "x"]}, "a value without 'x'"),
        ({"labels": {"contains": ["new"]}}, {"labels": ["slow", "slower", "new", "new"]}, "has 'new' once"),
        ({"text": {"contains": ["b", "c"]}}, {"text": "abc"}, None),
        ({"changed_at": "$now"}, {"changed_at": "2026-03-02T09:15:00.500Z"}, None),
        ({"changed_at": "$now"}, {"changed_at": "2026-03-02T09:14:00.500Z"}, "a later time than before"),
        ({"log": "$set"}, {"log": ""}, "log is '' instead of a value"),
    ],
)
def test_expectations(expected: dict[str, Any], found: Any, message: str | None) -> None:
    messages = list(problems(expected, found, EXCHANGE))

    assert len(messages) == (message is not None)
    assert message is None or message in messages[0]


@pytest.mark.parametrize(
    ("when", "found", "expected"),
    [
        ({}, {}, True),
        ({"state": ["a", "b"], "paused": False}, {"state": "b", "paused": False}, True),
        ({"state": ["a", "b"]}, {"state": "c"}, False),
        ({"state": "a"}, {}, False),
        ({"content": "$set"}, {"content": ""}, False),
        ({"content": "$set"}, {"content": "x"}, True),
        ({"labels": {"contains": ["slow"]}}, {"labels": []}, False),
        ({"/settings/enabled": True}, {"settings": {"enabled": True}}, True),
    ],
)
def test_conditions(when: dict[str, Any], found: Any, expected: bool) -> None:
    assert holds(when, found) is expected


def test_a_body_refers_to_the_object() -> None:
    body = {"context": "$before#/context", "x": "$before#/none", "body": "a", "user": "$reference.user"}

    assert with_values(body, {"context": "c"}, {"user": USER}.get) == {"context": "c", "body": "a", "user": USER}
    assert with_values(body, {}, lambda name: None) == {"body": "a"}
    assert [*references_in([body, {"x": [{"team": "$reference.team"}]}])] == ["user", "team"]


def test_a_message_shows_the_request() -> None:
    assert Scenario.of({}).request({"name": "x"}) == "a request with {'name': 'x'}"
    assert Scenario.of({"when": {"state": "passed"}}).request(None) == (
        "a request for an object with {'state': 'passed'}"
    )


def test_changed_properties_of_a_scenario() -> None:
    scenario = Scenario.of({"sets": {"/a/b": "$now", "c": 1}, "also": ["d"]})

    assert scenario.changes == {"a", "c", "d"}
    assert scenario.changed_by_time == {"a"}


def test_the_server_may_have_another_time() -> None:
    assert server_time({"Date": "Mon, 02 Mar 2026 09:15:00 GMT"}) == NOW
    assert abs(server_time({"Date": "soon"}) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("schema", "current", "values"),
    [
        ({"type": "boolean"}, True, [False]),
        ({"type": "boolean"}, None, [True, False]),
        ({"type": "string", "enum": ["a", "b"]}, "a", ["b"]),
        ({"type": "integer", "maximum": 10}, 10, [9]),
        ({"type": ["string", "null"]}, "x", ["x 2"]),
        ({"type": "string", "pattern": "^x$"}, "x", []),
    ],
)
def test_new_values(schema: dict[str, Any], current: Any, values: list[Any]) -> None:
    assert list(new_values("color", schema, current, NO_EXAMPLES, [])) == values


def test_new_values_come_from_examples_and_references() -> None:
    examples = Examples({"color": ["#1", "#2"], "settings": [{"a": True}]})

    assert next(new_values("color", {"type": "string"}, "#1", examples, [])) == "#2"
    assert next(new_values("settings", {"type": "object"}, {"a": True, "b": 1}, examples, [])) == {"a": False}
    assert list(new_values("cluster_id", {"type": "string"}, "a", examples, ["a", "b"])) == ["b"]
    assert list(new_values("team_ids", {"type": "array"}, [], examples, ["a"])) == [["a"]]


def test_empty_values() -> None:
    assert list(emptying_values({"type": ["array", "null"]})) == [None, []]
    assert list(emptying_values({"type": "array", "minItems": 1})) == []


def test_values_of_enums() -> None:
    assert enum_values({"type": "string", "enum": ["a", "b"]}) == ["a", "b"]
    assert enum_values({"type": "array", "items": {"enum": ["a", "b"]}}) == [["a"], ["b"]]
    assert enum_values({"type": "string"}) == []


def test_arrays_with_several_items() -> None:
    assert several_values({"type": "array", "items": {"enum": ["a", "b"]}}, ()) == [["a", "b"]]
    assert several_values({"type": "array", "items": {"type": "string"}}, ["1", "2", "3"]) == [["1", "2"]]
    assert several_values({"type": "array", "items": {"type": "string"}}, ["1"]) == []
    assert several_values({"type": "string", "enum": ["a", "b"]}, ["1", "2"]) == []


def test_unique_values_match_the_pattern() -> None:
    assert unique("name", "Web", {}).startswith("Web ")
    assert unique("key", "linux", {"pattern": "^[a-z0-9-]+$"}).startswith("linux-")
    assert unique("key", "KEY", {"pattern": "^[A-Za-z0-9_]+$"}).startswith("KEY_")
    assert unique("email", "ada@acme.example", {}).endswith("@acme.example")


def test_body_rules() -> None:
    rules = BodyRules.of({"x-effects": {"ignored-with": {"env": "yaml"}, "null-means-default": ["slug"]}})

    assert rules.comparable({"env": {}, "slug": None, "name": "a"}, {"yaml": "steps: []"}) == {"name": "a"}
    assert rules.comparable({"env": {}, "slug": "a"}, {"yaml": None}) == {"env": {}, "slug": "a"}
    assert BodyRules.of({"x-effects": {"returned-as": {"a/b": "/c/d"}}}).root("a") == "c"


def test_kinds_of_the_spec() -> None:
    kinds = {kind.path: kind for kind in _all(kinds_of(SPEC))}
    queue = kinds["/v2/organizations/{org}/clusters/{cluster_id}/queues/{queue_id}"]
    job = kinds["/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/jobs/{job_id}"]

    assert queue.create is not None
    expected = ["updateClusterQueue", "pauseClusterQueueDispatch", "resumeClusterQueueDispatch"]
    assert [each.id for each in queue.actions] == expected
    assert {"retryJob", "retryJobInBuild"} <= {each.id for each in job.actions}
    assert "/v2/organizations/{org}/jobs/{job_id}/annotations/{annotation_id}" in {each.path for each in job.children}
    assert kinds["/v2/organizations/{org}/pipeline-settings"].update is not None


def _all(kinds: Any) -> list[Kind]:
    return [each for kind in kinds for each in (kind, *_all(kind.children))]
