"""Bugs in the effects of requests."""

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_a_support import (
    BUILD,
    JOB,
    ORG,
    PIPELINE,
    WEB,
    copy,
    is_request,
    read,
    replace_values,
)

MUTANTS = Mutants()

SCHEDULE = f"{PIPELINE}/schedules/{{id}}"
WEBHOOKS = f"{PIPELINE}/github-webhooks"
RETRIED_STATES = {"canceled", "expired", "failed", "soft_failed", "timed_out"}


def rebuild_copies_env(http: httpx.Client) -> None:
    builds = http.get(f"{WEB}/builds", params={"state": "passed", "branch": "release/1.2"}).json()
    original = next(build for build in builds if build["env"])
    rebuilt = http.put(f"{WEB}/builds/{original['number']}/rebuild").json()
    assert http.get(f"{WEB}/builds/{rebuilt['number']}").json()["env"] == original["env"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="a rebuild has no environment variables of the original build",
    source="pages/apis/rest_api/builds.md: copies the commit, branch, message, environment variables, ...",
    witness=rebuild_copies_env,
)
async def rebuild_without_env(server: Server, request: Request) -> Response:
    response = await server.call(request)
    rebuilt = server.memory.setdefault("rebuilt", {})
    if is_request(request, "PUT", f"{BUILD}/rebuild") and response.status == 200:
        rebuilt[response.json["id"]] = {"env": {}}
    return replace_values(response, rebuilt)


def append_keeps_the_body(http: httpx.Client) -> None:
    path = f"{WEB}/builds/24/annotations"
    http.post(path, json={"body": "first", "context": "notes"})
    html = http.post(path, json={"body": "second", "context": "notes", "append": True}).json()["body_html"]
    assert "first" in html
    assert "second" in html


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation",
    title="`append` replaces the body of the annotation",
    source="pages/apis/rest_api/annotations.md: append the given body onto the annotation with the same context",
    witness=append_keeps_the_body,
)
async def append_replaces(server: Server, request: Request) -> Response:
    body = request.json
    if is_request(request, "POST", f"{BUILD}/annotations") and isinstance(body, dict) and body.get("append") is True:
        del body["append"]
        request.json = body
    return await server.call(request)


def deleted_log_is_empty(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/builds/24").json()["jobs"][0]["id"]
    path = f"{ORG}/jobs/{job}/log"
    assert http.get(path, headers={"Accept": "text/plain"}).text
    assert http.delete(path).status_code == 204
    assert not http.get(path, headers={"Accept": "text/plain"}).text


@MUTANTS.plant(
    "state",
    operations="deleteJobLog getJobLog",
    title="the text of a deleted log is returned from a cache",
    source="pages/apis/rest_api/jobs.md: Delete a job's log output",
    witness=deleted_log_is_empty,
)
async def deleted_log_in_cache(server: Server, request: Request) -> Response:
    cache = server.memory.setdefault("logs", {})
    path = f"{JOB}/log"
    if is_request(request, "DELETE", path):
        get = copy(request, "GET", request.path)
        get.headers["accept"] = "text/plain"
        log = await server.call(get)
        response = await server.call(request)
        if log.status == 200 and response.status == 204:
            cache[request.path] = log.body
        return response
    response = await server.call(request)
    is_text = request.headers.get("accept") == "text/plain" and "range" not in request.headers
    if is_request(request, "GET", path) and is_text and response.status == 200:
        response.body = cache.get(request.path, response.body)
    return response


def stop_cancels_the_job(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents", params={"per_page": 100}).json()
    agent = next(agent for agent in agents if agent["job"] and agent["connection_state"] == "connected")
    assert http.put(f"{ORG}/agents/{agent['id']}/stop", json={}).status_code == 204
    assert http.get(f"{ORG}/jobs/{agent['job']['id']}").json()["state"] in ("canceling", "canceled")


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="`force` is false by default, so the job of a stopped agent is not canceled",
    source="pages/apis/rest_api/agents.md: force, default true",
    witness=stop_cancels_the_job,
)
async def stop_without_force(server: Server, request: Request) -> Response:
    body = request.json if request.body else {}
    path = "/v2/organizations/{org}/agents/{id}/stop"
    if is_request(request, "PUT", path) and isinstance(body, dict) and "force" not in body:
        request.json = {**body, "force": False}
        request.headers["content-type"] = "application/json"
        request.headers["content-length"] = str(len(request.body))
    return await server.call(request)


def enabling_clears_the_failure(http: httpx.Client) -> None:
    failed = next(schedule for schedule in http.get(f"{WEB}/schedules").json() if schedule["failed_message"])
    path = f"{WEB}/schedules/{failed['id']}"
    http.put(path, json={"enabled": True})
    schedule = http.get(path).json()
    assert (schedule["failed_message"], schedule["failed_at"]) == (None, None)


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule",
    title="a schedule that is enabled again keeps its failure",
    source="pages/apis/rest_api/pipeline_schedules.md: re-enabling clears failed_message and failed_at",
    witness=enabling_clears_the_failure,
)
async def enabled_schedule_keeps_failure(server: Server, request: Request) -> Response:
    failures = server.memory.setdefault("failures", {})
    before = await read(server, request, request.path) if is_request(request, "PUT", SCHEDULE) else None
    response = await server.call(request)
    if before and before["failed_message"] and response.status == 200 and response.json["enabled"]:
        failures[before["id"]] = {name: before[name] for name in ("failed_message", "failed_at")}
    return replace_values(response, failures)


