"""Bugs in bodies of responses."""

import base64
from collections import Counter
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_a_support import (
    BUILD,
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    WEB,
    change_objects,
    is_request,
)

MUTANTS = Mutants()


def raw_log_is_text(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds/23").json()["jobs"][0]
    job = http.get(f"{ORG}/jobs/{found['id']}").json()
    assert job["raw_log_url"] == f"{job['log_url']}.txt"


@MUTANTS.plant(
    "bodies",
    operations="getJob",
    title="`raw_log_url` is the URL of the log in JSON, if a job is read without its build",
    source="pages/apis/rest_api/jobs.md: Get a job, example",
    witness=raw_log_is_text,
)
async def raw_log_url_without_extension(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not is_request(request, "GET", JOB):
        return response

    def change(job: dict[str, Any]) -> None:
        if job.get("raw_log_url"):
            job["raw_log_url"] = job["log_url"]

    return change_objects(response, change)


def counts_have_all_jobs(http: httpx.Client) -> None:
    path = f"{WEB}/builds/23"
    everything = http.get(path).json()["job_state_counts"]
    assert http.get(path, params={"job_states[]": "failed"}).json()["job_state_counts"] == everything


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that `job_states[]` selects",
    source="pages/apis/rest_api/builds.md: `job_state_counts` always describes every job in the build",
    witness=counts_have_all_jobs,
)
async def counts_of_selected_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not is_request(request, "GET", BUILD) or "job_states[]" not in request.params:
        return response

    def change(build: dict[str, Any]) -> None:
        if "jobs" in build:
            states = Counter(job["state"] for job in build["jobs"])
            build["job_state_counts"] = {"total": states.total(), "states": states}

    return change_objects(response, change)


def tags_have_values(http: httpx.Client) -> None:
    for agent in http.get(f"{ORG}/agents").json():
        assert all("=" in tag for tag in agent["meta_data"])


@MUTANTS.plant(
    "bodies",
    operations="listAgents getAgent",
    title="tags of agents are in the format `key:value`",
    source="pages/apis/rest_api/agents.md: meta_data, array of agent tags in key=value format",
    witness=tags_have_values,
)
async def tags_with_colons(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not is_request(request, "GET", "/v2/organizations/{org}/agents", "/v2/organizations/{org}/agents/{id}"):
        return response

    def change(agent: dict[str, Any]) -> None:
        if agent.get("meta_data"):
            agent["meta_data"] = [tag.replace("=", ":", 1) for tag in agent["meta_data"]]

    return change_objects(response, change)


def dirname_is_a_folder(http: httpx.Client) -> None:
    for artifact in http.get(f"{WEB}/builds/24/artifacts").json():
        assert artifact["path"] == f"{artifact['dirname']}/{artifact['filename']}"


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="`dirname` of an artifact includes the name of the file",
    source="pages/apis/rest_api/artifacts.md: dirname, path of the artifact excluding the filename",
    witness=dirname_is_a_folder,
)
async def dirname_with_filename(server: Server, request: Request) -> Response:
    response = await server.call(request)
    lists = [f"{parent}/artifacts" for parent in (JOB, BUILD, JOB_IN_BUILD)]
    if not is_request(request, "GET", *lists, f"{JOB}/artifacts/{{id}}", f"{JOB_IN_BUILD}/artifacts/{{id}}"):
        return response
    return change_objects(response, lambda artifact: artifact.update(dirname=artifact["path"]))


def graphql_ids_differ(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/schedules").json()
    for schedule in found:
        assert base64.b64decode(schedule["graphql_id"]).decode() == f"PipelineSchedule---{schedule['id']}"


@MUTANTS.plant(
    "bodies",
    operations="listPipelineSchedules getPipelineSchedule createPipelineSchedule updatePipelineSchedule",
    title="`graphql_id` of a schedule is the one of its pipeline",
    source="pages/apis/rest_api/pipeline_schedules.md: graphql_id, GraphQL ID of the pipeline schedule",
    witness=graphql_ids_differ,
)
async def graphql_id_of_the_pipeline(server: Server, request: Request) -> Response:
    response = await server.call(request)
    lists = f"{PIPELINE}/schedules"
    if not is_request(request, "GET POST", lists) and not is_request(request, "GET PUT", f"{lists}/{{id}}"):
        return response

    def change(schedule: dict[str, Any]) -> None:
        schedule["graphql_id"] = base64.b64encode(f"Pipeline---{schedule['pipeline']['id']}".encode()).decode()

    return change_objects(response, change)


def token_times_have_zones(http: httpx.Client) -> None:
    assert http.get("/v2/access-token").json()["created_at"].endswith(" UTC")


@MUTANTS.plant(
    "bodies",
    operations="getAccessToken",
    title="times of a token are in ISO 8601, instead of `2025-07-16 06:07:42 UTC`",
    source="pages/apis/rest_api/access_token.md: Get the current token, example",
    witness=token_times_have_zones,
)
async def token_times_in_iso_format(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not is_request(request, "GET", "/v2/access-token"):
        return response

    def change(token: dict[str, Any]) -> None:
        for name in ("created_at", "expires_at"):
            if token.get(name):
                token[name] = token[name].replace(" UTC", ".000Z").replace(" ", "T")

    return change_objects(response, change)


def slugs_keep_their_roles(http: httpx.Client) -> None:
    source, target = (http.get(f"{ORG}/pipelines/{slug}").json()["id"] for slug in ("docs", "ios"))
    value = {"source_pipeline": "docs", "target_pipeline": "ios"}
    rule = http.post(f"{ORG}/rules", json={"type": "pipeline.artifacts_read.pipeline", "value": value}).json()
    assert (rule["source_uuid"], rule["target_uuid"]) == (source, target)


@MUTANTS.plant(
    "bodies",
    operations="createRule",
    title="source and target of a rule are exchanged if both are slugs",
    source="pages/apis/rest_api/rules.md: source_pipeline and target_pipeline accept either a UUID or a slug",
    witness=slugs_keep_their_roles,
)
async def exchanged_slugs(server: Server, request: Request) -> Response:
    body = request.json
    if is_request(request, "POST", "/v2/organizations/{org}/rules") and isinstance(body, dict):
        value = body.get("value")
        if isinstance(value, dict):
            ends = [value.get("source_pipeline"), value.get("target_pipeline")]
            if all(isinstance(end, str) and len(end) != 36 for end in ends):
                value["target_pipeline"], value["source_pipeline"] = ends
                request.json = body
    return await server.call(request)
