"""Wrong errors."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.first_set_tools import (
    CLUSTER,
    ORG,
    V2,
    WEB,
    clusters,
    hosted,
    matches,
    with_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def failed(status: int, message: str, headers: dict[str, str]) -> Response:
    """Return an error."""
    response = Response(status, headers | {"content-type": "application/json; charset=utf-8"})
    response.json = {"message": message}
    return response


def unknown_state(http: httpx.Client) -> None:
    assert http.get(f"{WEB}/builds/3/artifacts", params={"state": "unheard-of"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild",
    title="an unknown `state` of artifacts returns an empty list",
    source="pages/apis/rest_api/artifacts.md: Returns a 422 Unprocessable Entity error for unknown values",
    witness=unknown_state,
)
async def unknown_state_of_artifacts(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and request.path.endswith("/artifacts") and response.status == 422:
        response.status, response.json = 200, []
    return response


def missing_schedule(http: httpx.Client) -> None:
    schedule = http.post(f"{WEB}/schedules", json={"cronline": "@daily", "label": "Daily"}).json()["url"]
    assert [http.delete(schedule).status_code for _ in range(2)] == [204, 404]


@MUTANTS.plant(
    "errors",
    operations="deletePipelineSchedule",
    title="deleting a schedule that does not exist succeeds",
    source="pages/apis/rest_api/pipeline_schedules.md: Deletes a pipeline schedule; plain HTTP: 404",
    witness=missing_schedule,
)
async def missing_schedule_is_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"DELETE {V2}/pipelines/{{pipeline}}/schedules/{{schedule}}") and response.status == 404:
        response.status, response.body = 204, b""
        response.headers.pop("content-type", None)
    return response


def configuration_is_required(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["id"]
    body = {"name": "Empty", "repository": "git@github.com:acme/empty.git", "cluster_id": cluster}
    assert http.post(f"{ORG}/pipelines", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createPipeline",
    title="a pipeline without configuration gets a default one",
    source="pages/apis/rest_api/pipelines.md: A missing or blank value returns a 422 error",
    witness=configuration_is_required,
)
async def default_configuration(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, f"POST {V2}/pipelines") and isinstance(body, dict) and not body.get("configuration"):
        upload = "steps:\n  - command: buildkite-agent pipeline upload\n"
        request = with_body(request, body | {"configuration": upload})
    return await server.call(request)


def keys_of_secrets_are_fixed(http: httpx.Client) -> None:
    secret = http.get(f"{clusters(http)[0]}/secrets").json()[0]["url"]
    assert http.put(secret, json={"key": "OTHER", "description": "x"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecret",
    title="a new key of a secret is ignored",
    source="pages/apis/rest_api/clusters/secrets.md: The key parameter cannot be updated",
    witness=keys_of_secrets_are_fixed,
)
async def ignored_key_of_secret(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, f"PUT {CLUSTER}/secrets/{{secret}}") and isinstance(body, dict) and "key" in body:
        request = with_body(request, {name: value for name, value in body.items() if name != "key"})
    return await server.call(request)


def keys_may_have_digits(http: httpx.Client) -> None:
    assert http.post(f"{clusters(http)[0]}/secrets", json={"key": "KEY_2", "value": "x"}).status_code == 201


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="the key of a secret must not contain digits",
    source="pages/apis/rest_api/clusters/secrets.md: only contain letters, numbers, and underscores",
    witness=keys_may_have_digits,
)
async def keys_without_digits(server: Server, request: Request) -> Response:
    key = request.json.get("key") if isinstance(request.json, dict) else None
    if matches(request, f"POST {CLUSTER}/secrets") and re.search(r"\d", str(key)):
        request = with_body(request, request.json | {"key": "-"})
    return await server.call(request)


def paused_twice(http: httpx.Client) -> None:
    agent = next(one for one in http.get(f"{ORG}/agents").json() if one["paused"])
    assert http.put(f"{ORG}/agents/{agent['id']}/pause", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="pauseAgent",
    title="pausing a paused agent succeeds",
    source='pages/apis/rest_api/agents.md: 422 { "message": "Agent is already paused" }',
    witness=paused_twice,
)
async def paused_agent_is_paused_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PUT {V2}/agents/{{agent}}/pause") and response.status == 422 and b"already" in response.body:
        response.status, response.body = 204, b""
        response.headers.pop("content-type", None)
    return response


def message_of_missing_agent(http: httpx.Client) -> None:
    error = http.put(f"{ORG}/agents/01920000-0001-7007-8000-0000000fffff/resume", json={})
    assert (error.status_code, error.json()) == (404, {"message": "No agent found"})


@MUTANTS.plant(
    "errors",
    operations="resumeAgent pauseAgent",
    title="a missing agent is reported in `error` instead of `message`",
    source='pages/apis/rest_api/agents.md: 404 { "message": "No agent found" }',
    witness=message_of_missing_agent,
)
async def error_instead_of_message(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = (f"PUT {V2}/agents/{{agent}}/resume", f"PUT {V2}/agents/{{agent}}/pause")
    if matches(request, *routes) and response.status == 404:
        response.json = {"error": response.json["message"]}
    return response


def pages_of_audit_log(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/audit_events", params={"per_page": 101}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listAuditEvents",
    title="`per_page` of audit events is limited instead of refused",
    source="pages/apis/rest_api/organizations/audit_events.md: 400: a per_page value outside the supported range",
    witness=pages_of_audit_log,
)
async def limited_page_of_audit_log(server: Server, request: Request) -> Response:
    size = request.params.get("per_page", [""])[0]
    if matches(request, f"GET {V2}/audit_events") and size.isdecimal():
        request.params["per_page"] = [str(min(max(int(size), 1), 100))]
    return await server.call(request)


def malformed_connection(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/repository_connections/not-a-uuid").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getRepositoryConnection",
    title="a malformed id of a repository connection is not found instead of refused",
    source="pages/apis/rest_api/organizations/repository_connections.md: 400: not a valid UUID",
    witness=malformed_connection,
)
async def malformed_connection_not_found(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/repository_connections/{{connection}}") and response.status == 400:
        return failed(404, "No repository connection found", response.headers)
    return response


def unsupported_connections(http: httpx.Client) -> None:
    connections = http.get(f"{ORG}/repository_connections").json()
    server = next(one for one in connections if one["type"] == "bitbucket_server")
    assert http.get(f"{server['url']}/repositories").status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listConnectedRepositories",
    title="a connection that cannot list repositories returns none",
    source="pages/apis/rest_api/repository_connections.md: 422: the connection type does not support …",
    witness=unsupported_connections,
)
async def no_repositories_of_unsupported_connection(server: Server, request: Request) -> Response:
    response = await server.call(request)
    route = f"GET {V2}/repository_connections/{{connection}}/repositories"
    if matches(request, route) and response.status == 422:
        response.status, response.json = 200, []
    return response


def names_of_images_are_unique(http: httpx.Client) -> None:
    images = f"{hosted(http)}/agent-images"
    body = {"name": http.get(images).json()[0]["name"], "dockerfile": ""}
    assert http.post(images, json=body).status_code == 409


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="a second agent image with the same name is invalid, not a conflict",
    source="pages/apis/rest_api/clusters/agent_images.md: 409 Conflict",
    witness=names_of_images_are_unique,
)
async def conflict_of_images_is_422(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {CLUSTER}/agent-images") and response.status == 409:
        return failed(422, "Validation failed: Name has already been taken", response.headers)
    return response


def own_membership(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ORG}/members/{user}", json={"sso_mode": "optional"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="users may change their own membership",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership,
)
async def own_membership_may_change(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PATCH {V2}/members/{{user}}") and response.status == 403 and b"own" in response.body:
        changes, request.method = request.json, "GET"
        response = await server.call(request)
        if isinstance(response.json, dict) and isinstance(changes, dict):
            response.json = response.json | changes
    return response


def broken_json(http: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert http.post(f"{ORG}/teams", content=b'{"name": ', headers=headers).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="createTeam updateTeam",
    title="a body that is not JSON breaks the server",
    source="RFC 9110, 15.5.1: malformed request syntax is an error of the client",
    witness=broken_json,
)
async def broken_json_breaks_server(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/teams", f"PATCH {V2}/teams/{{team}}") and response.status == 400:
        return failed(500, "Internal Server Error", response.headers)
    return response
