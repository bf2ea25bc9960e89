"""Bugs in the effects of requests."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.fourth_set_a_support import (
    BUILD,
    DOCS,
    ORGANIZATION,
    SCHEDULES,
    WEB,
    at_job,
    change_objects,
    get,
    jobs_in,
    path_of,
    read_list,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def failing_at_remains(http: httpx.Client) -> None:
    job = jobs_in(http, "failed")[0]
    path = httpx.URL(job["build_url"]).path
    before = http.get(path).json()["failing_at"]
    assert before is not None
    assert http.put(f"{path_of(job)}/retry").status_code == 200
    assert http.get(path).json()["failing_at"] == before


@MUTANTS.plant(
    "state",
    operations="retryJob retryJobInBuild retryFailedJobs getBuild",
    title="failing_at is cleared when a job is retried",
    source=f"{DOCS}/rest_api/builds.md: Once set, this timestamp is not cleared, even if a later retry passes",
    witness=failing_at_remains,
)
async def cleared_failing_at(server: Server, request: Request) -> Response:
    response = await server.call(request)
    retried = server.memory.setdefault("retried", [])
    if at_job(request, "PUT", "/retry") is not None and response.status == 200:
        retried.append(response.json["build_url"])
    if request.values("PUT", BUILD + "/retry_failed_jobs") is not None and response.status == 202:
        retried.append(response.json["url"])

    def clear(build: dict[str, Any]) -> None:
        if build.get("url") in retried:
            build["failing_at"] = None

    if retried:
        change_objects(response, "failing_at", clear)
    return response


def reenabling_clears_failure(http: httpx.Client) -> None:
    failed = next(each for each in read_list(http, f"{WEB}/schedules") if each["failed_at"] is not None)
    path = f"{WEB}/schedules/{failed['id']}"
    assert http.put(path, json={"enabled": True}).status_code == 200
    found = http.get(path).json()
    assert (found["enabled"], found["failed_at"], found["failed_message"]) == (True, None, None)


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule",
    title="a schedule that is enabled again still has its failure",
    source=f"{DOCS}/rest_api/pipeline_schedules.md: Re-enabling a previously failed schedule clears its failed_message",
    witness=reenabling_clears_failure,
)
async def remembered_failure(server: Server, request: Request) -> Response:
    is_update = request.values("PUT", SCHEDULES + "/{schedule}") is not None
    before = (await get(server, request, request.path, TOKEN)).json if is_update else None
    response = await server.call(request)
    if before and before.get("failed_at") and response.status == 200:
        failure = {name: before[name] for name in ("failed_at", "failed_message")}
        server.memory.setdefault(before["id"], failure)

    def restore(schedule: dict[str, Any]) -> None:
        schedule.update(server.memory.get(schedule.get("id", ""), {}))

    change_objects(response, "failed_at", restore)
    return response


def disabling_twice_changes_nothing(http: httpx.Client) -> None:
    path = f"{WEB}/github-webhooks"
    first = http.delete(path).json()
    assert first["disabled_at"] is not None
    assert http.delete(path).json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling webhook processing again moves disabled_at",
    source=f"{DOCS}/rest_api/pipelines.md: If webhook processing is already disabled, returns the current state",
    witness=disabling_twice_changes_nothing,
)
async def moved_disabled_at(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/pipelines/{pipeline}/github-webhooks"
    if request.values("DELETE", path) is not None and response.status == 200:
        if request.path in server.memory:
            await server.call(evolve(request, method="PUT"))
            response = await server.call(request)
        server.memory[request.path] = True
    if request.values("PUT", path) is not None:
        server.memory.pop(request.path, None)
    return response


def unforced_stop_keeps_job(http: httpx.Client) -> None:
    agents = read_list(http, f"{ORGANIZATION}/agents")
    busy = [each for each in agents if each.get("job") and each["connection_state"] == "connected"]
    path = f"{ORGANIZATION}/agents/{busy[0]['id']}"
    assert http.put(f"{path}/stop", json={"force": False}).status_code == 204
    assert http.get(path_of(busy[0]["job"])).json()["state"] == "running"


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="the job of an agent is canceled even without force",
    source=f"{DOCS}/rest_api/agents.md: force",
    witness=unforced_stop_keeps_job,
)
async def always_forced_stop(server: Server, request: Request) -> Response:
    if request.values("PUT", "/v2/organizations/{org}/agents/{agent}/stop") is not None:
        body = request.json
        if isinstance(body, dict) and body.get("force") is False:
            request.json = {**body, "force": True}
    return await server.call(request)


def unblocker_is_recorded(http: httpx.Client) -> None:
    own = http.get("/v2/user").json()["id"]
    members = [member["id"] for member in read_list(http, f"{ORGANIZATION}/members")]
    other = next(member for member in members if member != own)
    job = next(job for job in jobs_in(http, "blocked", "manual") if job["unblockable"])
    unblocked = http.put(f"{path_of(job)}/unblock", json={"unblocker": other}).json()
    assert unblocked["unblocked_by"]["id"] == other


@MUTANTS.plant(
    "state",
    operations="unblockJob unblockJobInBuild",
    title="unblocked_by is the user of the token, whoever the unblocker is",
    source=f"{DOCS}/rest_api/jobs.md: The user id of the person activating the job",
    witness=unblocker_is_recorded,
)
async def ignored_unblocker(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if at_job(request, "PUT", "/unblock") is not None and response.status == 200:
        server.memory[response.json["id"]] = (await get(server, request, "/v2/user", TOKEN)).json

    def replace(job: dict[str, Any]) -> None:
        if job.get("id") in server.memory:
            job["unblocked_by"] = server.memory[job["id"]]

    change_objects(response, "unblocked_by", replace)
    return response


def rule_has_sent_pipelines(http: httpx.Client) -> None:
    source, target = (pipeline["id"] for pipeline in read_list(http, f"{ORGANIZATION}/pipelines")[:2])
    value = {"source_pipeline": source, "target_pipeline": target}
    for kind in ("pipeline.trigger_build.pipeline", "pipeline.artifacts_read.pipeline"):
        for rule in read_list(http, f"{ORGANIZATION}/rules"):
            http.delete(f"{ORGANIZATION}/rules/{rule['uuid']}")
        rule = http.post(f"{ORGANIZATION}/rules", json={"type": kind, "value": value}).json()
        assert (rule["source_uuid"], rule["target_uuid"]) == (source, target)


@MUTANTS.plant(
    "state",
    operations="createRule",
    title="source and target of a new rule for artifacts are swapped",
    source=f"{DOCS}/rest_api/rules.md: value",
    witness=rule_has_sent_pipelines,
)
async def swapped_pipelines(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("POST", "/v2/organizations/{org}/rules") is not None and isinstance(body, dict):
        value = body.get("value")
        names = ("source_pipeline", "target_pipeline")
        is_complete = isinstance(value, dict) and all(name in value for name in names)
        if is_complete and body.get("type") == "pipeline.artifacts_read.pipeline":
            swapped = dict(zip(names, (value[name] for name in reversed(names)), strict=True))
            request.json = {**body, "value": {**value, **swapped}}
    return await server.call(request)
