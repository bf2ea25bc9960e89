"""Bugs in the values of responses."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.fifth_set_a_support import (
    JOBS,
    ORGANIZATION,
    ORGANIZATION_ROUTE,
    PIPELINES,
    WEB,
    builds,
    change_objects,
    job_with_log,
    matches,
    matches_job,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def triggered_builds(http: httpx.Client) -> None:
    jobs = [job for build in builds(http) for job in build["jobs"] if job.get("triggered_build")]
    assert jobs
    for triggered in (job["triggered_build"] for job in jobs):
        pipeline = triggered["url"].split("/pipelines/")[1].split("/")[0]
        assert triggered["web_url"] == f"https://buildkite.com/acme/{pipeline}/builds/{triggered['number']}"


@MUTANTS.plant(
    "bodies",
    operations="getBuild listBuilds listOrganizationBuilds listAllBuilds getJob getJobInBuild listJobs",
    title="`triggered_build.web_url` leads to the pipeline of the trigger job",
    source="pages/apis/rest_api/builds.md: triggered_build contains the web_url of the build that was triggered",
    witness=triggered_builds,
)
async def triggered_build_in_own_pipeline(server: Server, request: Request) -> Response:
    def change(found: dict[str, Any]) -> None:
        if isinstance(found.get("triggered_build"), dict) and found.get("web_url"):
            own = found["web_url"].split("/builds/")[0]
            found["triggered_build"]["web_url"] = f"{own}/builds/{found['triggered_build']['number']}"

    return change_objects(await server.call(request), change)


def nanoseconds(http: httpx.Client) -> None:
    log = http.get(f"{JOBS}/{job_with_log(http)['id']}/log").json()
    assert log["header_times"]
    assert all(len(str(time)) == 19 for time in log["header_times"])


@MUTANTS.plant(
    "bodies",
    operations="getJobLog getJobLogInBuild",
    title="`header_times` of a log are in milliseconds",
    source="pages/apis/rest_api/jobs.md: header_times in the example of a job's log",
    witness=nanoseconds,
)
async def header_times_in_milliseconds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = response.json
    if matches_job(request, "GET", "/log") and isinstance(found, dict) and "header_times" in found:
        response.json = {**found, "header_times": [time // 1_000_000 for time in found["header_times"]]}
    return response


def retry_sources(http: httpx.Client) -> None:
    jobs = [job for build in builds(http, include_retried_jobs="true") for job in build["jobs"]]
    sources = {job["id"]: job["retry_source"]["job_id"] for job in jobs if job.get("retry_source")}
    assert sources
    assert all(source != job for job, source in sources.items())


@MUTANTS.plant(
    "bodies",
    operations="getBuild listBuilds listOrganizationBuilds listAllBuilds getJob getJobInBuild listJobs retryJob "
    "retryJobInBuild retryFailedJobs",
    title="`retry_source.job_id` is the id of the job itself",
    source="pages/apis/rest_api/builds.md: retry_source is the source of the retry job",
    witness=retry_sources,
)
async def retry_source_is_itself(server: Server, request: Request) -> Response:
    def change(found: dict[str, Any]) -> None:
        if isinstance(found.get("retry_source"), dict):
            found["retry_source"]["job_id"] = found["id"]

    return change_objects(await server.call(request), change)


def midnight(http: httpx.Client) -> None:
    schedule = http.post(f"{WEB}/schedules", json={"cronline": "@daily"}).json()
    assert schedule["next_build_at"].endswith("T00:00:00.000Z")


@MUTANTS.plant(
    "bodies",
    operations="listPipelineSchedules getPipelineSchedule createPipelineSchedule updatePipelineSchedule",
    title="`next_build_at` of predefined intervals has the minutes and seconds of `created_at`",
    source="pages/apis/rest_api/pipeline_schedules.md: next_build_at, and its example for @daily",
    witness=midnight,
)
async def intervals_since_creation(server: Server, request: Request) -> Response:
    def change(found: dict[str, Any]) -> None:
        if str(found.get("cronline")).startswith("@") and found.get("next_build_at"):
            found["next_build_at"] = found["next_build_at"][:13] + found["created_at"][13:]

    return change_objects(await server.call(request), change)


def running_jobs(http: httpx.Client) -> None:
    running = http.get(f"{WEB}/builds", params={"per_page": 100, "state": "running", "exclude_pipeline": "true"}).json()
    jobs = [job for build in running for job in build["jobs"] if job["state"] == "running"]
    assert len(jobs) > len(running)
    pipelines = {each["slug"]: each for each in http.get(PIPELINES).json()}
    assert pipelines["web"]["running_jobs_count"] >= len(jobs)


@MUTANTS.plant(
    "bodies",
    operations="getPipeline listPipelines getBuild listBuilds listOrganizationBuilds",
    title="`running_jobs_count` of a pipeline is the number of running builds",
    source="pages/apis/rest_api/pipelines.md: running_jobs_count is the number of currently running jobs",
    witness=running_jobs,
)
async def builds_counted_as_jobs(server: Server, request: Request) -> Response:
    def change(found: dict[str, Any]) -> None:
        if {"running_jobs_count", "running_builds_count"} <= found.keys():
            found["running_jobs_count"] = found["running_builds_count"]

    return change_objects(await server.call(request), change)


def unavailable(http: httpx.Client) -> None:
    body = {"name": "Default", "configuration": "steps:\n  - command: make\n"}
    created = http.post(f"{ORGANIZATION}/pipeline-templates", json=body)
    assert created.status_code == 201
    assert created.json()["available"] is False


@MUTANTS.plant(
    "bodies",
    operations="createPipelineTemplate",
    title="a template is available to non-admins if `available` is omitted",
    source="pages/apis/rest_api/pipeline_templates.md: available, default false",
    witness=unavailable,
)
async def template_available_by_default(server: Server, request: Request) -> Response:
    if matches(request, "POST", f"{ORGANIZATION_ROUTE}/pipeline-templates") and isinstance(request.json, dict):
        request.json = {"available": True, **request.json}
    return await server.call(request)
