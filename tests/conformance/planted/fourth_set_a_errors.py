"""Bugs in the refusal of requests."""

from __future__ import annotations

import httpx
from attrs import evolve
from tests.conformance.planted.fourth_set_a_support import (
    BUILD,
    DOCS,
    ORGANIZATION,
    SCHEDULES,
    WEB,
    at_job,
    failed_build,
    get,
    jobs_in,
    path_of,
    read_list,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()

TEMPLATE = "/v2/organizations/{org}/pipeline-templates/{template}"
STATES = ("canceled", "expired", "failed", "soft_failed", "timed_out")
UNKNOWN = "01920000-ffff-7fff-8fff-ffffffffffff"


def assigned_template_remains(http: httpx.Client) -> None:
    template = read_list(http, f"{ORGANIZATION}/pipeline-templates")[0]
    path = f"{ORGANIZATION}/pipeline-templates/{template['uuid']}"
    assert http.patch(WEB, json={"pipeline_template_uuid": template["uuid"]}).status_code == 200
    assert http.delete(path).status_code == 422
    assert http.get(path).status_code == 200


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a template that is assigned to pipelines is deleted",
    source=f"{DOCS}/rest_api/pipeline_templates.md: can only be deleted when it is not assigned to any pipelines",
    witness=assigned_template_remains,
)
async def deleted_assigned_template(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("DELETE", TEMPLATE)
    if values is None or response.status != 422:
        return response
    path = f"/v2/organizations/{values['org']}/pipelines"
    for pipeline in (await get(server, request, path, TOKEN, per_page="100")).json:
        if pipeline.get("pipeline_template_uuid") == values["template"]:
            change = Request("PATCH", f"{path}/{pipeline['slug']}", {}, _json_headers(request), b"")
            change.json = {"pipeline_template_uuid": None}
            await server.call(change)
    return await server.call(request)


def _json_headers(request: Request) -> dict[str, str]:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    return {**headers, "host": request.headers.get("host", "")}


def invalid_states_are_refused(http: httpx.Client) -> None:
    path = f"{WEB}/builds/{failed_build(http)['number']}/retry_failed_jobs"
    assert http.put(path, json={"states": "failed,unknown"}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="retryFailedJobs",
    title="an invalid state is ignored beside a valid one",
    source=f"{DOCS}/rest_api/builds.md: Invalid states: invalid",
    witness=invalid_states_are_refused,
)
async def ignored_invalid_state(server: Server, request: Request) -> Response:
    body = request.json
    states = body.get("states") if isinstance(body, dict) else None
    if request.values("PUT", BUILD + "/retry_failed_jobs") is not None and isinstance(states, str):
        valid = [state for state in states.split(",") if state.strip() in STATES]
        if valid:
            request.json = {**body, "states": ",".join(valid)}
    return await server.call(request)


def resuming_active_agent_is_refused(http: httpx.Client) -> None:
    agent = next(each for each in read_list(http, f"{ORGANIZATION}/agents") if not each["paused"])
    response = http.put(f"{ORGANIZATION}/agents/{agent['id']}/resume", json={})
    assert (response.status_code, response.json()["message"]) == (422, "Agent is not paused")


@MUTANTS.plant(
    "errors",
    operations="resumeAgent",
    title="resuming an agent that is not paused returns 409",
    source=f"{DOCS}/rest_api/agents.md: 422, Agent is not paused",
    witness=resuming_active_agent_is_refused,
)
async def conflict_of_resumed_agent(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_resume = request.values("PUT", "/v2/organizations/{org}/agents/{agent}/resume") is not None
    if is_resume and response.status == 422 and response.json["message"] == "Agent is not paused":
        response.status = 409
    return response


def unknown_job_is_named(http: httpx.Client) -> None:
    response = http.get(f"{ORGANIZATION}/jobs/{UNKNOWN}")
    assert (response.status_code, response.json()) == (404, {"message": "No job found"})


@MUTANTS.plant(
    "errors",
    operations="getJob getJobInBuild",
    title="the message for an unknown job is that of an unknown build",
    source=f"{DOCS}/rest_api/jobs.md: No job found",
    witness=unknown_job_is_named,
)
async def wrong_message_for_job(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if at_job(request, "GET", "") is not None and response.json == {"message": "No job found"}:
        response.json = {"message": "No build found"}
    return response


def range_of_empty_log_is_refused(http: httpx.Client) -> None:
    log = f"{path_of(jobs_in(http, 'failed')[0])}/log"
    assert http.delete(log).status_code == 204
    response = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert response.status_code == 416


@MUTANTS.plant(
    "errors",
    operations="getJobLog getJobLogInBuild",
    title="a range of an empty log is returned as an empty part",
    source=f"{DOCS}/rest_api/jobs.md: 416, cannot be satisfied because the job log is empty",
    witness=range_of_empty_log_is_refused,
)
async def range_of_empty_log(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if at_job(request, "GET", "/log") is not None and response.status == 416:
        headers = {"content-type": "text/plain; charset=utf-8", "accept-ranges": "bytes"}
        response.headers = {**response.headers, **headers, "content-range": "bytes 0-0/0"}
        response.status, response.body = 206, b""
    return response


def refused_update_has_no_effect(http: httpx.Client) -> None:
    schedule = read_list(http, f"{WEB}/schedules")[0]
    path = f"{WEB}/schedules/{schedule['id']}"
    assert http.put(path, json={"label": "Changed", "cronline": "never"}).status_code == 422
    assert http.get(path).json()["label"] == schedule["label"]


@MUTANTS.plant(
    "errors",
    operations="updatePipelineSchedule",
    title="the valid properties of a refused update are saved",
    source=f"{DOCS}/rest_api/pipeline_schedules.md: 422, Validation failed: Reason for failure",
    witness=refused_update_has_no_effect,
)
async def half_saved_schedule(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    is_update = request.values("PUT", SCHEDULES + "/{schedule}") is not None
    if is_update and response.status == 422 and isinstance(body, dict) and "cronline" in body:
        rest = evolve(request)
        rest.json = {name: value for name, value in body.items() if name != "cronline"}
        await server.call(rest)
    return response
