"""Bugs in errors and validation."""

from __future__ import annotations

import httpx
from tests.conformance.planted.eighth_set_a_support import (
    AGENTS,
    BUILD,
    BUILD_JOB,
    CLUSTER,
    MUTANTS,
    ORG,
    ORG_JOB,
    WEB,
    build_in,
    job_of,
    matching,
    new_cluster,
    read,
)
from tests.conformance.planted.mutant import Request, Response, Server


def unknown_state_of_artifacts(http: httpx.Client) -> None:
    job = job_of(http, build_in(http, "passed"), "passed")
    found = http.get(f"{ORG}/jobs/{job['id']}/artifacts", params={"state": "unknown"})
    assert found.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listJobArtifacts listJobArtifactsInBuild",
    title="an unknown state of a job's artifacts returns an empty list",
    source="pages/apis/rest_api/artifacts.md: state: Returns a `422 Unprocessable Entity` error for unknown values.",
    witness=unknown_state_of_artifacts,
)
async def no_artifacts_in_unknown_state(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, "GET", f"{ORG_JOB}/artifacts", f"{BUILD_JOB}/artifacts")
    if response.status == 422 and "state" in request.params and found is not None:
        response.status = 200
        response.json = []
    return response


def text_as_priority(http: httpx.Client) -> None:
    job = job_of(http, build_in(http, "scheduled"), "scheduled")
    refused = http.put(f"{ORG}/jobs/{job['id']}/reprioritize", json={"priority": "5"})
    assert refused.status_code == 400
    assert refused.json()["message"] == "Priority must be an integer"


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a priority may be a string of digits",
    source='pages/apis/rest_api/jobs.md: 400 Bad Request { "message": "Priority must be an integer" }',
    witness=text_as_priority,
)
async def digits_as_priority(server: Server, request: Request) -> Response:
    if matching(request, "PUT", f"{ORG_JOB}/reprioritize", f"{BUILD_JOB}/reprioritize") is not None:
        body = request.json
        priority = body.get("priority") if isinstance(body, dict) else None
        if isinstance(priority, str) and priority.isascii() and priority.isdecimal():
            request.json = {**body, "priority": int(priority)}
            request.headers.pop("content-length", None)
    return await server.call(request)


def both_cursors(http: httpx.Client) -> None:
    url = f"{WEB}/builds/{build_in(http, 'running')}/jobs"
    second = http.get(http.get(url, params={"per_page": 3}).json()["links"]["next"]).json()
    cursors = {}
    for relation, name in (("next", "after"), ("prev", "before")):
        cursors[name] = httpx.URL(second["links"][relation]).params[name]
    assert http.get(url, params=cursors).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listJobs",
    title="with `after`, the cursor `before` is ignored",
    source="pages/apis/rest_api/jobs.md: after: Return results after this cursor value. "
    "Mutually exclusive with `before`.",
    witness=both_cursors,
)
async def ignored_second_cursor(server: Server, request: Request) -> Response:
    if "after" in request.params and request.values("GET", f"{BUILD}/jobs") is not None:
        request.params.pop("before", None)
    return await server.call(request)


def key_of_secret(http: httpx.Client) -> None:
    url = f"{ORG}/clusters/{new_cluster(http)['id']}/secrets"
    secret = http.post(url, json={"key": "EIGHTH", "value": "hidden"}).json()
    refused = http.put(f"{url}/{secret['id']}", json={"key": "NINTH", "description": "Renamed"})
    assert refused.status_code == 422
    assert "The key parameter cannot be updated." in refused.text
    assert http.get(f"{url}/{secret['id']}").json()["description"] is None


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecret",
    title="beside other properties, a new key of a secret is ignored",
    source="pages/apis/rest_api/clusters/secrets.md: Attempting to update the `key` parameter returns an error",
    witness=key_of_secret,
)
async def ignored_key_of_secret(server: Server, request: Request) -> Response:
    if request.values("PUT", f"{CLUSTER}/secrets/{{secret}}") is not None:
        body = request.json
        if isinstance(body, dict) and "key" in body and len(body) > 1:
            request.json = {name: value for name, value in body.items() if name != "key"}
            request.headers.pop("content-length", None)
    return await server.call(request)


