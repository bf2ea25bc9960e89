"""Wrong values in responses."""

import re
import time

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_b_support import (
    A_BUILD,
    ORG,
    PAGES,
    RETRIED,
    job_values,
    jobs_of,
    objects,
)

MUTANTS = Mutants()


def unix_time(http: httpx.Client) -> None:
    assert abs(http.get("/").json()["timestamp"] - time.time()) < 3600


@MUTANTS.plant(
    "bodies",
    operations="getRoot",
    title="`timestamp` is in milliseconds",
    source="pages/apis/rest_api.md: the current Unix time",
    witness=unix_time,
)
async def timestamp_in_milliseconds_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path == "/" and isinstance(body := response.json, dict) and "timestamp" in body:
        response.json = {**body, "timestamp": body["timestamp"] * 1000}
    return response


def networks(http: httpx.Client) -> None:
    addresses = http.get("/v2/meta").json()["webhook_ips"]
    assert all(re.fullmatch(r"[\d.]+(/\d+)?", each) for each in addresses)


@MUTANTS.plant(
    "bodies",
    operations="getMeta",
    title="a network in `webhook_ips` is a range of addresses",
    source=f"{PAGES}/meta.md: a list of IP addresses in CIDR notation",
    witness=networks,
)
async def address_range_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path == "/v2/meta" and isinstance(body := response.json, dict):
        ranges = [re.sub(r"^(.+)\.128/25$", r"\1.128-\1.255", each) for each in body["webhook_ips"]]
        response.json = {**body, "webhook_ips": ranges}
    return response


def folders(http: httpx.Client) -> None:
    for each in http.get(f"{RETRIED}/artifacts").json():
        assert each["path"] == f"{each['dirname']}/{each['filename']}"


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="`dirname` is the first folder of the path only",
    source=f"{PAGES}/artifacts.md: path of the artifact excluding the filename",
    witness=folders,
)
async def first_folder_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "/artifacts" in request.path and response.status == 200 and (body := response.json) is not None:
        for each in objects(body):
            if isinstance(name := each.get("dirname"), str):
                each["dirname"] = name.partition("/")[0]
        response.json = body
    return response


def variables(http: httpx.Client) -> None:
    path = f"{ORG}/jobs/{jobs_of(http)[0]['id']}/env"
    text = http.get(path, headers={"Accept": "text/plain"}).text
    assert {line.partition("=")[0] for line in text.splitlines() if line} == set(http.get(path).json()["env"])


@MUTANTS.plant(
    "bodies",
    operations="getJobEnv getJobEnvInBuild",
    title="the text of an environment lacks the variables that are empty",
    source=f"{PAGES}/jobs.md: the job's environment in a KEY=VALUE format",
    witness=variables,
)
async def lost_empty_variables_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_environment = job_values(request, "GET", "/env") or job_values(request, "GET", "/env.txt")
    if is_environment and response.headers.get("content-type", "").startswith("text/plain"):
        lines = response.body.splitlines(keepends=True)
        response.body = b"".join(line for line in lines if not line.rstrip().endswith((b'=""', b"=")))
    return response


def retry_sources(http: httpx.Client) -> None:
    jobs = jobs_of(http, include_retried_jobs="true")
    sources = [job["retry_source"]["job_id"] for job in jobs if job.get("retry_source")]
    assert sources == [job["id"] for job in jobs if job.get("retried")]


@MUTANTS.plant(
    "bodies",
    operations="getBuild listBuilds listJobs getJob getJobInBuild",
    title="`retry_source` of a retry refers to the retry itself",
    source=f"{PAGES}/builds.md: source of the retry job",
    witness=retry_sources,
)
async def own_retry_source_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and (body := response.json) is not None:
        for each in objects(body):
            if isinstance(source := each.get("retry_source"), dict):
                source["job_id"] = each["id"]
        response.json = body
    return response


def triggered(http: httpx.Client) -> None:
    builds = [build for job in jobs_of(http) if (build := job.get("triggered_build"))]
    assert builds
    for each in builds:
        assert each["web_url"] == http.get(each["url"]).json()["web_url"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild listBuilds listJobs getJob getJobInBuild",
    title="`web_url` of a triggered build is the page of the build that triggered it",
    source=f"{PAGES}/builds.md: `triggered_build` contains the `web_url` of the build that was triggered",
    witness=triggered,
)
async def page_of_trigger_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "/v2/" in request.path and (body := response.json) is not None:
        for each in objects(body):
            if isinstance(build := each.get("triggered_build"), dict):
                build["web_url"] = each["web_url"].partition("#")[0]
        response.json = body
    return response


def counts(http: httpx.Client) -> None:
    filtered = http.get(RETRIED, params={"job_states[]": "failed"}).json()
    assert filtered["job_state_counts"] == http.get(RETRIED).json()["job_state_counts"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that `job_states[]` selects",
    source=f"{PAGES}/builds.md: always describes every job in the build, regardless of `job_states[]`",
    witness=counts,
)
async def counts_of_selected_jobs_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = response.json
    states = request.params.get("job_states[]")
    if request.values("GET", A_BUILD) and states and isinstance(body, dict) and "job_state_counts" in body:
        kept = {state: n for state, n in body["job_state_counts"]["states"].items() if state in states}
        response.json = {**body, "job_state_counts": {"total": sum(kept.values()), "states": kept}}
    return response
