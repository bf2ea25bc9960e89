"""Bugs in the effects of requests."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_b_support import (
    BUILD,
    CLUSTER,
    CLUSTERS,
    JOB,
    JOB_IN_BUILD,
    ORGANIZATION,
    get,
    job_in_state,
    matches,
    new_build,
    objects,
    path_of,
)

MUTANTS = Mutants()


def annotations_with_one_context(http: httpx.Client) -> None:
    build = new_build(http)
    annotations = f"{path_of(build['url'])}/annotations"
    job = f"{ORGANIZATION}/jobs/{build['jobs'][0]['id']}/annotations"
    first = http.post(annotations, json={"body": "of the build", "context": "shared"}).json()["id"]
    second = http.post(job, json={"body": "of the job", "context": "shared"}).json()["id"]
    found = http.get(annotations, params={"scope": "all"}).json()
    assert {annotation["id"] for annotation in found} == {first, second}


@MUTANTS.plant(
    "state",
    operations="createJobAnnotation createJobAnnotationInBuild",
    title="an annotation of a job replaces the one of the build with the same context",
    source="pages/apis/rest_api/annotations.md: one annotation per job may have any given context value",
    witness=annotations_with_one_context,
)
async def job_annotation_replaces_that_of_the_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status != 201 or not matches(request, "POST", f"{JOB}/annotations", f"{JOB_IN_BUILD}/annotations"):
        return response
    job = (await get(server, request, request.path.removesuffix("/annotations"))).json
    if not job.get("build_url"):
        return response
    path = f"{path_of(job['build_url'])}/annotations"
    for other in (await get(server, request, path, per_page="100")).json:
        if other["context"] == response.json["context"]:
            await server.call(Request("DELETE", f"{path}/{other['id']}", {}, request.headers, b""))
    return response


def secret_with_a_new_value(http: httpx.Client) -> None:
    cluster = http.get(CLUSTERS).json()[0]["id"]
    secrets = f"{CLUSTERS}/{cluster}/secrets"
    secret = next(secret for secret in http.get(secrets).json() if secret["last_read_at"])
    path = f"{secrets}/{secret['id']}"
    assert http.put(f"{path}/value", json={"value": "rotated"}).json()["last_read_at"] == secret["last_read_at"]
    assert http.get(path).json()["last_read_at"] == secret["last_read_at"]


@MUTANTS.plant(
    "state",
    operations="updateClusterSecretValue",
    title="a new value of a secret clears `last_read_at`",
    source="pages/apis/rest_api/clusters/secrets.md: updates a secret's encrypted value only",
    witness=secret_with_a_new_value,
)
async def new_value_was_never_read(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("PUT", f"{CLUSTER}/secrets/{{secret}}/value")
    if values is not None and response.status == 200:
        server.memory[values["secret"]] = True
    if "/secrets" in request.path and (found := response.json) is not None:
        for secret in objects(found):
            if secret.get("id") in server.memory and "last_read_at" in secret:
                secret["last_read_at"] = None
        response.json = found
    return response


def maintainer_of_two_clusters(http: httpx.Client) -> None:
    first, second = http.get(CLUSTERS).json()[:2]
    before = http.get(f"{CLUSTERS}/{first['id']}/maintainers").json()
    own = second["maintainers"]["users"][0]
    assert own["actor"]["id"] in {each["actor"]["id"] for each in before}
    assert http.delete(f"{CLUSTERS}/{second['id']}/maintainers/{own['id']}").status_code == 204
    assert http.get(f"{CLUSTERS}/{first['id']}/maintainers").json() == before


@MUTANTS.plant(
    "state",
    operations="deleteClusterMaintainer",
    title="a user who is removed from the maintainers of a cluster is removed from those of all clusters",
    source="pages/apis/rest_api/clusters/maintainers.md: Remove a cluster maintainer",
    witness=maintainer_of_two_clusters,
)
async def maintainer_removed_everywhere(server: Server, request: Request) -> Response:
    values = request.values("DELETE", f"{CLUSTER}/maintainers/{{id}}")
    removed = (await get(server, request, request.path)).json if values else None
    response = await server.call(request)
    if values is None or response.status != 204 or "actor" not in (removed or {}):
        return response
    clusters = f"/v2/organizations/{values['org']}/clusters"
    for cluster in (await get(server, request, clusters, per_page="100")).json:
        for other in cluster["maintainers"]["users"]:
            if other["actor"]["id"] == removed["actor"]["id"]:
                path = f"{clusters}/{cluster['id']}/maintainers/{other['id']}"
                await server.call(Request("DELETE", path, {}, request.headers, b""))
    return response


def rebuild_of_a_pull_request(http: httpx.Client) -> None:
    build = new_build(http, pull_request_id=42, pull_request_base_branch="release")
    path = path_of(build["url"])
    assert http.put(f"{path}/cancel").status_code == 200
    again = http.put(f"{path}/rebuild").json()
    assert again["pull_request"] == build["pull_request"]
    assert http.get(path_of(again["url"])).json()["pull_request"] == build["pull_request"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="a rebuild has `main` as the base of its pull request",
    source="pages/apis/rest_api/builds.md: the base branch is replayed on the new build",
    witness=rebuild_of_a_pull_request,
)
async def rebuild_forgets_the_base_branch(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "PUT", f"{BUILD}/rebuild") and response.status == 200:
        server.memory[response.json["id"]] = True
    if "/builds" in request.path and server.memory and (found := response.json) is not None:
        for build in objects(found):
            if build.get("id") in server.memory and build.get("pull_request"):
                build["pull_request"]["base"] = "main"
        response.json = found
    return response


def retry_of_two_states(http: httpx.Client) -> None:
    zoo = f"{ORGANIZATION}/pipelines/zoo/builds/1"
    response = http.put(f"{zoo}/retry_failed_jobs", json={"states": "failed,timed_out"})
    assert response.status_code == 202
    assert response.json()["retried_jobs_count"] == 2


@MUTANTS.plant(
    "state",
    operations="retryFailedJobs",
    title="only the first of several `states` is retried",
    source="pages/apis/rest_api/builds.md: states, a comma-separated list of one or more",
    witness=retry_of_two_states,
)
async def first_state_only(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, "PUT", f"{BUILD}/retry_failed_jobs") and isinstance(body, dict):
        states = body.get("states")
        known = {"canceled", "expired", "failed", "soft_failed", "timed_out"}
        if isinstance(states, str) and set(states.split(",")) <= known:
            request.json = {**body, "states": states.split(",")[0]}
    return await server.call(request)


def agent_that_may_finish_its_job(http: httpx.Client) -> None:
    agents = http.get(f"{ORGANIZATION}/agents", params={"per_page": 100}).json()
    agent = next(each for each in agents if each["job"] and each["connection_state"] == "connected")
    path = f"{ORGANIZATION}/agents/{agent['id']}"
    assert http.put(f"{path}/stop", json={"force": False}).status_code == 204
    job = http.get(f"{ORGANIZATION}/jobs/{agent['job']['id']}").json()
    assert job["state"] == agent["job"]["state"]


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="an agent that is stopped without force cancels its job too",
    source="pages/apis/rest_api/agents.md: force, the job and the build will be canceled",
    witness=agent_that_may_finish_its_job,
)
async def always_with_force(server: Server, request: Request) -> Response:
    body = request.json
    is_stop = matches(request, "PUT", "/v2/organizations/{org}/agents/{id}/stop")
    if is_stop and isinstance(body, dict) and body.get("force") is False:
        request.json = {**body, "force": True}
    return await server.call(request)


def text_of_a_deleted_log(http: httpx.Client) -> None:
    log = f"{ORGANIZATION}/jobs/{job_in_state(http, 'failed')['id']}/log"
    assert http.get(f"{log}.txt").text
    assert http.delete(log).status_code == 204
    assert http.get(log).json()["content"] == ""
    assert http.get(f"{log}.txt").text == ""


@MUTANTS.plant(
    "state",
    operations="deleteJobLog deleteJobLogInBuild",
    title="the raw text of a deleted log is still served",
    source="pages/apis/rest_api/jobs.md: Delete a job's log output",
    witness=text_of_a_deleted_log,
)
async def raw_text_survives(server: Server, request: Request) -> Response:
    values = request.values("DELETE", f"{JOB}/log") or request.values("DELETE", f"{JOB_IN_BUILD}/log")
    text = await get(server, request, f"{request.path}.txt") if values else None
    response = await server.call(request)
    if values and text is not None and response.status == 204 and text.status == 200:
        server.memory.setdefault(values["job"], text.body)
    read = request.values("GET", f"{JOB}/log.txt") or request.values("GET", f"{JOB_IN_BUILD}/log.txt")
    if read and response.status == 200 and not response.body and read["job"] in server.memory:
        response.body = server.memory[read["job"]]
    return response
