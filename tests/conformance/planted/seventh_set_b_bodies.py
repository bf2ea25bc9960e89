"""Seventh set of planted bugs, second half: wrong bodies."""

from __future__ import annotations

import re
from collections import Counter

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.seventh_set_b_support import ANY_BUILD, ANY_ORG, JOBS, ORG, WEB, is_for, objects

MUTANTS = Mutants()


def counts_of_all_jobs(http: httpx.Client) -> None:
    complete = http.get(f"{WEB}/builds/23").json()["job_state_counts"]
    found = http.get(f"{WEB}/builds/23", params={"job_states[]": "failed"}).json()
    assert {job["state"] for job in found["jobs"]} == {"failed"}
    assert found["job_state_counts"] == complete


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that `job_states[]` leaves",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job in the build",
    witness=counts_of_all_jobs,
)
async def counts_of_shown_jobs_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = response.json
    if is_for(request, "GET", ANY_BUILD) and "job_states[]" in request.params and "jobs" in (body or {}):
        states = Counter(job["state"] for job in body["jobs"])
        body["job_state_counts"] = {"total": states.total(), "states": dict(states)}
        response.json = body
    return response


def web_url_in_env(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/24").json()
    env = http.get(f"{ORG}/jobs/{build['jobs'][0]['id']}/env").json()["env"]
    assert env["BUILDKITE_BUILD_URL"] == build["web_url"]


@MUTANTS.plant(
    "bodies",
    operations="getJobEnv getJobEnvInBuild",
    title="`BUILDKITE_BUILD_URL` is the API URL of the build instead of its URL on Buildkite",
    source="pages/apis/rest_api/jobs.md: example of Get a job's environment variables",
    witness=web_url_in_env,
)
async def api_url_in_env_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_for(request, "GET", *(f"{job}/{env}" for job in JOBS for env in ("env", "env.txt"))):
        response.body = re.sub(
            rb'(BUILDKITE_BUILD_URL"?[:=]"?)https://buildkite\.com/([^/"]+)/([^/"]+)/',
            rb"\1https://api.buildkite.com/v2/organizations/\2/pipelines/\3/",
            response.body,
        )
    return response


def complete_dirname(http: httpx.Client) -> None:
    for artifact in http.get(f"{WEB}/builds/24/artifacts").json():
        assert f"{artifact['dirname']}/{artifact['filename']}" == artifact["path"]


@MUTANTS.plant(
    "bodies",
    operations=("listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild"),
    title="`dirname` has only the last folder of the path",
    source="pages/apis/rest_api/artifacts.md: dirname, path of the artifact excluding the filename",
    witness=complete_dirname,
)
async def last_folder_as_dirname_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and "/artifacts" in request.path and response.status == 200:
        body = response.json
        for artifact in objects(body):
            if isinstance(artifact.get("dirname"), str):
                artifact["dirname"] = artifact["dirname"].rpartition("/")[2]
        response.json = body
    return response


def job_of_annotation(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds/23/annotations", params={"scope": "all"}).json()
    assert {annotation["scope"] for annotation in found} == {"build", "job"}
    assert all((annotation["job_id"] is not None) == (annotation["scope"] == "job") for annotation in found)


@MUTANTS.plant(
    "bodies",
    operations="listBuildAnnotations",
    title="the annotations of jobs have no `job_id` in the list of a build",
    source="pages/apis/rest_api/annotations.md: job_id, the ID of the job associated with the annotation",
    witness=job_of_annotation,
)
async def no_job_of_annotation_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_for(request, "GET", ANY_BUILD + "/annotations") and response.status == 200:
        response.json = [{**annotation, "job_id": None} for annotation in response.json]
    return response


def archived_in_list(http: httpx.Client) -> None:
    for pipeline in http.get(f"{ORG}/pipelines", params={"per_page": 100}).json():
        single = http.get(f"{ORG}/pipelines/{pipeline['slug']}").json()
        assert pipeline["archived_at"] == single["archived_at"]


@MUTANTS.plant(
    "bodies",
    operations="listPipelines",
    title="`archived_at` of archived pipelines is null in the list",
    source="pages/apis/rest_api/pipelines.md: archived_at, when the pipeline was archived",
    witness=archived_in_list,
)
async def not_archived_in_list_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_for(request, "GET", ANY_ORG + "/pipelines") and response.status == 200:
        response.json = [{**pipeline, "archived_at": None} for pipeline in response.json]
    return response


def last_updater(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()
    templates = http.get(f"{ORG}/pipeline-templates").json()
    path = next(
        f"{ORG}/pipeline-templates/{template['uuid']}"
        for template in templates
        if template["created_by"]["id"] != user["id"]
    )
    http.patch(path, json={"description": "Changed"})
    assert http.get(path).json()["updated_by"]["id"] == user["id"]


@MUTANTS.plant(
    "bodies",
    operations="getPipelineTemplate listPipelineTemplates updatePipelineTemplate",
    title="`updated_by` is the user who created the template",
    source="pages/apis/rest_api/pipeline_templates.md: updated_by, user who last updated the pipeline template",
    witness=last_updater,
)
async def creator_as_updater_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    templates = ANY_ORG + "/pipeline-templates"
    if is_for(request, "GET", templates, templates + "/{uuid}") or is_for(request, "PATCH", templates + "/{uuid}"):
        body = response.json
        for template in objects(body):
            if "updated_by" in template:
                template["updated_by"] = template["created_by"]
        response.json = body
    return response


def arch_of_runner(http: httpx.Client) -> None:
    for agent in http.get(f"{ORG}/agents", params={"per_page": 100}).json():
        assert f"({agent['os_id']}; {agent['arch']})" in agent["user_agent"]


@MUTANTS.plant(
    "bodies",
    operations="listAgents getAgent",
    title="`arch` of agents on macOS is always amd64",
    source="pages/apis/rest_api/agents.md: arch, CPU architecture of the runner",
    witness=arch_of_runner,
)
async def amd64_on_macos_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_for(request, "GET", ANY_ORG + "/agents", ANY_ORG + "/agents/{id}") and response.status == 200:
        body = response.json
        for agent in objects(body):
            if agent.get("os_id") == "darwin":
                agent["arch"] = "amd64"
        response.json = body
    return response