def name_changes_the_slug(http: httpx.Client) -> None:
    pipeline = http.patch(f"{ORG}/pipelines/docs", json={"name": "Handbook"}).json()
    assert (pipeline["name"], pipeline["slug"]) == ("Handbook", "handbook")


@MUTANTS.plant(
    "state",
    operations="updatePipeline",
    title="a new name leaves the slug of a pipeline as it is",
    source="pages/apis/rest_api/pipelines.md: a new name without a slug parameter updates the slug",
    witness=name_changes_the_slug,
)
async def slug_without_the_new_name(server: Server, request: Request) -> Response:
    body = request.json
    if (values := request.values("PATCH", PIPELINE)) and isinstance(body, dict) and "name" in body:
        request.json = {"slug": values["pipeline"], **body}
    return await server.call(request)


def disabling_twice_changes_nothing(http: httpx.Client) -> None:
    path = f"{WEB}/github-webhooks"
    first = http.delete(path).json()
    assert http.delete(path).json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="`disabled_at` changes if webhook processing is already disabled",
    source="pages/apis/rest_api/pipelines.md: if already disabled, returns the current state without changing it",
    witness=disabling_twice_changes_nothing,
)
async def disabled_again(server: Server, request: Request) -> Response:
    if is_request(request, "DELETE", WEBHOOKS):
        state = await read(server, request, request.path)
        if state and not state["enabled"]:
            await server.call(copy(request, "PUT", request.path))
    return await server.call(request)


def only_named_states_are_retried(http: httpx.Client) -> None:
    path = f"{WEB}/builds/19/retry_failed_jobs"
    assert http.put(path, json={"states": "timed_out"}).json()["retried_jobs_count"] == 0
    assert http.put(path, json={"states": "failed"}).json()["retried_jobs_count"] == 1


@MUTANTS.plant(
    "state",
    operations="retryFailedJobs",
    title="all failed jobs are retried, whatever `states` is",
    source="pages/apis/rest_api/builds.md: states, controls which failure types are retried",
    witness=only_named_states_are_retried,
)
async def all_failures_retried(server: Server, request: Request) -> Response:
    body = request.json
    if is_request(request, "PUT", f"{BUILD}/retry_failed_jobs") and isinstance(body, dict):
        states = body.get("states")
        if isinstance(states, str) and set(states.split(",")) <= RETRIED_STATES:
            request.json = {}
    return await server.call(request)
