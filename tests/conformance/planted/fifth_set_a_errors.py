"""Bugs in the errors of invalid requests."""

from __future__ import annotations

import httpx
from tests.conformance.planted.fifth_set_a_support import (
    BUILD_ROUTE,
    JOBS,
    ORGANIZATION,
    ORGANIZATION_ROUTE,
    PIPELINE_ROUTE,
    PIPELINES,
    STEPS,
    WEB,
    builds,
    matches,
    matches_job,
    path_of,
    without,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def exclusive_cursors(http: httpx.Client) -> None:
    build = next(build for build in builds(http) if len(build["jobs"]) > 3)
    jobs = f"{path_of(build['url'])}/jobs"
    following = http.get(jobs, params={"per_page": 2}).json()["links"]["next"]
    cursor = httpx.URL(following).params["after"]
    assert http.get(jobs, params={"after": cursor}).status_code == 200
    assert http.get(jobs, params={"after": cursor, "before": cursor}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listJobs",
    title="`before` is ignored beside `after`",
    source="pages/apis/rest_api/jobs.md: after, mutually exclusive with before",
    witness=exclusive_cursors,
)
async def both_cursors(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{BUILD_ROUTE}/jobs") and {"after", "before"} <= request.params.keys():
        del request.params["before"]
    return await server.call(request)


def integers_only(http: httpx.Client) -> None:
    job = next(job for build in builds(http) for job in build["jobs"] if job["state"] == "scheduled")
    found = http.put(f"{JOBS}/{job['id']}/reprioritize", json={"priority": "5"})
    assert (found.status_code, found.json()) == (400, {"message": "Priority must be an integer"})


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a priority may be a string of digits",
    source="pages/apis/rest_api/jobs.md: Priority must be an integer",
    witness=integers_only,
)
async def digits_are_integers(server: Server, request: Request) -> Response:
    body = request.json
    if matches_job(request, "PUT", "/reprioritize") and isinstance(body, dict):
        priority = body.get("priority")
        if isinstance(priority, str) and priority.isascii() and priority.isdigit():
            request.json = {**body, "priority": int(priority)}
    return await server.call(request)


def blank_configuration(http: httpx.Client) -> None:
    body = {"name": "Blank", "repository": "git@github.com:acme/blank.git", "configuration": " \n"}
    found = http.post(PIPELINES, json={**body, "cluster_id": http.get(WEB).json()["cluster_id"]})
    assert found.status_code == 422
    assert found.json()["errors"][0]["field"] == "configuration"


@MUTANTS.plant(
    "errors",
    operations="createPipeline",
    title="a configuration of spaces is accepted",
    source="pages/apis/rest_api/pipelines.md: configuration, a missing or blank value returns a 422 error",
    witness=blank_configuration,
)
async def spaces_are_a_configuration(server: Server, request: Request) -> Response:
    body = request.json
    if not matches(request, "POST", f"{ORGANIZATION_ROUTE}/pipelines") or not isinstance(body, dict):
        return await server.call(request)
    configuration = body.get("configuration")
    if not isinstance(configuration, str) or not configuration or configuration.strip():
        return await server.call(request)
    request.json = {**body, "configuration": STEPS}
    response = await server.call(request)
    if response.status == 201:
        response.json = {**response.json, "configuration": configuration, "steps": []}
    return response


def members_unblock(http: httpx.Client) -> None:
    blocked = (job for build in builds(http) for job in build["jobs"] if job["state"] == "blocked")
    job = f"{JOBS}/{next(blocked)['id']}"
    found = http.put(f"{job}/unblock", json={"unblocker": "01920000-0000-7002-8000-0000000000ff"})
    assert found.status_code == 422
    assert found.json() == {"message": "Unblocker is not a valid user id for this organization"}
    assert http.get(job).json()["state"] == "blocked"


@MUTANTS.plant(
    "errors",
    operations="unblockJob unblockJobInBuild",
    title="a job is unblocked by the user of the token if nobody has the id of the `unblocker`",
    source="pages/apis/rest_api/jobs.md: Unblocker is not a valid user id for this organization",
    witness=members_unblock,
)
async def unknown_unblocker(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_refused = response.status == 422 and matches_job(request, "PUT", "/unblock")
    if is_refused and str(response.json.get("message")).startswith("Unblocker "):
        return await server.call(without(request, "unblocker"))
    return response


def github_only(http: httpx.Client) -> None:
    pipeline = next(each for each in http.get(PIPELINES).json() if each["provider"]["id"] != "github")
    assert http.get(f"{path_of(pipeline['url'])}/github-webhooks").status_code == 404


@MUTANTS.plant(
    "errors",
    operations="getGithubWebhooks",
    title="a pipeline without a GitHub repository has a state of GitHub webhooks",
    source="pages/apis/rest_api/pipelines.md: 404 if the pipeline is not connected to a GitHub repository",
    witness=github_only,
)
async def webhooks_of_any_provider(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 404 and matches(request, "GET", f"{PIPELINE_ROUTE}/github-webhooks"):
        path = request.path.removesuffix("/github-webhooks")
        pipeline = await server.call(Request("GET", path, {}, dict(request.headers), b""))
        if pipeline.status == 200:
            url = f"{pipeline.json['url']}/github-webhooks"
            response.status = 200
            response.json = {"url": url, "enabled": True, "disabled_at": None, "disabled_by": None}
    return response


def paused_only(http: httpx.Client) -> None:
    agent = next(each for each in http.get(f"{ORGANIZATION}/agents").json() if not each["paused"])
    found = http.put(f"{ORGANIZATION}/agents/{agent['id']}/resume", json={})
    assert found.status_code == 422
    assert found.json() == {"message": "Agent is not paused"}


@MUTANTS.plant(
    "errors",
    operations="resumeAgent",
    title="an agent that is not paused can be resumed",
    source="pages/apis/rest_api/agents.md: Agent is not paused",
    witness=paused_only,
)
async def resumed_anyway(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_refused = response.status == 422 and matches(request, "PUT", f"{ORGANIZATION_ROUTE}/agents/{{agent}}/resume")
    if is_refused and response.json.get("message") == "Agent is not paused":
        response.status, response.body = 204, b""
        response.headers.pop("content-type", None)
    return response
