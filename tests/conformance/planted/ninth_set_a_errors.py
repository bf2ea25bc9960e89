"""Ninth set of planted bugs: requests that must be refused."""

from __future__ import annotations

import json
import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_a_support import (
    ORG,
    SUITE_PATH,
    TEMPLATE_PATH,
    first,
    labeled_test,
    send,
    team,
)

MUTANTS = Mutants()


def assigned_template(http: httpx.Client) -> None:
    template = first(http, f"{ORG}/pipeline-templates")["uuid"]
    body = {"pipeline_template_uuid": template}
    assert http.patch(f"{ORG}/pipelines/api", json=body).status_code == 200
    assert http.delete(f"{ORG}/pipeline-templates/{template}").status_code == 422


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a pipeline template is deleted, and removed from its pipelines, while it is assigned",
    source="pages/apis/rest_api/pipeline_templates.md: can only be deleted when it is not assigned",
    witness=assigned_template,
)
async def assigned_template_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    place = request.values("DELETE", TEMPLATE_PATH)
    if response.status == 422 and place:
        path = f"/v2/organizations/{place['org']}/pipelines"
        for pipeline in (await send(server, request, "GET", path, per_page="100")).json:
            if pipeline["pipeline_template_uuid"] == place["uuid"]:
                change = {"pipeline_template_uuid": None}
                await send(server, request, "PATCH", f"{path}/{pipeline['slug']}", json=change)
        return await server.call(request)
    return response


def unknown_access_level(http: httpx.Client) -> None:
    pipeline = http.get(f"{ORG}/pipelines/ios").json()["id"]
    body = {"pipeline_id": pipeline, "access_level": "read"}
    assert http.post(f"{team(http, 'backend')}/pipelines", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createTeamPipeline",
    title="the access level of a team pipeline may be one of a suite, `read`, and becomes `read_only`",
    source="pages/apis/rest_api/teams/pipelines.md: Create a team pipeline, `access_level`",
    witness=unknown_access_level,
)
async def access_level_of_suites(server: Server, request: Request) -> Response:
    body = request.json
    is_creation = request.values("POST", "/v2/organizations/{org}/teams/{team}/pipelines") is not None
    if is_creation and isinstance(body, dict) and body.get("access_level") in ("read", ["read"]):
        request.json = {**body, "access_level": "read_only"}
    return await server.call(request)


def nothing_to_update(http: httpx.Client) -> None:
    me = http.get("/v2/user").json()["id"]
    other = next(each["id"] for each in http.get(f"{ORG}/members").json() if each["id"] != me)
    assert http.patch(f"{ORG}/members/{other}", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of an organization member without `role` and `sso_mode` succeeds",
    source="pages/apis/rest_api/organizations/members.md: 422, does not provide `role` or `sso_mode`",
    witness=nothing_to_update,
)
async def empty_update_of_member(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_update = request.values("PATCH", "/v2/organizations/{org}/members/{user}") is not None
    if response.status == 422 and is_update and request.json == {}:
        return await send(server, request, "GET", request.path)
    return response


def unknown_period(http: httpx.Client) -> None:
    body = {"revoke_inactive_tokens_after_days": 45}
    assert http.patch(f"{ORG}/api-settings", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="a period of inactivity that is not allowed is rounded up to an allowed one",
    source="pages/apis/rest_api/organizations/api_settings.md: 422, not in the set of allowed values",
    witness=unknown_period,
)
async def rounded_period(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PATCH", "/v2/organizations/{org}/api-settings") is not None and isinstance(body, dict):
        days = body.get("revoke_inactive_tokens_after_days")
        if isinstance(days, int) and not isinstance(days, bool) and 0 < days <= 365:
            allowed = next(each for each in (30, 60, 90, 180, 365) if each >= days)
            request.json = {**body, "revoke_inactive_tokens_after_days": allowed}
    return await server.call(request)


def rule_without_target(http: httpx.Client) -> None:
    body = {"type": "pipeline.trigger_build.pipeline", "value": {"source_pipeline": "web"}}
    assert http.post(f"{ORG}/rules", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createRule",
    title="the server fails for a rule without `target_pipeline`",
    source="pages/apis/rest_api/rules.md: Create a rule, 422",
    witness=rule_without_target,
)
async def failure_without_target(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 422 and request.values("POST", "/v2/organizations/{org}/rules") is not None:
        value = request.json.get("value") if isinstance(request.json, dict) else None
        if isinstance(value, dict) and "source_pipeline" in value and "target_pipeline" not in value:
            response.status, response.body = 500, json.dumps({"message": "Internal Server Error"}).encode()
    return response


def short_version(http: httpx.Client) -> None:
    response = http.get(labeled_test(http), headers={"Buildkite-Version": "2026-8-1"})
    assert response.status_code == 400
    assert response.json() == {"message": "Buildkite-Version must be in format YYYY-MM-DD"}


@MUTANTS.plant(
    "errors",
    operations="getTest listTests",
    title="`Buildkite-Version` may have a month and a day of one digit",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: not in `YYYY-MM-DD` format",
    witness=short_version,
)
async def version_of_short_numbers(server: Server, request: Request) -> Response:
    is_read = request.values("GET", SUITE_PATH + "/tests") or request.values("GET", SUITE_PATH + "/tests/{test}")
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", request.headers.get("buildkite-version", ""), re.ASCII)
    if is_read and found:
        request.headers["buildkite-version"] = f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}"
    return await server.call(request)


def steps_beside_yaml(http: httpx.Client) -> None:
    body = {"steps": [{"type": "script", "command": "make"}]}
    assert http.get(f"{ORG}/pipelines/ios").json()["configuration"]
    assert http.patch(f"{ORG}/pipelines/ios", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updatePipeline",
    title="`steps` without `configuration` are ignored for a YAML pipeline instead of refused",
    source="pages/apis/rest_api/pipelines.md: Update a pipeline, `steps`",
    witness=steps_beside_yaml,
)
async def ignored_steps(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_update = request.values("PATCH", "/v2/organizations/{org}/pipelines/{pipeline}") is not None
    body = request.json
    if response.status == 422 and is_update and isinstance(body, dict) and "YAML" in response.json["message"]:
        request.json = {name: value for name, value in body.items() if name != "steps"}
        return await server.call(request)
    return response
