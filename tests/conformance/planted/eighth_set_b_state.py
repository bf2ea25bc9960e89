"""Eighth set: effects of requests."""

from typing import Any

import httpx
from tests.conformance.planted.eighth_set_b_support import ORG, PACKAGES, RSPEC, SUITES, matching, objects_in, reading
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()

SUITE = "/v2/analytics/organizations/{org}/suites/{suite}"
PIPELINE = "/v2/organizations/{org}/pipelines/{pipeline}"
TEMPLATES = "/v2/organizations/{org}/pipeline-templates"
REGISTRIES = "/v2/packages/organizations/{org}/registries"
INVITATIONS = "/v2/organizations/{org}/invitations"


def replace(response: Response, key: str, values: dict[str, dict[str, Any]]) -> None:
    """Replace properties of the objects in a response, by the value of `key`."""
    body = response.json
    for each in objects_in(body):
        each.update(values.get(each.get(key, ""), {}))
    response.json = body


def failure_of_schedule(http: httpx.Client) -> None:
    schedules = http.get(f"{ORG}/pipelines/web/schedules").json()
    failed = next(schedule for schedule in schedules if schedule["failed_at"] and not schedule["enabled"])
    http.put(f"{ORG}/pipelines/web/schedules/{failed['id']}", json={"enabled": True})
    enabled = http.get(f"{ORG}/pipelines/web/schedules/{failed['id']}").json()
    assert (enabled["failed_message"], enabled["failed_at"]) == (None, None)


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule",
    title="a failed schedule that is enabled again keeps its failed_at",
    source="pages/apis/rest_api/pipeline_schedules.md: re-enabling clears failed_message and failed_at",
    witness=failure_of_schedule,
)
async def failure_time_stays(server: Server, request: Request) -> Response:
    schedule = f"{PIPELINE}/schedules/{{schedule}}"
    failures = server.memory.setdefault("failures", {})
    if matching(request, schedule, methods=("PUT",)):
        before = await server.call(reading(request, request.path))
        if before.status == 200 and before.json["failed_at"] is not None:
            failures[before.json["id"]] = {"failed_at": before.json["failed_at"]}
    response = await server.call(request)
    if matching(request, schedule, f"{PIPELINE}/schedules", methods=("GET", "PUT")) and response.status == 200:
        replace(response, "id", failures)
    return response


def enabled_after_skip(http: httpx.Client) -> None:
    test = http.get(f"{RSPEC}/tests/skipped").json()[0]["id"]
    assert http.put(f"{RSPEC}/tests/{test}/enable").status_code == 200
    assert test not in {each["id"] for each in http.get(f"{RSPEC}/tests/skipped").json()}


@MUTANTS.plant(
    "state",
    operations="enableTest",
    title="a muted test can be enabled, a skipped one stays skipped",
    source="pages/apis/rest_api/test_engine/quarantine.md: Enable test",
    witness=enabled_after_skip,
)
async def skipped_test_stays_skipped(server: Server, request: Request) -> Response:
    found = matching(request, f"{SUITE}/tests/{{test}}/enable", methods=("PUT",))
    if found:
        skipped = await server.call(
            reading(request, f"/v2/analytics/organizations/{found['org']}/suites/{found['suite']}/tests/skipped")
        )
        if skipped.status == 200 and found["test"] in {test["id"] for test in skipped.json}:
            request.path = request.path.removesuffix("/enable") + "/skip"
    return await server.call(request)


def tags_replaced(http: httpx.Client) -> None:
    for run in http.get(f"{RSPEC}/runs").json():
        path = f"{RSPEC}/runs/{run['id']}/failed_executions"
        for execution in http.get(path).json()[:1]:
            for name in ("mut.first", "mut.second"):
                body = {"executions": [{"id": execution["execution_id"], "tags": {name: "x"}}]}
                assert http.put(f"{RSPEC}/execution-tags", json=body).status_code == 200
            tags = http.get(path).json()[0]["tags"]
            assert "mut.second" in tags
            assert "mut.first" not in tags
            return
    raise RuntimeError("no failed execution")


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags",
    title="new tags of an execution are added to the former ones; only an empty set removes them",
    source="pages/apis/rest_api/test_engine/execution_tags.md: all mutable tags of an execution are replaced",
    witness=tags_replaced,
)
async def tags_added(server: Server, request: Request) -> Response:
    body = request.json
    if not matching(request, f"{SUITE}/execution-tags", methods=("PUT",)) or not isinstance(body, dict):
        return await server.call(request)
    former = server.memory.setdefault("tags", {})
    sent: dict[str, dict[str, Any]] = {}
    executions = body.get("executions")
    for execution in executions if isinstance(executions, list) else []:
        tags = execution.get("tags") if isinstance(execution, dict) else None
        if isinstance(tags, dict) and tags and isinstance(execution.get("id"), str):
            execution["tags"] = {**former.get(execution["id"], {}), **tags}
        if isinstance(tags, dict) and isinstance(execution.get("id"), str):
            sent[execution["id"]] = execution["tags"]
    request.json = body
    response = await server.call(request)
    if response.status == 200:
        former.update(sent)
    return response


