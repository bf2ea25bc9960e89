"""Seventh set of planted bugs, second half: requests with wrong effects."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.seventh_set_b_support import (
    ANY_BUILD,
    ANY_ORG,
    ANY_PIPELINE,
    JOBS,
    ORG,
    WEB,
    get,
    is_for,
    new_pipeline,
    objects,
    path_of,
)

MUTANTS = Mutants()


def _overwrite(response: Response, key: str, values: dict[str, Any]) -> Response:
    """Set a property of the objects whose ids are in `values`."""
    if values and (body := response.json) is not None:
        for found in objects(body):
            if key in found and found.get("id") in values:
                found[key] = values[found["id"]]
        response.json = body
    return response


def rebuild_with_env(http: httpx.Client) -> None:
    env = {"DEPLOY": "yes"}
    path = f"{new_pipeline(http, 'Rebuilt')}/builds"
    http.post(path, json={"commit": "HEAD", "branch": "main", "message": "First", "env": env})
    http.put(f"{path}/1/cancel")
    rebuilt = http.put(f"{path}/1/rebuild").json()
    assert rebuilt["message"] == "First"
    assert http.get(path_of(rebuilt["url"])).json()["env"] == env


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="a rebuild has none of the environment variables of the original build",
    source="pages/apis/rest_api/builds.md: creates a new build that copies the environment variables",
    witness=rebuild_with_env,
)
async def rebuild_without_env_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_for(request, "PUT", ANY_BUILD + "/rebuild") and response.status == 200:
        server.memory[response.json["id"]] = {}
    return _overwrite(response, "env", server.memory)


def retried_job(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/19").json()
    job = next(job["id"] for job in build["jobs"] if job["state"] == "failed")
    retry = http.put(f"{ORG}/jobs/{job}/retry").json()
    original = http.get(f"{ORG}/jobs/{job}").json()
    assert (original["retried"], original["retried_in_job_id"]) == (True, retry["id"])


@MUTANTS.plant(
    "state",
    operations="retryJob retryJobInBuild",
    title="a retried job does not name the job that repeats it",
    source="pages/apis/rest_api/builds.md: retried_in_job_id, UUID of the retry job",
    witness=retried_job,
)
async def no_id_of_retry_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and is_for(request, "PUT", *(f"{job}/retry" for job in JOBS)):
        server.memory[request.path.split("/")[-2]] = None
    return _overwrite(response, "retried_in_job_id", server.memory)


def forced_by_default(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents", params={"per_page": 100}).json()
    agent = next(agent for agent in agents if agent["job"] is not None and agent["job"]["state"] == "running")
    assert http.put(f"{ORG}/agents/{agent['id']}/stop").status_code == 204
    job = http.get(f"{ORG}/jobs/{agent['job']['id']}").json()
    assert job["state"] in ("canceling", "canceled")


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="an agent that is stopped without `force` completes its job",
    source="pages/apis/rest_api/agents.md: force, default true",
    witness=forced_by_default,
)
async def not_forced_by_default_b(server: Server, request: Request) -> Response:
    if is_for(request, "PUT", ANY_ORG + "/agents/{id}/stop"):
        body = {} if not request.body else request.json
        if isinstance(body, dict) and "force" not in body:
            request.json = {**body, "force": False}
            request.headers["content-type"] = "application/json"
    return await server.call(request)


def configuration_and_steps(http: httpx.Client) -> None:
    path = new_pipeline(http, "Both")
    configuration = "steps:\n  - command: make release\n"
    body = {"configuration": configuration, "steps": [{"type": "script", "name": "Old", "command": "old.sh"}]}
    assert http.patch(path, json=body).status_code == 200
    assert http.get(path).json()["configuration"] == configuration


@MUTANTS.plant(
    "state",
    operations="updatePipeline",
    title="an update with both `configuration` and `steps` applies neither",
    source="pages/apis/rest_api/pipelines.md: if both are present, it ignores steps and applies configuration",
    witness=configuration_and_steps,
)
async def neither_steps_nor_configuration_b(server: Server, request: Request) -> Response:
    body = request.json
    if is_for(request, "PATCH", ANY_PIPELINE) and isinstance(body, dict) and {"configuration", "steps"} <= set(body):
        request.json = {name: value for name, value in body.items() if name not in ("configuration", "steps")}
    return await server.call(request)


def cleared_failure(http: httpx.Client) -> None:
    failed = next(one for one in http.get(f"{WEB}/schedules").json() if one["failed_at"] is not None)
    assert http.put(f"{WEB}/schedules/{failed['id']}", json={"enabled": True}).status_code == 200
    found = http.get(f"{WEB}/schedules/{failed['id']}").json()
    assert (found["enabled"], found["failed_message"], found["failed_at"]) == (True, None, None)


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule",
    title="a failed schedule that is enabled again keeps `failed_at`",
    source="pages/apis/rest_api/pipeline_schedules.md: enabled, re-enabling clears failed_message and failed_at",
    witness=cleared_failure,
)
async def failure_time_stays_b(server: Server, request: Request) -> Response:
    body = request.json
    if is_for(request, "PUT", ANY_PIPELINE + "/schedules/{id}") and isinstance(body, dict) and body.get("enabled"):
        before = (await get(server, request, request.path)).json or {}
        if before.get("failed_at") is not None:
            server.memory[before["id"]] = before["failed_at"]
    return _overwrite(await server.call(request), "failed_at", server.memory)


def description_of_portal(http: httpx.Client) -> None:
    body = {"name": "Viewer", "query": "query V { viewer { user { name } } }", "description": "For tests"}
    path = f"{ORG}/portals/{http.post(f'{ORG}/portals', json=body).json()['slug']}"
    assert http.put(path, json={"name": "Viewer 2"}).json()["name"] == "Viewer 2"
    assert http.get(path).json()["description"] == "For tests"


@MUTANTS.plant(
    "state",
    operations="updatePortal",
    title="an update of a portal without `description` removes the description",
    source="pages/apis/rest_api/portals.md: example of Update a portal",
    witness=description_of_portal,
)
async def description_removed_b(server: Server, request: Request) -> Response:
    body = request.json
    if is_for(request, "PUT", ANY_ORG + "/portals/{slug}") and isinstance(body, dict):
        request.json = {"description": None, **body}
    return await server.call(request)


def withdrawn_template(http: httpx.Client) -> None:
    body = {"name": "Seventh", "configuration": "steps:\n  - command: make\n", "available": True}
    template = http.post(f"{ORG}/pipeline-templates", json=body).json()
    path = f"{ORG}/pipeline-templates/{template['uuid']}"
    assert http.patch(path, json={"available": False}).status_code == 200
    assert http.get(path).json()["available"] is False


@MUTANTS.plant(
    "state",
    operations="updatePipelineTemplate",
    title="a template cannot be made unavailable",
    source="pages/apis/rest_api/pipeline_templates.md: optional request body property available",
    witness=withdrawn_template,
)
async def always_available_b(server: Server, request: Request) -> Response:
    body = request.json
    if is_for(request, "PATCH", ANY_ORG + "/pipeline-templates/{uuid}") and isinstance(body, dict):
        request.json = {name: value for name, value in body.items() if (name, value) != ("available", False)}
    return await server.call(request)
