"""Bugs in the refusal of invalid requests."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_b_support import (
    ACME,
    AGENT,
    BUILD,
    CLUSTER,
    IMAGES,
    JOB,
    JOB_IN_BUILD,
    RSPEC,
    TEST,
    WEB,
    cluster_named,
    command_job,
    fetch,
    first_build,
    found,
    message,
    read,
)

MUTANTS = Mutants()


def text_is_no_priority(http: httpx.Client) -> None:
    job = command_job(http)
    response = http.put(f"{ACME}/jobs/{job['id']}/reprioritize", json={"priority": "7"})
    assert response.status_code == 400
    assert response.json()["message"] == "Priority must be an integer"


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a priority in a string is accepted as a number",
    source="pages/apis/rest_api/jobs.md: 400, Priority must be an integer",
    witness=text_is_no_priority,
)
async def priority_is_parsed(server: Server, request: Request) -> Response:
    paths = (f"{JOB}/reprioritize", f"{JOB_IN_BUILD}/reprioritize")
    body = request.json
    if any(request.values("PUT", path) is not None for path in paths) and isinstance(body, dict):
        text = body.get("priority")
        if isinstance(text, str) and re.fullmatch(r"\s*[+-]?\d{1,9}\s*", text, re.ASCII):
            request.json = {**body, "priority": int(text)}
    return await server.call(request)


def second_image_conflicts(http: httpx.Client) -> None:
    path = f"{cluster_named(http, 'Hosted')}/agent-images"
    body = {"name": "python", "dockerfile": "RUN apt-get install -y python3"}
    assert http.post(path, json=body).status_code == 201
    assert http.post(path, json=body).status_code == 409


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="a name that another image has is a 422",
    source="pages/apis/rest_api/clusters/agent_images.md: 409, an agent image with this name already exists",
    witness=second_image_conflicts,
)
async def conflict_is_unprocessable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", IMAGES) is not None and response.status == 409:
        response.status = 422
    return response


def malformed_version_is_refused(http: httpx.Client) -> None:
    test = found(http.get(f"{RSPEC}/tests"))[0]
    response = http.get(f"{RSPEC}/tests/{test['id']}", headers={"Buildkite-Version": "1 August 2026"})
    assert response.status_code == 400
    assert response.json() == {"message": "Buildkite-Version must be in format YYYY-MM-DD"}


@MUTANTS.plant(
    "errors",
    operations="getTest",
    title="a malformed `Buildkite-Version` is ignored, and the response has the legacy format",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: 400 if not in YYYY-MM-DD format",
    witness=malformed_version_is_refused,
)
async def malformed_version_is_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_bad = read(request, TEST) is not None and response.status == 400
    if is_bad and not re.fullmatch(r"\d{4}-\d\d-\d\d", request.headers.get("buildkite-version", "0000-00-00").strip()):
        del request.headers["buildkite-version"]
        response = await server.call(request)
    return response


def range_needs_text(http: httpx.Client) -> None:
    build = first_build(http, state="passed")
    job = next(job for job in build["jobs"] if job["type"] == "script")
    path = f"{WEB}/builds/{build['number']}/jobs/{job['id']}/log"
    assert http.get(path, headers={"Accept": "text/plain", "Range": "bytes=-10"}).status_code == 206
    assert http.get(path, headers={"Accept": "application/json", "Range": "bytes=-10"}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getJobLogInBuild",
    title="a range of the JSON form is ignored, and the whole log is returned",
    source="pages/apis/rest_api/jobs.md: 400, range request sent without Accept: text/plain",
    witness=range_needs_text,
)
async def range_of_json_is_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_bad = request.values("GET", f"{JOB_IN_BUILD}/log") is not None and response.status == 400
    if is_bad and "range" in request.headers and "text/plain" not in request.headers.get("accept", ""):
        del request.headers["range"]
        response = await server.call(request)
    return response


def finished_build_is_not_canceled(http: httpx.Client) -> None:
    build = first_build(http, state="passed")
    response = http.put(f"{WEB}/builds/{build['number']}/cancel")
    assert response.status_code == 422
    assert response.json()["message"]


@MUTANTS.plant(
    "errors",
    operations="cancelBuild",
    title="canceling a finished build succeeds without an effect",
    source="pages/apis/rest_api/builds.md: cancels the build if its state is scheduled, running or failing, else 422",
    witness=finished_build_is_not_canceled,
)
async def cancel_never_fails(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("PUT", f"{BUILD}/cancel") is not None and response.status == 422:
        build = await fetch(server, request, request.path.removesuffix("/cancel"))
        if build.status == 200:
            build.json = {name: value for name, value in build.json.items() if name != "job_state_counts"}
            return build
    return response


def second_pause_has_a_message(http: httpx.Client) -> None:
    agents = found(http.get(f"{ACME}/agents"))
    agent = next(one for one in agents if one["connection_state"] == "connected" and not one["paused"])
    path = f"{ACME}/agents/{agent['id']}/pause"
    assert http.put(path, json={"note": "New disk"}).status_code == 204
    response = http.put(path, json={"note": "New disk"})
    assert response.status_code == 422
    assert response.json().get("message") == "Agent is already paused"


@MUTANTS.plant(
    "errors",
    operations="pauseAgent",
    title="the message of a 422 is in `error`",
    source='pages/apis/rest_api/agents.md: 422, { "message": "Agent is already paused" }',
    witness=second_pause_has_a_message,
)
async def message_is_called_error(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("PUT", f"{AGENT}/pause") is not None and response.status == 422:
        response.json = {"error": message(response)}
    return response


def second_secret_is_refused(http: httpx.Client) -> None:
    path = f"{cluster_named(http, 'Experiments')}/secrets"
    body = {"key": "API_KEY", "value": "swordfish"}
    assert http.post(path, json=body).status_code == 201
    assert http.post(path, json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="a key that another secret has crashes the server: the unique index of the database raises",
    source="pages/apis/rest_api/clusters/secrets.md: the key must be unique within the cluster",
    witness=second_secret_is_refused,
)
async def taken_key_crashes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_refused = request.values("POST", f"{CLUSTER}/secrets") is not None and response.status == 422
    if is_refused and "taken" in message(response):
        response.status = 500
        response.json = {"message": "Internal Server Error"}
    return response
