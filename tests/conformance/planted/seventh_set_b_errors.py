"""Seventh set of planted bugs, second half: invalid requests that are accepted, and wrong errors."""

from __future__ import annotations

from copy import deepcopy

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.seventh_set_b_support import (
    ANY_ORG,
    ANY_PIPELINE,
    JOBS,
    ORG,
    WEB,
    get,
    is_for,
    new_pipeline,
    reads,
)

MUTANTS = Mutants()


def _accepted(response: Response) -> Response:
    """Return a response without content."""
    response.status, response.body = 204, b""
    response.headers.pop("content-type", None)
    return response


def build_without_branch(http: httpx.Client) -> None:
    assert http.post(f"{WEB}/builds", json={"commit": "HEAD"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createBuild",
    title="a build without a branch is created, on the branch `main`",
    source="pages/apis/rest_api/builds.md: required request body property branch",
    witness=build_without_branch,
)
async def branch_by_default_b(server: Server, request: Request) -> Response:
    body = request.json
    if is_for(request, "POST", ANY_PIPELINE + "/builds") and isinstance(body, dict) and "branch" not in body:
        request.json = {**body, "branch": "main"}
    return await server.call(request)


def unknown_state(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/builds/24").json()["jobs"][2]["id"]
    for path in (f"{ORG}/jobs/{job}", f"{WEB}/builds/24/jobs/{job}"):
        assert http.get(f"{path}/artifacts", params={"state": "no-such-state"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listJobArtifacts listJobArtifactsInBuild",
    title="an unknown `state` of the artifacts of a job returns an empty list",
    source="pages/apis/rest_api/artifacts.md: state, returns a 422 error for unknown values",
    witness=unknown_state,
)
async def no_artifacts_of_unknown_state_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    if response.status == 422 and "state" in request.params and reads(request, *(f"{job}/artifacts" for job in JOBS)):
        del request.params["state"]
        response = await server.call(request)
        response.headers.pop("link", None)
        if request.method == "GET" and response.status == 200:
            response.json = []
    return response


def resumed_twice(http: httpx.Client) -> None:
    agent = f"{ORG}/agents/01920000-0001-7007-8000-000000000002"
    assert http.put(f"{agent}/pause", json={}).status_code == 204
    assert http.put(f"{agent}/resume", json={}).status_code == 204
    assert http.put(f"{agent}/resume", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="resumeAgent",
    title="an agent that is not paused can be resumed",
    source="pages/apis/rest_api/agents.md: 422, Agent is not paused",
    witness=resumed_twice,
)
async def resumed_without_pause_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_for(request, "PUT", ANY_ORG + "/agents/{id}/resume") and response.status == 422:
        return _accepted(response) if "not paused" in (response.json or {}).get("message", "") else response
    return response


def mirror_with_fragment(http: httpx.Client) -> None:
    path = new_pipeline(http, "Mirrored")
    mirror = "https://mirror.example.com/acme/seventh.git"
    assert http.patch(path, json={"clone_mirror_url": mirror}).status_code == 200
    assert http.patch(path, json={"clone_mirror_url": f"{mirror}#main"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createPipeline updatePipeline",
    title="the URL of a clone mirror may have a fragment, which is dropped",
    source="pages/apis/rest_api/pipelines.md: clone_mirror_url must not contain fragments",
    witness=mirror_with_fragment,
)
async def fragment_of_mirror_b(server: Server, request: Request) -> Response:
    body = request.json
    if is_for(request, "POST", ANY_ORG + "/pipelines") or is_for(request, "PATCH", ANY_PIPELINE):
        mirror = body.get("clone_mirror_url") if isinstance(body, dict) else None
        if isinstance(mirror, str) and "#" in mirror:
            request.json = {**body, "clone_mirror_url": mirror.partition("#")[0]}
    return await server.call(request)


def template_in_use(http: httpx.Client) -> None:
    body = {"name": "In use", "configuration": "steps:\n  - command: make\n"}
    uuid = http.post(f"{ORG}/pipeline-templates", json=body).json()["uuid"]
    new_pipeline(http, "Assigned", pipeline_template_uuid=uuid)
    assert http.delete(f"{ORG}/pipeline-templates/{uuid}").status_code == 422
    assert http.get(f"{ORG}/pipeline-templates/{uuid}").status_code == 200


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a template that is assigned to a pipeline is removed from it and deleted",
    source="pages/apis/rest_api/pipeline_templates.md: can only be deleted when it is not assigned to any pipelines",
    witness=template_in_use,
)
async def deleted_in_use_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    found = request.values("DELETE", ANY_ORG + "/pipeline-templates/{uuid}")
    if found is None or response.status != 422:
        return response
    pipelines = f"/v2/organizations/{found['org']}/pipelines"
    for pipeline in (await get(server, request, pipelines, per_page="100")).json or []:
        if pipeline["pipeline_template_uuid"] == found["uuid"]:
            headers = {**request.headers, "content-type": "application/json"}
            body = b'{"pipeline_template_uuid": null}'
            await server.call(Request("PATCH", f"{pipelines}/{pipeline['slug']}", {}, headers, body))
    return await server.call(request)


def unsupported_connection(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/repository_connections").json()
    statuses = {one["type"]: http.get(f"{path_to(one['id'])}/repositories").status_code for one in found}
    assert (statuses["github_app"], statuses["bitbucket_server"]) == (200, 422)


def path_to(connection: str) -> str:
    return f"{ORG}/repository_connections/{connection}"


@MUTANTS.plant(
    "errors",
    operations="listConnectedRepositories",
    title="a connection to Bitbucket Server has an empty list of repositories",
    source="pages/apis/rest_api/repository_connections.md: for Bitbucket Server, the endpoint returns 422",
    witness=unsupported_connection,
)
async def no_repositories_of_bitbucket_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = ANY_ORG + "/repository_connections/{id}/repositories"
    if is_for(request, "GET", template) and response.status == 422:
        connection = (await get(server, request, request.path.removesuffix("/repositories"))).json or {}
        if connection.get("type") == "bitbucket_server":
            response.status, response.json = 200, []
    return response


def rule_of_unknown_pipeline(http: httpx.Client) -> None:
    value = {"source_pipeline": "web", "target_pipeline": "no-such-pipeline"}
    response = http.post(f"{ORG}/rules", json={"type": "pipeline.trigger_build.pipeline", "value": value})
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createRule",
    title="a rule for an unknown pipeline is refused with 404",
    source="pages/apis/rest_api/rules.md: 422, reason for failure",
    witness=rule_of_unknown_pipeline,
)
async def pipeline_of_rule_not_found_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    message = (response.json or {}).get("message", "") if response.status == 422 else ""
    if is_for(request, "POST", ANY_ORG + "/rules") and "is not a pipeline" in message:
        response.status, response.json = 404, {"message": "No pipeline found"}
    return response
