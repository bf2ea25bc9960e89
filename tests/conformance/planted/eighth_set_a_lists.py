"""Bugs in lists, filters and pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import httpx
from tests.conformance.planted.eighth_set_a_support import (
    BUILD,
    BUILD_JOB,
    BUILDS,
    MUTANTS,
    ORG,
    ORG_JOB,
    WEB,
    build_in,
    matching,
    path_of,
    read,
)
from tests.conformance.planted.mutant import Request, Response, Server


def created_before(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds").json()[3]
    older = http.get(f"{WEB}/builds", params={"created_to": build["created_at"]}).json()
    assert older
    assert build["id"] not in {each["id"] for each in older}


@MUTANTS.plant(
    "lists",
    operations="listBuilds",
    title="`created_to` includes the builds created at that time",
    source="pages/apis/rest_api/_pipeline_builds_list_query_strings.md: created_to: builds created before the "
    "given time",
    witness=created_before,
)
async def created_until(server: Server, request: Request) -> Response:
    if request.values("GET", BUILDS) is not None and "created_to" in request.params:
        try:
            times = [datetime.fromisoformat(value) for value in request.params["created_to"]]
        except ValueError:
            return await server.call(request)
        request.params["created_to"] = [(each + timedelta(milliseconds=1)).isoformat() for each in times]
    return await server.call(request)


def body_unless_omitted(http: httpx.Client) -> None:
    url = f"{WEB}/builds/{build_in(http, 'failed')}/annotations"
    with_body, without = (http.get(url, params={"omit_body": value}).json() for value in ("false", "true"))
    assert with_body
    assert all("body_html" in each for each in with_body)
    assert all("body_html" not in each for each in without)


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="`omit_body=false` omits the bodies too",
    source="pages/apis/rest_api/annotations.md: omit_body: Omits the `body_html` field when set to `true`. "
    "The default is `false`.",
    witness=body_unless_omitted,
)
async def omitted_body(server: Server, request: Request) -> Response:
    if request.params.get("omit_body") == ["false"] and request.values("GET", f"{BUILD}/annotations") is not None:
        request.params["omit_body"] = ["true"]
    return await server.call(request)


def parallel_jobs_of_step(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds/{build_in(http, 'running')}/jobs", params={"step_key": "rspec"}).json()["items"]
    assert [job["parallel_group_index"] for job in found] == list(range(found[0]["parallel_group_total"]))


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="`step_key` returns only the first of parallel jobs",
    source="pages/apis/rest_api/jobs.md: step_key: Returns all jobs associated with the given step, including parallel "
    "jobs.",
    witness=parallel_jobs_of_step,
)
async def first_parallel_job(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and "step_key" in request.params and request.values("GET", f"{BUILD}/jobs") is not None:
        body = response.json
        body["items"] = [job for job in body["items"] if not job.get("parallel_group_index")]
        response.json = body
    return response


def states_on_next_page(http: httpx.Client) -> None:
    url, params = f"{WEB}/builds/{build_in(http, 'running')}/jobs", {"state[]": ["passed", "running"]}
    expected = [job["id"] for job in http.get(url, params=params).json()["items"]]
    page = http.get(url, params={**params, "per_page": 3}).json()
    found = page["items"]
    while "next" in page["links"]:
        page = http.get(page["links"]["next"]).json()
        found += page["items"]
    assert [job["id"] for job in found] == expected


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="the link to the next page has only the first of several states",
    source="pages/apis/rest_api/jobs.md: Use the `next` URL from `links` to fetch the next page; state[]: Pass "
    "multiple values to OR them together",
    witness=states_on_next_page,
)
async def one_state_on_next_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", f"{BUILD}/jobs") is not None:
        body = response.json
        if "next" in body["links"]:
            base, _, query = body["links"]["next"].partition("?")
            pairs = parse_qsl(query)
            states = [pair for pair in pairs if pair[0] == "state[]"]
            others = [pair for pair in pairs if pair[0] != "state[]"]
            body["links"]["next"] = f"{base}?{urlencode(others + states[:1])}"
            response.json = body
    return response


def builds_on_both_branches(http: httpx.Client) -> None:
    wanted = ["main", "dev-ada"]
    found = http.get(f"{ORG}/builds", params={"branch[]": wanted, "per_page": 100}).json()
    assert {build["branch"] for build in found} == set(wanted)


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="of several `branch[]`, only the last one counts",
    source="pages/apis/rest_api/_builds_list_query_strings.md: `?branch[]=main&branch[]=testing` returns all builds on "
    "`main` and `testing` branches",
    witness=builds_on_both_branches,
)
async def last_branch(server: Server, request: Request) -> Response:
    if "branch[]" in request.params and request.values("GET", "/v2/organizations/{org}/builds") is not None:
        request.params["branch[]"] = request.params["branch[]"][-1:]
    return await server.call(request)


def artifacts_of_all_jobs(http: httpx.Client) -> None:
    url = f"{ORG}/pipelines/docs/builds"
    builds = http.get(url, params={"include_retried_jobs": "true"}).json()
    retried = [(build["number"], job) for build in builds for job in build["jobs"] if job.get("retried")]
    number, job = next(each for each in retried if http.get(f"{url}/{each[0]}/jobs/{each[1]['id']}/artifacts").json())
    found = http.get(f"{url}/{number}/artifacts", params={"per_page": 100}).json()
    assert job["id"] in {each["job_id"] for each in found}


@MUTANTS.plant(
    "lists",
    operations="listBuildArtifacts",
    title="the artifacts of a build lack those of jobs that were retried",
    source="pages/apis/rest_api/artifacts.md: Returns a paginated list of a build's artifacts across all of its jobs.",
    witness=artifacts_of_all_jobs,
)
async def artifacts_of_last_attempts(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", f"{BUILD}/artifacts") is not None:
        build = await read(server, request, request.path.removesuffix("/artifacts"), include_retried_jobs="true")
        retried = {job["id"] for job in (build or {}).get("jobs", []) if job.get("retried")}
        response.json = [each for each in response.json if each["job_id"] not in retried]
    return response


def exact_path(http: httpx.Client) -> None:
    listed = http.get(f"{WEB}/builds/{build_in(http, 'passed')}/artifacts").json()
    artifact = next(each for each in listed if "." in each["filename"])
    url = path_of(artifact["url"]).rpartition("/")[0]
    whole, part = artifact["path"], artifact["path"].rpartition(".")[0]
    assert artifact["id"] in {each["id"] for each in http.get(url, params={"path": whole}).json()}
    assert http.get(url, params={"path": part}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listJobArtifacts listJobArtifactsInBuild",
    title="`path` without a wildcard matches all paths that begin with it",
    source="pages/apis/rest_api/artifacts.md: path: Supports exact matches and glob patterns using `*` as a wildcard.",
    witness=exact_path,
)
async def prefix_of_path(server: Server, request: Request) -> Response:
    paths = request.params.get("path")
    if paths and matching(request, "GET", f"{ORG_JOB}/artifacts", f"{BUILD_JOB}/artifacts") is not None:
        request.params["path"] = [path if "*" in path else f"{path}*" for path in paths]
    return await server.call(request)
