"""Bugs in the refusal of requests."""

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_a_support import (
    BUILD,
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    WEB,
    all_items,
    copy,
    error,
    is_request,
    read,
)

MUTANTS = Mutants()

TEMPLATES = f"{ORG}/pipeline-templates"


def job_of(http: httpx.Client, state: str, build: str = f"{WEB}/builds/23") -> str:
    """Return the id of the first job in a state."""
    return next(job["id"] for job in http.get(build).json()["jobs"] if job["state"] == state)


def priority_is_an_integer(http: httpx.Client) -> None:
    response = http.put(f"{ORG}/jobs/{job_of(http, 'failed')}/reprioritize", json={"priority": 2.5})
    assert response.status_code == 400
    assert response.json()["message"] == "Priority must be an integer"


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a fractional priority is accepted and truncated",
    source="pages/apis/rest_api/jobs.md: 400, Priority must be an integer",
    witness=priority_is_an_integer,
)
async def truncated_priority(server: Server, request: Request) -> Response:
    body = request.json
    if is_request(request, "PUT", f"{JOB}/reprioritize", f"{JOB_IN_BUILD}/reprioritize") and isinstance(body, dict):
        priority = body.get("priority")
        if isinstance(priority, float) and abs(priority) < 1e9:
            request.json = {**body, "priority": int(priority)}
    return await server.call(request)


def failing_build_can_be_canceled(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds", params={"state": "failing"}).json()[0]
    assert http.put(f"{WEB}/builds/{build['number']}/cancel").status_code == 200


@MUTANTS.plant(
    "errors",
    operations="cancelBuild",
    title="a failing build cannot be canceled",
    source="pages/apis/rest_api/builds.md: cancels the build if its state is scheduled, running, or failing",
    witness=failing_build_can_be_canceled,
)
async def failing_build_refused(server: Server, request: Request) -> Response:
    if is_request(request, "PUT", f"{BUILD}/cancel"):
        found = await server.call(copy(request, "GET", request.path.removesuffix("/cancel")))
        if found.status == 200 and found.json["state"] == "failing":
            return error(found, 422, "Build can't be canceled because it is failing")
    return await server.call(request)


def job_is_retried_once(http: httpx.Client) -> None:
    path = f"{ORG}/jobs/{job_of(http, 'failed')}/retry"
    assert http.put(path).status_code == 200
    assert http.put(path).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="retryJob",
    title="another retry of the same job returns the job of the first retry",
    source="pages/apis/rest_api/jobs.md: you can only retry each job.id once",
    witness=job_is_retried_once,
)
async def second_retry_succeeds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "PUT", f"{JOB}/retry") and response.status == 400:
        path = request.path.removesuffix("/retry")
        job = await read(server, request, path)
        if job and job.get("retried_in_job_id"):
            return await server.call(copy(request, "GET", path.replace(job["id"], job["retried_in_job_id"])))
    return response


def steps_are_ignored(http: httpx.Client) -> None:
    body = {"configuration": "steps:\n  - command: make\n", "steps": [{"type": "waiter"}]}
    response = http.patch(WEB, json=body)
    assert response.status_code == 200
    assert response.json()["configuration"] == body["configuration"]


@MUTANTS.plant(
    "errors",
    operations="updatePipeline",
    title="`steps` is rejected for a YAML pipeline even beside `configuration`",
    source="pages/apis/rest_api/pipelines.md: if both are present, it ignores steps and applies configuration",
    witness=steps_are_ignored,
)
async def steps_beside_configuration(server: Server, request: Request) -> Response:
    body = request.json
    if is_request(request, "PATCH", PIPELINE) and isinstance(body, dict) and {"steps", "configuration"} <= set(body):
        pipeline = await read(server, request, request.path)
        if pipeline and "configuration" in pipeline:
            request.json = {name: value for name, value in body.items() if name != "configuration"}
    return await server.call(request)


def assigned_template_stays(http: httpx.Client) -> None:
    template = http.post(TEMPLATES, json={"name": "Blind", "configuration": "steps:\n  - command: make\n"}).json()
    http.patch(f"{ORG}/pipelines/docs", json={"pipeline_template_uuid": template["uuid"]}).raise_for_status()
    assert http.delete(f"{TEMPLATES}/{template['uuid']}").status_code == 422
    assert http.get(f"{TEMPLATES}/{template['uuid']}").status_code == 200


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a template is deleted although pipelines use it",
    source="pages/apis/rest_api/pipeline_templates.md: only deleted when it is not assigned to any pipelines",
    witness=assigned_template_stays,
)
async def assigned_template_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("DELETE", "/v2/organizations/{org}/pipeline-templates/{uuid}")
    if values is None or response.status != 422:
        return response
    pipelines = f"/v2/organizations/{values['org']}/pipelines"
    for pipeline in await all_items(server, copy(request, "GET", pipelines)):
        if pipeline["pipeline_template_uuid"] == values["uuid"]:
            patch = copy(request, "PATCH", f"{pipelines}/{pipeline['slug']}")
            patch.headers["content-type"] = "application/json"
            patch.json = {"pipeline_template_uuid": None}
            await server.call(patch)
    return await server.call(request)


def unblocker_is_a_user(http: httpx.Client) -> None:
    builds = http.get(f"{ORG}/pipelines/api/builds").json()
    job = next(job for build in builds for job in build["jobs"] if job.get("unblockable"))
    body = {"unblocker": "6b0e5b8c-0000-4000-8000-0123456789ab"}
    assert http.put(f"{ORG}/jobs/{job['id']}/unblock", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="unblockJob unblockJobInBuild",
    title="a job is unblocked by the user of the token if `unblocker` is unknown",
    source="pages/apis/rest_api/jobs.md: 422, Unblocker is not a valid user id for this organization",
    witness=unblocker_is_a_user,
)
async def unknown_unblocker_accepted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    if not is_request(request, "PUT", f"{JOB}/unblock", f"{JOB_IN_BUILD}/unblock") or response.status != 422:
        return response
    if isinstance(body, dict) and "Unblocker" in response.json["message"]:
        request.json = {name: value for name, value in body.items() if name != "unblocker"}
        return await server.call(request)
    return response