def second_pause(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents", params={"per_page": 100}).json()
    agent = next(each for each in agents if each["connection_state"] == "connected" and not each["paused"])
    url = f"{ORG}/agents/{agent['id']}/pause"
    assert http.put(url, json={"note": "one"}).status_code == 204
    refused = http.put(url, json={"note": "two"})
    assert refused.status_code == 422
    assert refused.json()["message"] == "Agent is already paused"


@MUTANTS.plant(
    "errors",
    operations="pauseAgent",
    title="pausing a paused agent succeeds without an effect",
    source='pages/apis/rest_api/agents.md: 422 Unprocessable Entity { "message": "Agent is already paused" }',
    witness=second_pause,
)
async def idempotent_pause(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paused = request.values("PUT", f"{AGENTS}/{{agent}}/pause") is not None
    if paused and response.status == 422 and b"already paused" in response.body:
        response.status = 204
        response.body = b""
        response.headers.pop("content-type", None)
    return response


def one_invalid_state(http: httpx.Client) -> None:
    url = f"{WEB}/builds/{build_in(http, 'failed')}/retry_failed_jobs"
    refused = http.put(url, json={"states": "failed,invalid"})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Invalid states: invalid.")


@MUTANTS.plant(
    "errors",
    operations="retryFailedJobs",
    title="beside valid states of jobs to retry, invalid ones are ignored",
    source='pages/apis/rest_api/builds.md: 400 Invalid { "message": "Invalid states: invalid. Valid states are '
    'canceled, expired, failed, soft_failed, timed_out." }',
    witness=one_invalid_state,
)
async def ignored_invalid_state(server: Server, request: Request) -> Response:
    if request.values("PUT", f"{BUILD}/retry_failed_jobs") is not None:
        body = request.json
        states = body.get("states") if isinstance(body, dict) else None
        if isinstance(states, str):
            known = {"canceled", "expired", "failed", "soft_failed", "timed_out"}
            valid = [state for state in states.split(",") if state.strip() in known]
            if valid:
                request.json = {**body, "states": ",".join(valid)}
                request.headers.pop("content-length", None)
    return await server.call(request)


def image_without_shape(http: httpx.Client) -> None:
    url = f"{ORG}/clusters/{new_cluster(http)['id']}/queues"
    shape = {"instanceShape": "LINUX_AMD64_2X4"}
    queue = http.post(url, json={"key": "eighth", "hostedAgents": shape}).json()
    refused = http.put(f"{url}/{queue['id']}", json={"hostedAgents": {"agentImageRef": "my-custom-image:latest"}})
    assert refused.status_code == 422
    assert refused.json()["message"] == "Validation failed: Instance shape cannot be changed to "


@MUTANTS.plant(
    "errors",
    operations="updateClusterQueue",
    title="without `instanceShape`, `hostedAgents` keeps the shape of the queue",
    source="pages/apis/rest_api/clusters/queues.md: Omitting `instanceShape` fails with "
    '{ "message": "Validation failed: Instance shape cannot be changed to " }',
    witness=image_without_shape,
)
async def kept_shape(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PUT", f"{CLUSTER}/queues/{{queue}}") is not None and isinstance(body, dict):
        hosted = body.get("hostedAgents")
        if isinstance(hosted, dict) and "instanceShape" not in hosted:
            queue = await read(server, request, request.path)
            if queue is not None and queue.get("hosted_agents"):
                shape = queue["hosted_agents"]["instance_shape"]["name"]
                request.json = {**body, "hostedAgents": {**hosted, "instanceShape": shape}}
                request.headers.pop("content-length", None)
    return await server.call(request)
