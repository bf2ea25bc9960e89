"""Wrong errors, and requests that should be refused."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    BUILD,
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    SUITE,
    TESTS,
    cluster,
    jobs,
    matches,
    user,
)

MUTANTS = Mutants()


def resumed_agent(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents").json()
    agent = next(each for each in agents if each["connection_state"] == "connected" and not each["paused"])
    assert http.put(f"{ORG}/agents/{agent['id']}/resume", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="resumeAgent",
    title="an agent that is not paused can be resumed",
    source='pages/apis/rest_api/agents.md: 422 {"message": "Agent is not paused"}',
    witness=resumed_agent,
)
async def agent_resumed_without_pause(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (
        matches(request, "PUT", "/v2/organizations/{org}/agents/{id}/resume")
        and response.status == 422
        and response.json["message"] == "Agent is not paused"
    ):
        return Response(204)
    return response


def unknown_artifact_state(http: httpx.Client) -> None:
    assert http.get(f"{PIPELINE}/builds/30/artifacts", params={"state": "uploaded"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild",
    title="an unknown `state` of artifacts finds nothing instead of being refused",
    source="pages/apis/rest_api/artifacts.md: state, returns a 422 error for unknown values",
    witness=unknown_artifact_state,
)
async def unknown_artifact_state_finds_nothing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    lists = f"{BUILD}/artifacts", f"{JOB}/artifacts", f"{JOB_IN_BUILD}/artifacts"
    if matches(request, "GET", *lists) and response.status == 422 and "state" in request.params:
        response.status = 200
        response.json = []
    return response


def uncancelable_build(http: httpx.Client) -> None:
    response = http.put(f"{PIPELINE}/builds/24/cancel")
    assert response.status_code == 422
    assert "message" in response.json()


@MUTANTS.plant(
    "errors",
    operations="cancelBuild",
    title="a build that cannot be canceled gets an error without `message`",
    source='pages/apis/rest_api/builds.md: {"message": "Reason why the build could not be canceled"}',
    witness=uncancelable_build,
)
async def cancel_error_without_message(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "PUT", f"{BUILD}/cancel") and response.status == 422:
        response.json = {"error": response.json["message"]}
    return response


def priority_as_text(http: httpx.Client) -> None:
    job = next(job for job in jobs(http, 31) if job["state"] == "scheduled")
    assert http.put(f"{ORG}/jobs/{job['id']}/reprioritize", json={"priority": "high"}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a priority that is no integer counts as 0",
    source='pages/apis/rest_api/jobs.md: 400 {"message": "Priority must be an integer"}',
    witness=priority_as_text,
)
async def text_as_priority_zero(server: Server, request: Request) -> Response:
    body = request.json
    if (
        matches(request, "PUT", f"{JOB}/reprioritize", f"{JOB_IN_BUILD}/reprioritize")
        and isinstance(body, dict)
        and isinstance(body.get("priority"), str)
    ):
        digits = re.match(r"-?\d+", body["priority"])
        request.json = {**body, "priority": int(digits[0]) if digits else 0}
    return await server.call(request)


def pipeline_without_steps(http: httpx.Client) -> None:
    clusters = http.get(f"{ORG}/clusters").json()
    body = {"name": "Empty", "repository": "git@github.com:acme/empty.git", "cluster_id": clusters[0]["id"]}
    assert http.post(f"{ORG}/pipelines", json={**body, "configuration": " "}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createPipeline",
    title="a blank configuration is replaced by the default steps",
    source="pages/apis/rest_api/pipelines.md: configuration, a missing or blank value returns a 422 error",
    witness=pipeline_without_steps,
)
async def blank_configuration_accepted(server: Server, request: Request) -> Response:
    body = request.json
    if (
        matches(request, "POST", "/v2/organizations/{org}/pipelines")
        and isinstance(body, dict)
        and isinstance(body.get("configuration"), str)
        and not body["configuration"].strip()
    ):
        request.json = {**body, "configuration": 'steps:\n  - command: "buildkite-agent pipeline upload"\n'}
    return await server.call(request)


def image_of_the_same_name(http: httpx.Client) -> None:
    images = f"{cluster(http, 'Hosted')}/agent-images"
    name = http.get(images).json()[0]["name"]
    assert http.post(images, json={"name": name, "dockerfile": ""}).status_code == 409


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="a name that is taken gets 422 instead of 409",
    source="pages/apis/rest_api/clusters/agent_images.md: 409 Conflict, already exists in this cluster",
    witness=image_of_the_same_name,
)
async def taken_image_name_is_unprocessable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", f"{CLUSTER}/agent-images") and response.status == 409:
        response.status = 422
    return response


def unknown_volume(http: httpx.Client) -> None:
    volumes = f"{cluster(http, 'Hosted')}/cache_volumes"
    assert http.request("DELETE", volumes, json={"tag": "web/missing"}).status_code == 404


@MUTANTS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="a cache volume that does not exist can be deleted",
    source="pages/apis/rest_api/clusters/cache_volumes.md: 404, No cache volume found for tag",
    witness=unknown_volume,
)
async def unknown_cache_volume_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (
        matches(request, "DELETE", f"{CLUSTER}/cache_volumes")
        and response.status == 404
        and response.json["message"].startswith("No cache volume found")
    ):
        return Response(204)
    return response


def queue_paused_twice(http: httpx.Client) -> None:
    queues = f"{cluster(http)}/queues"
    queue = f"{queues}/{http.post(queues, json={'key': 'paused-twice'}).json()['id']}"
    assert http.post(f"{queue}/pause_dispatch", json={}).status_code == 200
    assert http.post(f"{queue}/pause_dispatch", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="pauseClusterQueueDispatch",
    title="a paused queue can be paused again",
    source='pages/apis/rest_api/clusters/queues.md: 422 {"message": "Cluster queue is already paused"}',
    witness=queue_paused_twice,
)
async def queue_paused_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", f"{CLUSTER}/queues/{{id}}/pause_dispatch"):
        if response.status == 200:
            server.memory[request.path] = response.json
        elif response.status == 422 and request.path in server.memory:
            response.status = 200
            response.json = server.memory[request.path]
    return response


def secret_with_value(http: httpx.Client) -> None:
    secrets = f"{cluster(http)}/secrets"
    secret = f"{secrets}/{http.get(secrets).json()[0]['id']}"
    assert http.put(secret, json={"description": "Key", "value": "new"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecret",
    title="`value` in an update of a secret is ignored",
    source="pages/apis/rest_api/clusters/secrets.md: attempting to update the value parameter returns an error",
    witness=secret_with_value,
)
async def ignored_value_of_a_secret(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, "PUT", f"{CLUSTER}/secrets/{{id}}") and isinstance(body, dict):
        request.json = {name: value for name, value in body.items() if name != "value"}
    return await server.call(request)


def days_of_inactivity(http: httpx.Client) -> None:
    body = {"revoke_inactive_tokens_after_days": 45}
    assert http.patch(f"{ORG}/api-settings", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="a number of days that is not allowed is rounded up",
    source="pages/apis/rest_api/organizations/api_settings.md: accepted values are 30, 60, 90, 180, and 365",
    witness=days_of_inactivity,
)
async def days_of_inactivity_rounded_up(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, "PATCH", "/v2/organizations/{org}/api-settings") and isinstance(body, dict):
        days: Any = body.get("revoke_inactive_tokens_after_days")
        if type(days) is int and 0 < days <= 365:
            allowed = next(each for each in (30, 60, 90, 180, 365) if days <= each)
            request.json = {**body, "revoke_inactive_tokens_after_days": allowed}
    return await server.call(request)


def both_cursors(http: httpx.Client) -> None:
    following = http.get(f"{ORG}/audit_events", params={"per_page": 2}).json()["links"]["next"]
    cursor = httpx.URL(following).params["after"]
    assert http.get(f"{ORG}/audit_events", params={"after": cursor, "before": cursor}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listAuditEvents",
    title="`before` is ignored if there is `after`",
    source="pages/apis/rest_api/organizations/audit_events.md: 400, the request supplies both cursor parameters",
    witness=both_cursors,
)
async def before_ignored_with_after(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/organizations/{org}/audit_events") and "after" in request.params:
        request.params.pop("before", None)
    return await server.call(request)


def own_membership(http: httpx.Client) -> None:
    member = user(http, http.get("/v2/user").json()["name"])
    assert http.patch(f"{ORG}/members/{member}", json={"sso_mode": "optional"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of the own membership gets 422 instead of 403",
    source="pages/apis/rest_api/organizations/members.md: 403, the user attempts to update their own membership",
    witness=own_membership,
)
async def own_membership_is_unprocessable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (
        matches(request, "PATCH", "/v2/organizations/{org}/members/{user}")
        and response.status == 403
        and "own membership" in response.json["message"]
    ):
        response.status = 422
    return response


def connection_without_uuid(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/repository_connections/github").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getRepositoryConnection",
    title="an id that is no UUID is not found instead of invalid",
    source="pages/apis/rest_api/organizations/repository_connections.md: 400, the connection ID is not a valid UUID",
    witness=connection_without_uuid,
)
async def connection_id_without_check(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/repository_connections/{id}") and response.status == 400:
        response.status = 404
        response.json = {"message": "No repository connection found"}
    return response


def invalid_version(http: httpx.Client) -> None:
    assert http.get(f"{SUITE}/tests", headers={"Buildkite-Version": "2026-8-1"}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listTests getTest",
    title="an invalid `Buildkite-Version` is ignored",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: not in YYYY-MM-DD format, 400",
    witness=invalid_version,
)
async def invalid_version_ignored(server: Server, request: Request) -> Response:
    if matches(request, "GET", TESTS, f"{TESTS}/{{test}}") and not re.fullmatch(
        r"\d{4}-\d\d-\d\d", request.headers.get("buildkite-version", "")
    ):
        request.headers.pop("buildkite-version", None)
    return await server.call(request)


def mutable_tags(http: httpx.Client) -> None:
    runs = http.get(f"{SUITE}/runs").json()
    executions = (http.get(f"{run['url']}/failed_executions").json() for run in runs)
    execution = next(found[0] for found in executions if found)
    body = {"executions": [{"id": execution["execution_id"], "tags": {"reason": "timeout"}}]}
    assert http.put(f"{SUITE}/execution-tags", json=body).status_code >= 400


@MUTANTS.plant(
    "errors",
    operations="updateExecutionTags",
    title="tags without the prefix `mut.` are ignored instead of refused",
    source="pages/apis/rest_api/test_engine/execution_tags.md: all tags must begin with the mut. prefix",
    witness=mutable_tags,
)
async def immutable_execution_tags_ignored(server: Server, request: Request) -> Response:
    body = request.json
    path = "/v2/analytics/organizations/{org}/suites/{suite}/execution-tags"
    if matches(request, "PUT", path) and isinstance(body, dict) and isinstance(body.get("executions"), list):
        for each in body["executions"]:
            if isinstance(each, dict) and isinstance(each.get("tags"), dict):
                each["tags"] = {name: value for name, value in each["tags"].items() if name.startswith("mut.")}
        request.json = body
    return await server.call(request)
