"""Comparison of responses of different operations about the same object."""

from typing import Any

import pytest
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.agreement.absence import may_be_absent
from buildkite_rest.conformance.agreement.differences import (
    blank_properties,
    contained_difference,
    difference,
    key_of,
    mention_difference,
    nested_difference,
)
from buildkite_rest.conformance.agreement.example_pairs import same_pairs
from buildkite_rest.conformance.agreement.facts import FACTS
from buildkite_rest.conformance.agreement.relations import Get, Relations, items_inside
from buildkite_rest.conformance.option_values import PHASES
from buildkite_rest.conformance.phases.agreement import check_against_lists
from buildkite_rest.conformance.traffic import Response

OPERATIONS = {operation.id: operation for operation in SPEC.operations}
BASE = "http://127.0.0.1:8000"
RELATIONS = Relations(SPEC, BASE)
ACME = f"{BASE}/v2/organizations/acme"


@pytest.mark.parametrize(
    ("found", "expected", "message"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "c": 3}, None),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}]}}, None),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, "a.b[1].c is 2 instead of 3"),
        ({"a": None}, {"a": ""}, "a is null instead of ''"),
        ({"a": 0}, {"a": False}, "a is 0 instead of False"),
        ({"a": 1}, {"a": 1.0}, None),
        ({"a": [1]}, {"a": []}, "a has 1 item instead of 0"),
        ([1], [1, 2], "the list has 1 item instead of 2"),
        ({"current": 4}, {"current": 5}, None),
        ({"u": "https://s3/x?Expires=1"}, {"u": "https://s3/x?Expires=2"}, None),
        ({"u": "https://s3/x"}, {"u": "https://s3/y"}, "u is 'https://s3/x' instead of 'https://s3/y'"),
        ({"u": "http://["}, {"u": "http://["}, None),
        ({"meta_data": {}}, {"meta_data": {"a": "b"}}, "meta_data has 'a' only once"),
    ],
)
def test_difference(found: object, expected: object, message: str | None) -> None:
    assert difference(found, expected) == message


@pytest.mark.parametrize(
    ("mention", "stem", "message"),
    [
        ({"id": 1, "name": "a", "state": "running"}, None, None),
        ({"id": 1, "name": "b"}, None, "name is 'b' instead of 'a'"),
        ({"test_id": 1, "test_name": "Scope#x a"}, "test", None),
        ({"test_id": 2}, "test", "id is 2 instead of 1"),
        ({"test_id": None, "id": 7}, "test", None),
    ],
)
def test_mention_difference(mention: dict[str, Any], stem: str | None, message: str | None) -> None:
    assert mention_difference(mention, {"id": 1, "name": "a", "state": "passed"}, stem) == message


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([{"id": n, "provider": {"id": n, "name": n}} for n in "abc"], "provider.id is name in all of 3 objects"),
        ([{"id": n, "provider": {"id": n, "name": n}} for n in "aab"], ""),
        ([{"id": n, "provider": {"id": "a", "name": "a", "url": n}} for n in "abc"], ""),
        ([{"id": n, "provider": {"id": n, "name": n}} for n in "abc"] + [{"provider": {"id": "d", "name": "e"}}], ""),
        ([{"id": n, "description": n, "branch_configuration": n} for n in "abc"], ""),
    ],
)
def test_properties_that_are_always_the_same(objects: list[Any], message: str) -> None:
    found = list(same_pairs(SPEC, OPERATIONS["listNotificationServices"], objects))

    assert len(found) == bool(message)
    assert message in "".join(found)