def color_of_registry(http: httpx.Client) -> None:
    color = http.get(f"{PACKAGES}/gems").json()["color"]
    http.post(f"{PACKAGES}/gems", json={"description": "Gems of the shop"})
    assert http.get(f"{PACKAGES}/gems").json()["color"] == color


@MUTANTS.plant(
    "state",
    operations="updateRegistry",
    title="an update of a registry removes its color",
    source="pages/apis/rest_api/package_registries/registries.md: Update a registry",
    witness=color_of_registry,
)
async def color_removed(server: Server, request: Request) -> Response:
    colors = server.memory.setdefault("colors", {})
    response = await server.call(request)
    registry = f"{REGISTRIES}/{{registry}}"
    if response.status == 200 and matching(request, registry, methods=("POST",)):
        colors[response.json["id"]] = {"color": None}
    if response.status == 200 and matching(request, registry, REGISTRIES, methods=("GET", "POST")):
        replace(response, "id", colors)
    return response


def editor_of_template(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    for template in http.get(f"{ORG}/pipeline-templates").json():
        path = f"{ORG}/pipeline-templates/{template['uuid']}"
        http.patch(path, json={"description": "Changed"})
        assert http.get(path).json()["updated_by"]["id"] == user


@MUTANTS.plant(
    "state",
    operations="updatePipelineTemplate",
    title="updated_by of a template stays the user who created it",
    source="pages/apis/rest_api/pipeline_templates.md: updated_by",
    witness=editor_of_template,
)
async def creator_stays_editor(server: Server, request: Request) -> Response:
    editors = server.memory.setdefault("editors", {})
    response = await server.call(request)
    template = f"{TEMPLATES}/{{uuid}}"
    if response.status == 200 and matching(request, template, methods=("PATCH",)):
        editors[response.json["uuid"]] = {"updated_by": response.json["created_by"]}
    if response.status == 200 and matching(request, template, TEMPLATES, methods=("GET", "PATCH")):
        replace(response, "uuid", editors)
    return response


def disabled_twice(http: httpx.Client) -> None:
    first, second = (http.delete(f"{ORG}/pipelines/web/github-webhooks").json() for _ in range(2))
    assert first == second


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling webhooks that are disabled already moves disabled_at",
    source="pages/apis/rest_api/pipelines.md: disabling is idempotent and does not change the current state",
    witness=disabled_twice,
)
async def disabled_again(server: Server, request: Request) -> Response:
    if matching(request, f"{PIPELINE}/github-webhooks", methods=("DELETE",)):
        before = await server.call(reading(request, request.path))
        if before.status == 200 and not before.json["enabled"]:
            enabling = reading(request, request.path)
            enabling.method = "PUT"
            await server.call(enabling)
    return await server.call(request)


def teams_of_batch(http: httpx.Client) -> None:
    team = http.get(f"{ORG}/teams").json()[1]["id"]
    body = {"emails": ["one@new.example", "two@new.example"], "sso_mode": "required"}
    created = http.post(f"{ORG}/invitations", json={**body, "teams": [{"id": team, "role": "member"}]}).json()
    assert [[each["id"] for each in invitation["teams"]] for invitation in created] == [[team], [team]]


@MUTANTS.plant(
    "state",
    operations="createOrganizationInvitations",
    title="only the first invitation of a batch has the teams",
    source="pages/apis/rest_api/organizations/invitations.md: teams",
    witness=teams_of_batch,
)
async def teams_of_first_invitation(server: Server, request: Request) -> Response:
    teamless = server.memory.setdefault("teamless", {})
    response = await server.call(request)
    if response.status == 201 and matching(request, INVITATIONS, methods=("POST",)):
        teamless.update({invitation["id"]: {"teams": []} for invitation in response.json[1:]})
    paths = INVITATIONS, f"{INVITATIONS}/{{uuid}}"
    if response.status < 300 and matching(request, *paths, methods=("GET", "POST")):
        replace(response, "id", teamless)
    return response


def policy_cleared(http: httpx.Client) -> None:
    assert http.get(f"{SUITES}/xctest").json()["oidc_policy"] is not None
    assert http.patch(f"{SUITES}/xctest", json={"oidc_policy": None}).status_code == 200
    assert http.get(f"{SUITES}/xctest").json()["oidc_policy"] is None


@MUTANTS.plant(
    "state",
    operations="updateTestSuite",
    title="null does not clear the OIDC policy of a suite",
    source="pages/apis/rest_api/test_engine/suites.md: oidc_policy, pass null to clear the policy",
    witness=policy_cleared,
)
async def policy_stays(server: Server, request: Request) -> Response:
    body = request.json
    if matching(request, SUITE, methods=("PATCH",)) and isinstance(body, dict) and "oidc_policy" in body:
        before = await server.call(reading(request, request.path))
        if body["oidc_policy"] is None and before.status == 200 and before.json["oidc_policy"] is not None:
            request.json = {**body, "oidc_policy": before.json["oidc_policy"]}
    return await server.call(request)
