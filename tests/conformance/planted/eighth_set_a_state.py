"""Bugs in the effects of requests."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.eighth_set_a_support import (
    AGENTS,
    BUILD,
    BUILD_JOB,
    CLUSTER,
    CLUSTERS,
    MUTANTS,
    ORG,
    ORG_JOB,
    WEB,
    build_in,
    fetch,
    job_of,
    matching,
    new_cluster,
    overwrite,
    read,
    send,
    some_user,
)
from tests.conformance.planted.mutant import Request, Response, Server


def time_of_append(http: httpx.Client) -> None:
    url = f"{WEB}/builds/{build_in(http, 'running')}/annotations"
    first = http.post(url, json={"body": "one", "context": "eighth"}).json()
    http.post(url, json={"body": " two", "context": "eighth", "append": True})
    listed = next(each for each in http.get(url).json() if each["id"] == first["id"])
    assert "two" in listed["body_html"]
    assert listed["updated_at"] > first["updated_at"]


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation listBuildAnnotations",
    title="appending to an annotation leaves `updated_at`",
    source="pages/apis/rest_api/annotations.md: updated_at: When the annotation was last added to or replaced",
    witness=time_of_append,
)
async def append_without_time(server: Server, request: Request) -> Response:
    times: dict[str, Any] = server.memory
    if request.values("POST", f"{BUILD}/annotations") is None:
        response = await server.call(request)
        if "/annotations" in request.path and request.method == "GET":
            overwrite(response, times)
        return response
    before = await read(server, request, request.path, per_page="100") or []
    overwritten = {each["id"]: {"updated_at": each["updated_at"], **times.get(each["id"], {})} for each in before}
    response = await server.call(request)
    if response.status == 201:
        found = response.json["id"]
        times.pop(found, None)
        body = request.json
        if isinstance(body, dict) and body.get("append") is True and found in overwritten:
            times[found] = overwritten[found]
            overwrite(response, times)
    return response


def base_of_rebuild(http: httpx.Client) -> None:
    body = {"commit": "HEAD", "branch": "topic", "pull_request_id": 7, "pull_request_base_branch": "release"}
    build = http.post(f"{WEB}/builds", json=body).json()
    url = f"{WEB}/builds/{build['number']}"
    assert http.put(f"{url}/cancel").status_code == 200
    rebuilt = http.put(f"{url}/rebuild").json()
    for each in (rebuilt, http.get(f"{WEB}/builds/{rebuilt['number']}").json()):
        assert each["pull_request"] == build["pull_request"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="a rebuild has the default branch as the base branch of its pull request",
    source="pages/apis/rest_api/builds.md: Anything captured on the original build, including pull request labels, "
    "draft state, and base branch, is replayed on the new build.",
    witness=base_of_rebuild,
)
async def default_base_of_rebuild(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("PUT", f"{BUILD}/rebuild") is not None:
        build = response.json
        if build["pull_request"]:
            base = build["pipeline"]["default_branch"]
            server.memory[build["id"]] = {"pull_request": {**build["pull_request"], "base": base}}
    overwrite(response, server.memory)
    return response


def default_image_of_new_queue(http: httpx.Client) -> None:
    url = f"{ORG}/clusters/{new_cluster(http)['id']}/queues"
    shape = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "my-custom-image:latest"}
    created = http.post(url, json={"key": "eighth", "hostedAgents": shape})
    assert created.status_code == 201
    for each in (created.json(), http.get(f"{url}/{created.json()['id']}").json()):
        assert each["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="createClusterQueue",
    title="a new hosted queue uses the `agentImageRef` of the request",
    source="pages/apis/rest_api/clusters/queues.md: Buildkite ignores any `agentImageRef` you submit in this call and "
    "creates the queue with the default agent image.",
    witness=default_image_of_new_queue,
)
async def custom_image_of_new_queue(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status != 201 or request.values("POST", f"{CLUSTER}/queues") is None:
        return response
    shape = request.json.get("hostedAgents")
    if isinstance(shape, dict) and isinstance(shape.get("agentImageRef"), str):
        path = f"{request.path}/{response.json['id']}"
        updated = await send(server, request, "PUT", path, {"hostedAgents": shape})
        if updated.status == 200:
            response.json = updated.json
    return response


def blocked_job(http: httpx.Client) -> str:
    builds = http.get(f"{ORG}/pipelines/api/builds").json()
    return next(str(job["id"]) for build in builds for job in build["jobs"] if job.get("unblockable"))


def unblocked_by_other(http: httpx.Client) -> None:
    job, user = blocked_job(http), some_user(http, other=True)
    unblocked = http.put(f"{ORG}/jobs/{job}/unblock", json={"unblocker": user})
    assert unblocked.status_code == 200
    for each in (unblocked.json(), http.get(f"{ORG}/jobs/{job}").json()):
        assert each["unblocked_by"]["id"] == user


@MUTANTS.plant(
    "state",
    operations="unblockJob unblockJobInBuild",
    title="`unblocker` is validated, but the user of the token unblocks the job",
    source="pages/apis/rest_api/jobs.md: unblocker: The user id of the person activating the job.",
    witness=unblocked_by_other,
)
async def unblocked_by_requester(server: Server, request: Request) -> Response:
    found = matching(request, "PUT", f"{ORG_JOB}/unblock", f"{BUILD_JOB}/unblock")
    body = request.json
    if found is not None and isinstance(body, dict) and isinstance(body.get("unblocker"), str):
        path = f"/v2/organizations/{found['org']}/members/{body['unblocker']}"
        if await read(server, request, path) is not None:
            body.pop("unblocker")
            request.json = body
            request.headers.pop("content-length", None)
    return await server.call(request)


def size_of_deleted_log(http: httpx.Client) -> None:
    url = f"{ORG}/jobs/{job_of(http, build_in(http, 'running'), 'passed')['id']}/log"
    assert int(http.head(url).headers["content-length"]) > 0
    assert http.delete(url).status_code == 204
    assert int(http.head(url).headers["content-length"]) == 0


@MUTANTS.plant(
    "state",
    operations="deleteJobLog headJobLog deleteJobLogInBuild headJobLogInBuild",
    title="`HEAD` returns the size of a log that was deleted",
    source="pages/apis/rest_api/jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=size_of_deleted_log,
)
async def stale_size_of_log(server: Server, request: Request) -> Response:
    templates = f"{ORG_JOB}/log", f"{BUILD_JOB}/log"
    deleted = matching(request, "DELETE", *templates)
    size = None
    if deleted is not None:
        size = (await fetch(server, request, request.path, method="HEAD")).headers.get("content-length")
    response = await server.call(request)
    if deleted is not None and response.status == 204 and size is not None:
        server.memory.setdefault(deleted["job"], size)
    read_size = matching(request, "HEAD", *templates)
    if read_size is not None and response.status == 200 and read_size["job"] in server.memory:
        response.headers["content-length"] = server.memory[read_size["job"]]
    return response


def all_maintainers_of_new_cluster(http: httpx.Client) -> None:
    team = http.get(f"{ORG}/teams").json()[0]["id"]
    created = new_cluster(http, maintainers=[{"user": some_user(http)}, {"team": team}])
    listed = http.get(f"{ORG}/clusters/{created['id']}/maintainers").json()
    assert {each["actor"]["id"] for each in listed} == {some_user(http), team}


@MUTANTS.plant(
    "state",
    operations="createCluster",
    title="only the first of several maintainers of a new cluster is assigned",
    source="pages/apis/rest_api/clusters.md: maintainers: An array of one or more hashes of representing users or "
    "teams to grant maintainer permissions to for this cluster.",
    witness=all_maintainers_of_new_cluster,
)
async def first_maintainer_of_new_cluster(server: Server, request: Request) -> Response:
    if request.values("POST", CLUSTERS) is not None:
        body = request.json
        if isinstance(body, dict) and isinstance(body.get("maintainers"), list):
            body["maintainers"] = body["maintainers"][:1]
            request.json = body
            request.headers.pop("content-length", None)
    return await server.call(request)


def stop_cancels_job(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents", params={"per_page": 100}).json()
    agent = next(
        each
        for each in agents
        if each["connection_state"] == "connected" and each["job"] and each["job"]["state"] == "running"
    )
    assert http.put(f"{ORG}/agents/{agent['id']}/stop", json={}).status_code == 204
    assert http.get(f"{ORG}/jobs/{agent['job']['id']}").json()["state"] in ("canceling", "canceled")


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="an agent that is stopped without `force` finishes its job",
    source="pages/apis/rest_api/agents.md: force: If the agent is currently processing a job, the job and the build "
    "will be canceled. Default: true",
    witness=stop_cancels_job,
)
async def gentle_stop(server: Server, request: Request) -> Response:
    if request.values("PUT", f"{AGENTS}/{{agent}}/stop") is not None:
        body = request.json if request.body else {}
        if isinstance(body, dict) and "force" not in body:
            request.json = {**body, "force": False}
            request.headers["content-type"] = "application/json"
            request.headers.pop("content-length", None)
    return await server.call(request)