@pytest.mark.parametrize(
    ("operation", "objects"),
    [
        ("listBuilds", [{"pipeline": {"name": n, "slug": n, "description": n}} for n in "abc"]),
        ("listBuilds", [{"jobs": [{"name": n, "step_key": n, "command": n}]} for n in "abc"]),
        ("listBuilds", [{"author": {"name": n, "username": n}} for n in "abc"]),
        ("listOrganizations", [{"name": n, "slug": n} for n in "abc"]),
        ("listAgents", [{"name": n, "hostname": n} for n in "abc"]),
        ("getBuildPreflight", [{"tests": {"failures": [{"suite_name": n, "suite_slug": n}]}} for n in "abc"]),
    ],
)
def test_names_that_users_choose_may_be_the_same(operation: str, objects: list[Any]) -> None:
    assert list(same_pairs(SPEC, OPERATIONS[operation], objects)) == []


def test_lists_inside_others() -> None:
    one, two, retried = {"id": 1, "a": 1}, {"id": 2}, {"id": 3, "retried": True}

    assert contained_difference([one, {}], [two, one], 100) is None
    assert contained_difference([one], [two], 100) == "1 is missing in the latter"
    assert contained_difference([one], [two], 1) is None
    assert contained_difference([one], [{**one, "a": 2}], 100) == "1: a is 1 instead of 2"
    assert nested_difference([one], [one, retried], 100) is None
    assert nested_difference([one], [one, two], 100) == "2 is missing in the former"
    assert items_inside({"users": [one], "teams": [two]}) == [one, two]
    assert (key_of({"user_id": "u"}), key_of({"name": "x"}), key_of(5)) == ("u", None, None)


def ids(gets: Any) -> list[str]:
    return [get.operation.id for get in gets]


def test_relations_follow_from_paths() -> None:
    job = {"org": "acme", "pipeline": "web", "number": 1, "job_id": "j"}
    build = Get(OPERATIONS["getBuild"], job)

    assert ids(RELATIONS.shorter(Get(OPERATIONS["getJobLogInBuild"], job))) == ["getJobLog"]
    assert (
        ids(RELATIONS.shorter(Get(OPERATIONS["getTeamMember"], {"org": "a", "team_uuid": "t", "user_uuid": "u"}))) == []
    )
    assert {each.id for each in RELATIONS.narrower(OPERATIONS["listAllBuilds"])} == {
        "listOrganizationBuilds",
        "listBuilds",
    }
    assert ids(RELATIONS.nested(build, {"jobs": [{"id": 1}], "env": {}})) == ["listJobs"]
    assert RELATIONS.referred("user_id", "u", {"org": "acme"}) == Get(
        OPERATIONS["getOrganizationMember"], {"org": "acme", "user_uuid": "u"}
    )
    assert RELATIONS.referred("step_id", "s", {"org": "acme"}) is None
    assert RELATIONS.referred("user_id", "u", {}) is None


@pytest.mark.parametrize(
    ("url", "operation"),
    [
        (f"{ACME}/pipelines/web/builds/3", "getBuild"),
        (f"{ACME}/pipelines/web/builds?page=2", "listBuilds"),
        (f"{ACME}/jobs/j/log", "getJobLog"),
        (f"{ACME}/jobs/j/log.txt", None),
        (f"{ACME}/jobs/j/unblock", None),
        ("https://buildkite.com/acme/web/builds/3", None),
        (ACME.replace("127.0.0.1", "localhost"), None),
        ("http://[", None),
        (None, None),
    ],
)
def test_targets_of_urls(url: object, operation: str | None) -> None:
    target = RELATIONS.target(url)

    assert (None if target is None else target.operation.id) == operation


@pytest.mark.parametrize(
    ("found", "operation", "is_optional"),
    [
        ({"state": "new"}, "getArtifactDownload", True),
        ({"state": "expired"}, "getArtifactDownloadInBuild", True),
        ({"state": "finished"}, "getArtifactDownload", False),
        ({"state": "new"}, "getArtifact", False),
        ({"connection_state": "stopped"}, "getAgent", True),
        ({"connection_state": "connected"}, "getAgent", False),
        ({"connection_state": "stopping"}, "getAgent", False),
        ({"number": 1}, "getBuild", False),
    ],
)
def test_only_content_and_agents_may_be_absent(found: dict[str, Any], operation: str, is_optional: bool) -> None:
    assert may_be_absent(SPEC, found, OPERATIONS[operation]) == is_optional


