"""The variants of the spec that only the runner uses."""

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.conformance.package_spec import SPEC
from tests.conformance.runner_support import Request, Response, change, conform, mock_with

from buildkite_rest.conformance.options import Options
from buildkite_rest.conformance.spec import Operation
from buildkite_rest.conformance.strict_spec import StrictCheck, open_responses, strict_document

OPERATIONS = {operation.id: operation for operation in SPEC.operations}
JSON = "application/json"


def content(raw: dict[str, Any], operation: Operation) -> dict[str, Any]:
    found = raw["paths"][operation.path][operation.method.lower()]["responses"]["200"]["content"][JSON]
    assert isinstance(found, dict)
    return found


def example(name: str) -> Any:
    return deepcopy(next(iter(content(SPEC.raw, OPERATIONS[name])["examples"].values()))["value"])


@cache
def failing_check() -> StrictCheck:
    """Return a check that has no state: it lists nothing."""
    return StrictCheck(SPEC, is_failure=True)


def problems(name: str, body: object, *, is_failure: bool = True) -> tuple[list[str], StrictCheck]:
    check = failing_check() if is_failure else StrictCheck(SPEC, is_failure=False)
    operation = OPERATIONS[name]
    found = check.problems(operation.method, operation.path, 200, f"{JSON}; charset=utf-8", json.dumps(body).encode())
    return list(found), check


@pytest.mark.parametrize("is_administrator", [True, False])
def test_only_administrators_get_all_properties(is_administrator: bool) -> None:
    organizations: list[str] = []

    def administers(organization: str) -> bool:
        organizations.append(organization)
        return is_administrator

    check = StrictCheck(SPEC, is_failure=True, administers=administers)
    operation, clusters = OPERATIONS["listClusters"], example("listClusters")
    for key in ("hosted_git_mirror_enabled", "maintainers"):
        del clusters[0][key]
    found = check.problems("GET", operation.path, 200, JSON, json.dumps(clusters).encode(), organization="acme")
    mirror, maintainers = (
        f"$[].{each}: missing property, nothing" for each in ("hosted_git_mirror_enabled", "maintainers")
    )

    assert set(found) == ({mirror, maintainers} if is_administrator else {maintainers})
    assert organizations == ["acme"]


def edited(name: str, edit: Callable[[Any], object]) -> Any:
    body = example(name)
    edit(body)
    return body


def test_examples_of_the_spec_conform_to_the_strict_variant() -> None:
    check = failing_check()
    found: list[tuple[str, str]] = []
    for operation in SPEC.operations:
        for status, node in SPEC.node(operation)["responses"].items():
            examples = SPEC.resolve(node).get("content", {}).get(JSON, {}).get("examples", {})
            for each in examples.values() if status.startswith("2") else ():
                body = json.dumps(each["value"]).encode()
                lines = check.problems(operation.method, operation.path, int(status), JSON, body)
                found += [(operation.id, line) for line in lines]
    assert found == []


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("getUser", lambda body: body.update(password="s3cret"), "$.password: undescribed property, string"),
        (
            "getPipeline",
            lambda body: body["provider"].update(token="s3cret"),
            "$.provider.token: undescribed property, string",
        ),
        (
            "getBuild",
            lambda body: body["jobs"][0].update(notes=[]),
            "$.jobs[].notes: undescribed property, array",
        ),
        ("getUser", lambda body: body.update(id="42"), "$.id: invalid value, string format uuid"),
        ("getPipeline", lambda body: body.pop("tags"), "$.tags: missing property, nothing"),
    ],
)
def test_a_difference_is_reported_without_its_value(name: str, edit: Callable[[Any], object], message: str) -> None:
    assert problems(name, edited(name, edit))[0] == [message]


def test_the_keys_of_a_map_are_free() -> None:
    assert problems("getBuild", edited("getBuild", lambda body: body["meta_data"].update(anything="x")))[0] == []


def test_what_the_plain_spec_reports_is_not_reported_twice() -> None:
    def edit(body: Any) -> None:
        del body["commit"]
        body["number"] = 0
        body["state"] = "perfect"

    assert problems("getBuild", edited("getBuild", edit))[0] == []


def test_elsewhere_differences_are_listed_once() -> None:
    def edit(body: Any) -> None:
        body["brand_new"] = "s3cret"
        body["state"] = "perfect"

    found, check = problems("getBuild", edited("getBuild", edit), is_failure=False)
    operation = OPERATIONS["getBuild"]
    assert found == []
    assert sorted(check.listed) == [
        (operation.label, "undescribed property", "$.brand_new", "string"),
        (operation.label, "undescribed value", "$.state", "'perfect'"),
    ]


def test_required_keys_are_added_to_those_of_the_spec() -> None:
    schemas = strict_document({"components": {"schemas": {"A": {"required": ["a"], "x-strict": {"required": ["b"]}}}}})
    assert schemas["components"]["schemas"]["A"]["required"] == ["a", "b"]


@pytest.mark.parametrize(
    ("edit", "is_valid"),
    [
        (lambda body: None, True),
        (lambda body: body.update(state="perfect"), True),
        (lambda body: body.update(jobs=[{"type": "robot", "id": "r2"}]), True),
        (lambda body: body.update(jobs=[{"type": "script", "id": "1"}]), False),
        (lambda body: body.update(state=5), False),
        (lambda body: body.update(number=0), False),
    ],
)
def test_open_responses_allow_unknown_values_and_variants(edit: Callable[[Any], object], is_valid: bool) -> None:
    raw = deepcopy(SPEC.raw)
    open_responses(raw)
    schema = {**content(raw, OPERATIONS["getBuild"])["schema"], "components": raw["components"]}
    assert jsonschema_rs.is_valid(schema, edited("getBuild", edit)) is is_valid


def test_open_responses_leave_requests_alone() -> None:
    raw = deepcopy(SPEC.raw)
    open_responses(raw)
    for name, schema in SPEC.raw["components"]["schemas"].items():
        assert raw["components"]["schemas"][name] == schema


@pytest.mark.parametrize(
    ("url", "choice", "fails"),
    [
        ("http://127.0.0.1:8000", None, True),
        ("https://api.buildkite.com", None, False),
        ("https://api.buildkite.com", "fail", True),
        ("http://127.0.0.1:8000", "report", False),
    ],
)
def test_the_default_depends_on_the_server(url: str, choice: str | None, fails: bool) -> None:
    unused: Any = None
    assert Options(base_url=url, auth=unused, seed=1, unknown_fields=choice).unknown_fields_fail is fails


def new_field_and_state(request: Request, response: Response) -> None:
    if request.matches("GET", "/v2/organizations/*/agents") and response.status == 200:
        response.json = [{**each, "mood": "s3cret", "connection_state": "lazy"} for each in response.json]


@pytest.mark.parametrize(("choice", "status"), [("fail", 1), ("report", 0)])
def test_what_the_spec_lacks_fails_or_is_listed(tmp_path: Path, choice: str, status: int) -> None:
    options = ("--include-operation", "listAgents", "--phases", "examples", "--seed", "1", "--unknown-fields", choice)
    with mock_with(change(new_field_and_state)) as url:
        run = conform(tmp_path, url, *options)
    assert run.status == status, run.out
    assert "s3cret" not in json.dumps(run.report["undescribed"])
    found = {(each["path"], each["found"]) for each in run.report["undescribed"]}
    assert found == (set() if status else {("$[].mood", "string"), ("$[].connection_state", "'lazy'")})
    assert ("$[].mood: string" in run.out) is not bool(status)
