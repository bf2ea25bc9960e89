"""Missing or wrong errors."""

from __future__ import annotations

import re
from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_a_support import (
    ACME,
    BUILD,
    CLUSTER,
    V2,
    WEB,
    cluster,
    derived,
    each,
    matches,
    properties,
    script_job,
    with_body,
)

MUTANTS = Mutants()


def unknown_state_of_artifacts(http: httpx.Client) -> None:
    found = http.get(f"{script_job(http)}/artifacts", params={"state": "uploading"})
    assert found.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listJobArtifacts listJobArtifactsInBuild",
    title="artifacts of a job with an unknown state are an empty list",
    source="pages/apis/rest_api/artifacts.md: Returns a 422 Unprocessable Entity error for unknown values",
    witness=unknown_state_of_artifacts,
)
async def no_artifacts_with_unknown_state(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = (f"GET {V2}/jobs/{{job}}/artifacts", f"GET {BUILD}/jobs/{{job}}/artifacts")
    if matches(request, *routes) and response.status == 422 and "state" in request.params:
        response.status, response.json = 200, []
    return response


def empty_tail(http: httpx.Client) -> None:
    headers = {"Accept": "text/plain", "Range": "bytes=-0"}
    assert http.get(f"{script_job(http)}/log", headers=headers).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getJobLog getJobLogInBuild",
    title="a range of zero bytes returns the whole log",
    source="pages/apis/rest_api/jobs.md: 400 Bad Request: … or a zero-byte suffix (bytes=-0)",
    witness=empty_tail,
)
async def zero_bytes_are_all(server: Server, request: Request) -> Response:
    if re.fullmatch(r"bytes=-0+", request.headers.get("range", "")):
        headers = {name: value for name, value in request.headers.items() if name != "range"}
        request = evolve(request, headers=headers)
    return await server.call(request)


def base_image_of_dockerfile(http: httpx.Client) -> None:
    body = {"name": "tenth", "dockerfile": "from alpine\nRUN true"}
    assert http.post(f"{cluster(http, 'Hosted')}/agent-images", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="a Dockerfile may have a `from` instruction in lower case",
    source="pages/apis/rest_api/clusters/agent_images.md: must not contain a FROM instruction",
    witness=base_image_of_dockerfile,
)
async def lower_case_instruction_is_accepted(server: Server, request: Request) -> Response:
    def restore(image: dict[str, Any]) -> dict[str, Any]:
        sent = server.memory.get(image["id"], image["dockerfile"])
        return image | {"dockerfile": sent, "composed_dockerfile": f"{image['base_image']}\n{sent}"}

    path, sent = f"{CLUSTER}/agent-images", properties(request).get("dockerfile")
    hidden = matches(request, f"POST {path}") and isinstance(sent, str) and re.search(r"(?m)^\s*from\b", sent)
    if hidden and sent is not None:
        request = with_body(request, properties(request) | {"dockerfile": re.sub(r"(?m)^\s*from\b", "#", sent)})
    response = await server.call(request)
    if hidden and response.status == 201:
        server.memory[response.json["id"]] = sent
    routes = (f"POST {path}", f"GET {path}", f"GET {path}/{{image}}")
    if matches(request, *routes) and response.status < 300 and response.json is not None:
        response.json = each(restore)(response.json)
    return response


def provider_stays(http: httpx.Client) -> None:
    service = http.get(f"{ACME}/services").json()["items"][0]["url"]
    assert http.patch(service, json={"provider": "slack", "description": "Tenth"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateNotificationService",
    title="another `provider` of a notification service is ignored",
    source="pages/apis/rest_api/organizations/notification_services.md: provider must match the existing provider",
    witness=provider_stays,
)
async def other_provider_is_ignored(server: Server, request: Request) -> Response:
    body = properties(request)
    if matches(request, f"PATCH {V2}/services/{{service}}") and isinstance(body.get("provider"), str):
        request = with_body(request, {name: value for name, value in body.items() if name != "provider"})
    return await server.call(request)


def one_unknown_state(http: httpx.Client) -> None:
    found = http.put(f"{WEB}/builds/3/retry_failed_jobs", json={"states": "failed,lost"})
    assert found.status_code == 400
    assert "lost" in found.json()["message"]


@MUTANTS.plant(
    "errors",
    operations="retryFailedJobs",
    title="unknown states beside a known one are ignored",
    source="pages/apis/rest_api/builds.md: Invalid states: invalid. Valid states are canceled, expired, failed, …",
    witness=one_unknown_state,
)
async def one_known_state_is_enough(server: Server, request: Request) -> Response:
    states = properties(request).get("states")
    if matches(request, f"PUT {BUILD}/retry_failed_jobs") and isinstance(states, str):
        sent = {state.strip() for state in states.split(",")}
        known = sent & {"canceled", "expired", "failed", "soft_failed", "timed_out"}
        if known and known != sent:
            request = with_body(request, properties(request) | {"states": ",".join(sorted(known))})
    return await server.call(request)


def update_without_change(http: httpx.Client) -> None:
    member = http.get(f"{ACME}/members").json()[1]["id"]
    assert http.patch(f"{ACME}/members/{member}", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of a member may have neither `role` nor `sso_mode`",
    source="pages/apis/rest_api/organizations/members.md: At least one of role or sso_mode must be provided",
    witness=update_without_change,
)
async def empty_update_is_accepted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PATCH {V2}/members/{{user}}") and response.status == 422 and request.json == {}:
        return await server.call(derived(request, "GET", request.path))
    return response
