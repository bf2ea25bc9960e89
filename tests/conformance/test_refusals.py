"""The plans of invalid bodies and of documented errors find small bugs, and nothing in the mock."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from tests.conformance.runner_support import TOKEN, Request, change, mock_with

from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.plans.refusals import changes

TEAMS = "/v2/organizations/*/teams"
TEAM = f"{TEAMS}/*"
PAUSED = "/v2/organizations/*/clusters/*/queues/*/pause_dispatch"


def sent(request: Request, method: str, pattern: str) -> dict[str, Any]:
    """Return the JSON object that a request sends, or nothing."""
    is_json = request.matches(method, pattern) and request.body[:1] == b"{" and request.body[-1:] == b"}"
    return json.loads(request.body) if is_json and request.body.isascii() else {}


def with_body(request: Request, body: dict[str, Any]) -> Request:
    return evolve(request, body=json.dumps(body).encode())


def any_privacy_is_accepted(request: Request, call: Any) -> Any:
    body = sent(request, "POST", TEAMS)
    return call(with_body(request, {**body, "privacy": "visible"}) if "privacy" in body else request)


def refused_is_stored(request: Request, call: Any) -> Any:
    """Store the valid description of a team whose update is refused for another property."""
    response, body = call(request), sent(request, "PATCH", TEAM)
    if response.status == 422 and isinstance(body.get("description"), str):
        call(with_body(request, {"description": body["description"]}))
    return response


def returning(pattern: str, status: int = 422, **changed: Any) -> Any:
    """Return a bug that changes the errors of an operation."""

    def wrong(request: Request, response: Any) -> None:
        if request.matches("POST", pattern) and response.status == 422:
            response.status = status
            response.json = {**response.json, **changed}

    return change(wrong)


@frozen
class Case:
    """A bug, and the failure that shows it."""

    operation: str
    bug: Any
    check: str
    message: str


OTHER = [{"field": "description", "code": "invalid"}]
PAUSE = "pauseClusterQueueDispatch"
CASES = [
    Case("createTeam", any_privacy_is_accepted, "invalid_request_accepted", "privacy"),
    Case("createTeam", returning(TEAMS, errors=OTHER), "error_names_other_field", "instead of"),
    Case(
        "createTeam",
        returning(TEAMS, message="Oops"),
        "documented_refusal",
        "the documented 'Valid",
    ),
    Case("updateTeam", refused_is_stored, "refused_request_has_effect", "description"),
    Case(PAUSE, returning(PAUSED, 400), "documented_refusal", "400 instead of"),
    Case(PAUSE, returning(PAUSED, message="No"), "documented_refusal", "the message is"),
]


def failures(tmp_path: Path, bug: Any, operation: str) -> list[tuple[str, str, str]]:
    """Run both phases against the mock with a bug, and return the failures."""
    report = tmp_path / "report.json"
    with mock_with(bug) as url:
        options = ["--write", "--write-existing", "all", "--seed", "1", "--json", str(report), "--token", TOKEN]
        main(["--base-url", url, *options, "--phases", "refusals,statuses", "--include-operation", operation])
    operations = json.loads(report.read_text())["operations"]
    return [(each["id"], one["check"], one["message"]) for each in operations for one in each["failures"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.operation}-{case.message}")
def test_a_bug_is_found(tmp_path: Path, case: Case) -> None:
    found = failures(tmp_path, case.bug, case.operation)

    assert any(each[:2] == (case.operation, case.check) and case.message in each[2] for each in found), found


@pytest.mark.parametrize("operation", sorted({case.operation for case in CASES}))
def test_the_mock_has_no_failures(tmp_path: Path, operation: str) -> None:
    assert failures(tmp_path, change(lambda request, response: None), operation) == []


def test_changes_break_one_rule_each() -> None:
    api = Api.load()
    operation = api.by_id["createClusterSecret"]
    valid = {"key": "DEPLOY_KEY", "value": "hunter2"}
    found = {(each.field, each.rule): each.body for each in changes(api, operation.body_schema, valid)}

    assert found["key", "is missing"] == {"value": "hunter2"}
    assert found["key", "has the form ' {}'"] == {**valid, "key": " DEPLOY_KEY"}
    assert found["value", "has too many bytes"]["value"] == "ü" * 4096
    assert found["unexpected", "is unknown"] == {**valid, "unexpected": 1}