def test_items_are_read_below_their_list_or_at_their_url() -> None:
    teams, builds = Get(OPERATIONS["listTeams"], {"org": "acme"}), Get(OPERATIONS["listAllBuilds"], {})
    team, build = RELATIONS.item(teams, {"id": "t"}), RELATIONS.item(builds, {"url": f"{ACME}/pipelines/web/builds/3"})

    assert team is not None
    assert (team.operation.id, dict(team.values)) == ("getTeam", {"org": "acme", "team_uuid": "t"})
    assert build is not None
    assert (build.operation.id, build.values["number"]) == ("getBuild", 3)
    assert RELATIONS.item(builds, {"url": f"{ACME}/pipelines"}) is None


def test_blank_properties_have_no_value_in_any_item() -> None:
    assert blank_properties([{"a": None, "b": [], "c": 0, "d": None}, {"a": "", "c": 0, "d": 1}]) == {"a", "b"}
    assert blank_properties([{"a": None}]) == set()


class Usage:
    """The rate limit in two responses."""

    is_local = True

    def __init__(self, *used: tuple[int, int]) -> None:
        self.used = list(used)

    def get(self, get: Get) -> Response:
        current, reset = self.used.pop(0)
        body = {"scopes": {"rest": {"limit": 200, "current": current, "reset": reset}}}
        return Response(get.operation, {}, 200, {"RateLimit-Limit": "200"}, "", body)

    def other(self, operation_id: str, get: Get, query: object = None) -> None:
        """Return no other response."""


@pytest.mark.parametrize(
    ("used", "message"),
    [
        (((5, 20), (6, 19)), None),
        (((5, 20), (5, 20)), None),
        (((150, 1), (1, 60)), None),
        (((195, 20), (194, 19)), "scopes.rest.current is 195, and 194 after another request"),
    ],
)
def test_requests_are_counted(used: tuple[tuple[int, int], ...], message: str | None) -> None:
    (fact,) = FACTS["getRateLimit"]

    assert fact(Usage(*used), Get(OPERATIONS["getRateLimit"], {"org": "acme"}))[0] == message


def test_facts_name_operations_of_the_spec() -> None:
    assert FACTS.keys() <= OPERATIONS.keys()
    assert PHASES.index("agreement") < PHASES.index("examples")


def test_a_sampled_run_compares_without_further_requests() -> None:
    def response(operation: str, body: Any, **values: str) -> Response:
        return Response(OPERATIONS[operation], values, 200, {}, "", body)

    class FakeSession:
        def __init__(self) -> None:
            self.sent: list[str] = []
            self.failures: list[str] = []
            self.options = type("Options", (), {"base_url": BASE})()

        def count(self, check: str) -> None:
            pass

        def send(self, operation: Any, values: Any) -> Response:
            self.sent.append(operation.id)
            return listed if operation.id == "listTeams" else wrong

        def record_failure(self, check: str, code: str, message: str, *responses: Any) -> None:
            self.failures.append(message)

    listed = response("listTeams", [{"id": "t", "name": "a"}], org="acme")
    right = response("getTeam", {"id": "t", "name": "a"}, org="acme", team_uuid="t")
    wrong = response("getTeam", {"id": "t", "name": "b"}, org="acme", team_uuid="t")
    session: Any = FakeSession()

    check_against_lists(session, SPEC, right, [listed, right])
    assert (session.sent, session.failures) == ([], [])
    check_against_lists(session, SPEC, wrong, [listed, wrong])
    assert session.sent == ["listTeams", "getTeam"]
    assert session.failures == ["listTeams differs from getTeam: name is 'a' instead of 'b'"] * 2
