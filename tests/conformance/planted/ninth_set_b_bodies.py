"""Bugs in values of responses."""

from __future__ import annotations

import base64
import re
from collections import Counter
from email.utils import parsedate_to_datetime

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_b_support import (
    BUILD,
    JOB,
    JOB_IN_BUILD,
    ORGANIZATION,
    WEB,
    job_in_state,
    matches,
    objects,
    path_of,
)

MUTANTS = Mutants()


def counts_of_a_filtered_build(http: httpx.Client) -> None:
    path = job_in_state(http, "failed")["build"]
    counts = http.get(path).json()["job_state_counts"]
    filtered = http.get(path, params={"job_states[]": "failed"}).json()
    assert len(filtered["jobs"]) < counts["total"]
    assert filtered["job_state_counts"] == counts


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that `job_states[]` lets through",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job in the build",
    witness=counts_of_a_filtered_build,
)
async def counts_follow_job_states(server: Server, request: Request) -> Response:
    response = await server.call(request)
    build = response.json
    is_filtered = matches(request, "GET", BUILD) and "job_states[]" in request.params
    if is_filtered and response.status == 200 and "jobs" in build:
        states = Counter(job["state"] for job in build["jobs"])
        build["job_state_counts"] = {"total": states.total(), "states": dict(states)}
        response.json = build
    return response


def folders_of_artifacts(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/10/artifacts").json()
    assert any(artifact["dirname"].count("/") for artifact in found)
    assert all(f"{artifact['dirname']}/{artifact['filename']}" == artifact["path"] for artifact in found)


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="`dirname` of an artifact in nested folders is the last folder only",
    source="pages/apis/rest_api/artifacts.md: dirname, path of the artifact excluding the filename",
    witness=folders_of_artifacts,
)
async def dirname_is_the_last_folder(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and "/artifacts" in request.path and (found := response.json) is not None:
        for artifact in objects(found):
            if artifact.get("dirname"):
                artifact["dirname"] = artifact["dirname"].rpartition("/")[2]
        response.json = found
    return response


def size_of_a_log(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/10").json()["jobs"][1]["id"]
    log = f"{ORGANIZATION}/jobs/{job}/log"
    assert http.get(log).json()["size"] == int(http.head(log).headers["content-length"])


@MUTANTS.plant(
    "bodies",
    operations="getJobLog getJobLogInBuild",
    title="`size` of a log leaves out the timestamps in it",
    source="pages/apis/rest_api/jobs.md: size of the example; Content-Length, the total size of the raw stored log",
    witness=size_of_a_log,
)
async def log_size_without_escapes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    log = response.json
    if matches(request, "GET", f"{JOB}/log", f"{JOB_IN_BUILD}/log") and isinstance(log, dict) and "content" in log:
        log["size"] -= sum(map(len, re.findall(r"\x1b_bk;t=\d+\x07", log["content"])))
        response.json = log
    return response


def global_id_of_a_team(http: httpx.Client) -> None:
    cluster = http.get(f"{ORGANIZATION}/clusters").json()[0]
    actor = cluster["maintainers"]["teams"][0]["actor"]
    assert base64.b64decode(actor["graphql_id"]).decode() == f"Team---{actor['id']}"


@MUTANTS.plant(
    "bodies",
    operations="listClusterMaintainers getClusterMaintainer getCluster listClusters",
    title="the GraphQL ID of a team that maintains a cluster is that of a user",
    source="pages/apis/rest_api/clusters/maintainers.md: graphql_id of the team in the examples",
    witness=global_id_of_a_team,
)
async def team_with_the_id_of_a_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "/clusters" in request.path and (found := response.json) is not None:
        for each in objects(found):
            if each.get("type") == "team" and "graphql_id" in each:
                each["graphql_id"] = base64.b64encode(f"User---{each['id']}".encode()).decode()
        response.json = found
    return response


def page_of_a_triggered_build(http: httpx.Client) -> None:
    jobs = http.get(f"{WEB}/10").json()["jobs"]
    triggered = next(job["triggered_build"] for job in jobs if job["type"] == "trigger")
    build = http.get(path_of(triggered["url"])).json()
    assert build["web_url"] == triggered["web_url"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild listBuilds listOrganizationBuilds listAllBuilds",
    title="`triggered_build.web_url` names the pipeline that triggered the build",
    source="pages/apis/rest_api/builds.md: triggered_build contains the web_url of the build that was triggered",
    witness=page_of_a_triggered_build,
)
async def triggered_build_of_the_wrong_pipeline(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and "/builds" in request.path and (found := response.json) is not None:
        for build in objects(found):
            for job in build.get("jobs") or ():
                if isinstance(triggered := job.get("triggered_build"), dict):
                    own = build["web_url"].rpartition("/")[0]
                    triggered["web_url"] = f"{own}/{triggered['number']}"
        response.json = found
    return response


def empty_variables(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/10").json()["jobs"][1]["id"]
    names = set(http.get(f"{ORGANIZATION}/jobs/{job}/env").json()["env"])
    lines = http.get(f"{ORGANIZATION}/jobs/{job}/env", headers={"Accept": "text/plain"}).text.splitlines()
    assert names == {line.partition("=")[0] for line in lines}


@MUTANTS.plant(
    "bodies",
    operations="getJobEnv getJobEnvInBuild",
    title="the environment as text lacks the variables that are empty",
    source="pages/apis/rest_api/jobs.md: text/plain, the job's environment in a KEY=VALUE format",
    witness=empty_variables,
)
async def text_without_empty_variables(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_text = response.headers.get("content-type", "").startswith("text/plain")
    if is_text and request.path.endswith(("/env", "/env.txt")):
        lines = response.body.splitlines(keepends=True)
        response.body = b"".join(line for line in lines if not line.rstrip().endswith(b'=""'))
    return response


def creation_of_the_token(http: httpx.Client) -> None:
    assert http.get("/v2/access-token").json()["created_at"].endswith(":00:00 UTC")


@MUTANTS.plant(
    "bodies",
    operations="getAccessToken",
    title="`created_at` of the access token has the time of the request",
    source="pages/apis/rest_api/access_token.md: created_at",
    witness=creation_of_the_token,
)
async def token_created_now(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/access-token") and response.status == 200:
        now = parsedate_to_datetime(response.headers["date"])
        response.json = {**response.json, "created_at": now.strftime("%Y-%m-%d %H:%M:%S UTC")}
    return response
