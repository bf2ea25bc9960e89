"""Bugs in the bodies of responses."""

from __future__ import annotations

from collections import Counter

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_b_support import (
    ACME,
    BUILD,
    IMAGES,
    JOB_IN_BUILD,
    ORGANIZATION,
    RSPEC,
    SUITE,
    TEAMS,
    WEB,
    cluster_named,
    first_build,
    found,
)

MUTANTS = Mutants()


def text_has_own_variables(http: httpx.Client) -> None:
    body = {"commit": "HEAD", "branch": "main", "env": {"DEPLOY_TARGET": "staging"}}
    build = found(http.post(f"{WEB}/builds", json=body))
    job = next(job for job in build["jobs"] if job["type"] == "script")
    path = f"{WEB}/builds/{build['number']}/jobs/{job['id']}/env"
    names = found(http.get(path))["env"].keys()
    text = http.get(path, headers={"Accept": "text/plain"}).text
    assert names <= {line.partition("=")[0] for line in text.splitlines()}


@MUTANTS.plant(
    "bodies",
    operations="getJobEnvInBuild",
    title="the text form of the environment has only the variables that Buildkite sets itself",
    source="pages/apis/rest_api/jobs.md: text/plain is the job's environment in a KEY=VALUE format",
    witness=text_has_own_variables,
)
async def text_env_without_own_variables(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_text = response.headers.get("content-type", "").startswith("text/plain")
    if request.values("GET", f"{JOB_IN_BUILD}/env") is not None and response.status == 200 and is_text:
        lines = response.body.splitlines(keepends=True)
        response.body = b"".join(line for line in lines if line.startswith((b"CI=", b"BUILDKITE")))
    return response


def base_image_comes_first(http: httpx.Client) -> None:
    for image in found(http.get(f"{cluster_named(http, 'Hosted')}/agent-images")):
        one = found(http.get(httpx.URL(image["url"]).path))
        assert one["composed_dockerfile"].startswith(one["base_image"])


@MUTANTS.plant(
    "bodies",
    operations="getClusterAgentImage listClusterAgentImages createClusterAgentImage",
    title="the composed Dockerfile has the base image after the submitted instructions",
    source="pages/apis/rest_api/clusters/agent_images.md: composed_dockerfile is base_image followed by dockerfile",
    witness=base_image_comes_first,
)
async def base_image_at_the_end(server: Server, request: Request) -> Response:
    response = await server.call(request)
    calls = (("GET", IMAGES), ("POST", IMAGES), ("GET", f"{IMAGES}/{{image_id}}"))
    if response.status in {200, 201} and any(request.values(*call) is not None for call in calls):
        body = response.json
        for image in body if isinstance(body, list) else [body]:
            image["composed_dockerfile"] = f"{image['dockerfile']}\n{image['base_image']}"
        response.json = body
    return response


def counts_do_not_depend_on_jobs(http: httpx.Client) -> None:
    path = f"{WEB}/builds/{first_build(http, state='failed')['number']}"
    counts = found(http.get(path))["job_state_counts"]
    assert found(http.get(path, params={"job_states[]": "failed"}))["job_state_counts"] == counts
    assert found(http.get(path, params={"exclude_jobs": "true"}))["job_state_counts"] == counts


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs in the response",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job, regardless of job_states[]",
    witness=counts_do_not_depend_on_jobs,
)
async def counts_of_returned_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", BUILD) is not None and response.status == 200:
        build = response.json
        states = Counter(job["state"] for job in build.get("jobs") or [])
        build["job_state_counts"] = {"total": states.total(), "states": dict(states)}
        response.json = build
    return response


def defaults_are_returned(http: httpx.Client) -> None:
    created = found(http.post(f"{WEB}/schedules", json={"cronline": "@daily", "label": "Nightly"}))
    assert created["commit"] == "HEAD"
    assert created["branch"] == "main"


@MUTANTS.plant(
    "bodies",
    operations="createPipelineSchedule",
    title="the response is rendered before the defaults of `commit` and `branch` are set",
    source="pages/apis/rest_api/pipeline_schedules.md: commit defaults to HEAD, branch to the default branch",
    witness=defaults_are_returned,
)
async def created_schedule_without_defaults(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{ORGANIZATION}/pipelines/{{pipeline}}/schedules"
    if request.values("POST", path) is not None and response.status == 201:
        sent = request.json
        response.json = {**response.json, **{name: sent.get(name) for name in ("commit", "branch")}}
    return response


def link_to_pipeline_works(http: httpx.Client) -> None:
    team = found(http.get(f"{ACME}/teams"))[0]
    listed = found(http.get(f"{ACME}/teams/{team['id']}/pipelines"))[0]
    one = found(http.get(f"{ACME}/teams/{team['id']}/pipelines/{listed['pipeline_id']}"))
    assert found(http.get(one["pipeline_url"]))["id"] == listed["pipeline_id"]


@MUTANTS.plant(
    "bodies",
    operations="getTeamPipeline",
    title="`pipeline_url` ends with the UUID of the pipeline in place of its slug, and leads nowhere",
    source="pages/apis/rest_api/teams/pipelines.md: pipeline_url is the URL of the pipeline, in the example with slug",
    witness=link_to_pipeline_works,
)
async def pipeline_url_with_uuid(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{TEAMS}/{{team_uuid}}/pipelines/{{pipeline_uuid}}"
    if request.values("GET", path) is not None and response.status == 200:
        body = response.json
        begin, _, _ = body["pipeline_url"].rpartition("/")
        response.json = {**body, "pipeline_url": f"{begin}/{body['pipeline_id']}"}
    return response


def tags_do_not_repeat_fields(http: httpx.Client) -> None:
    runs = found(http.get(f"{RSPEC}/runs", params={"per_page": "100"}))
    run = next(run for run in runs if run["result"] == "failed")
    for execution in found(http.get(f"{RSPEC}/runs/{run['id']}/failed_executions")):
        assert not {"result", "scm.branch", "scm.commit_sha"} & execution["tags"].keys()


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="`tags` repeats the result, the branch and the commit of the execution",
    source="pages/apis/rest_api/test_engine/runs.md: tags that duplicate other fields are excluded",
    witness=tags_do_not_repeat_fields,
)
async def tags_repeat_fields(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{SUITE}/runs/{{run_id}}/failed_executions") is not None and response.status == 200:
        executions = response.json
        for one in executions:
            own = {"result": "failed", "scm.branch": one["branch"], "scm.commit_sha": one["commit_sha"]}
            one["tags"] = {**one["tags"], **own}
        response.json = executions
    return response


def few_requests_are_counted(http: httpx.Client) -> None:
    rest = found(http.get(f"{ACME}/rate_limit"))["scopes"]["rest"]
    assert rest["current"] < rest["limit"] / 2


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`current` of the REST API is the number of requests that remain",
    source="pages/apis/rest_api/organizations/rate_limits.md: current is the number of requests made in the window",
    witness=few_requests_are_counted,
)
async def current_is_what_remains(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORGANIZATION}/rate_limit") is not None and response.status == 200:
        body = response.json
        rest = body["scopes"]["rest"]
        rest["current"] = max(rest["limit"] - rest["current"], 0)
        response.json = body
    return response
