"""Wrong values in successful responses."""

from __future__ import annotations

import base64
import posixpath
import time
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    BUILD,
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    change,
    cluster,
    matches,
)

MUTANTS = Mutants()


def root_time(http: httpx.Client) -> None:
    assert abs(http.get("/").json()["timestamp"] - time.time()) < 1000


@MUTANTS.plant(
    "bodies",
    operations="getRoot",
    title="`timestamp` is in milliseconds",
    source="pages/apis/rest_api.md: timestamp is the current Unix time",
    witness=root_time,
)
async def root_timestamp_in_milliseconds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/"):
        change(response, lambda body: body.update(timestamp=body["timestamp"] * 1000))
    return response


def used_requests(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/rate_limit")
    rest = response.json()["scopes"]["rest"]
    assert rest["limit"] - rest["current"] == int(response.headers["RateLimit-Remaining"])


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`current` of `rest` is the number of requests that remain",
    source="pages/apis/rest_api/organizations/rate_limits.md: current, number of requests made in the window",
    witness=used_requests,
)
async def rate_limit_current_is_remaining(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/rate_limit"):

        def edit(body: dict[str, Any]) -> None:
            rest = body["scopes"]["rest"]
            rest["current"] = rest["limit"] - rest["current"]

        change(response, edit)
    return response


def token_time(http: httpx.Client) -> None:
    assert http.get("/v2/access-token").json()["created_at"].endswith(" UTC")


@MUTANTS.plant(
    "bodies",
    operations="getAccessToken",
    title="`created_at` has the ISO 8601 format of the other resources",
    source="pages/apis/rest_api/access_token.md: created_at, 2025-07-16 06:07:42 UTC",
    witness=token_time,
)
async def access_token_time_in_iso_format(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/access-token"):
        change(
            response,
            lambda body: body.update(created_at=body["created_at"].replace(" UTC", ".000Z").replace(" ", "T")),
        )
    return response


def user_graphql_id(http: httpx.Client) -> None:
    found = http.get("/v2/user").json()
    assert base64.b64decode(found["graphql_id"]).decode() == f"User---{found['id']}"


@MUTANTS.plant(
    "bodies",
    operations="getUser",
    title="`graphql_id` has the type of the membership",
    source="pages/apis/rest_api/user.md: graphql_id, VXNlci0tL… (User---)",
    witness=user_graphql_id,
)
async def user_graphql_id_of_the_membership(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/user"):

        def edit(body: dict[str, Any]) -> None:
            body["graphql_id"] = base64.b64encode(f"OrganizationMember---{body['id']}".encode()).decode()

        change(response, edit)
    return response


def organization_links(http: httpx.Client) -> None:
    found = http.get(ORG).json()
    assert found["agents_url"] == f"{found['url']}/agents"


@MUTANTS.plant(
    "bodies",
    operations="getOrganization",
    title="`agents_url` is the URL of the pipelines; the list is right",
    source="pages/apis/rest_api/organizations.md: agents_url",
    witness=organization_links,
)
async def organization_agents_url_of_pipelines(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}"):
        change(response, lambda body: body.update(agents_url=body["pipelines_url"]))
    return response


def busy_agents(http: httpx.Client) -> None:
    for agent in http.get(f"{ORG}/agents", params={"per_page": 100}).json():
        detail = http.get(f"{ORG}/agents/{agent['id']}").json()
        assert (agent["job"] is None) == (detail["job"] is None)


@MUTANTS.plant(
    "bodies",
    operations="listAgents getAgent",
    title="`job` is null in the list, although the agent runs a job",
    source="pages/apis/rest_api/agents.md: job, current job the agent is running",
    witness=busy_agents,
)
async def listed_agents_without_their_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/agents"):
        change(response, lambda agent: agent.update(job=None))
    return response


def artifact_folders(http: httpx.Client) -> None:
    for artifact in http.get(f"{PIPELINE}/builds/30/artifacts").json():
        detail = http.get(artifact["url"]).json()
        assert posixpath.join(detail["dirname"], detail["filename"]).removeprefix("./") == detail["path"]


@MUTANTS.plant(
    "bodies",
    operations="getArtifact getArtifactInBuild",
    title="`dirname` of an artifact includes the filename",
    source="pages/apis/rest_api/artifacts.md: dirname, path of the artifact excluding the filename",
    witness=artifact_folders,
)
async def artifact_dirname_with_the_filename(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{JOB}/artifacts/{{id}}", f"{JOB_IN_BUILD}/artifacts/{{id}}"):
        change(response, lambda artifact: artifact.update(dirname=artifact["path"]))
    return response


def counts_without_jobs(http: httpx.Client) -> None:
    counts = [
        http.get(f"{PIPELINE}/builds/30", params=params).json()["job_state_counts"]
        for params in ({}, {"exclude_jobs": "true"}, {"job_states[]": "running"})
    ]
    assert counts[0] == counts[1] == counts[2]


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs of the response",
    source="pages/apis/rest_api/builds.md: job_state_counts describes every job, regardless of job_states[]",
    witness=counts_without_jobs,
)
async def job_state_counts_of_the_filtered_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", BUILD) and "job_states[]" in request.params:

        def edit(build: dict[str, Any]) -> None:
            states: dict[str, int] = {}
            for job in build.get("jobs", []):
                states[job.get("state", "waiting")] = states.get(job.get("state", "waiting"), 0) + 1
            build["job_state_counts"] = {"total": sum(states.values()), "states": states}

        change(response, edit)
    return response


def schedule_pipeline(http: httpx.Client) -> None:
    pipeline = http.get(PIPELINE).json()
    for schedule in http.get(f"{PIPELINE}/schedules").json():
        assert http.get(schedule["url"]).json()["pipeline"]["url"] == pipeline["url"]


@MUTANTS.plant(
    "bodies",
    operations="listPipelineSchedules getPipelineSchedule createPipelineSchedule updatePipelineSchedule",
    title="`pipeline.url` of a schedule is the URL of the web page",
    source="pages/apis/rest_api/pipeline_schedules.md: pipeline, including its id, slug, and API url",
    witness=schedule_pipeline,
)
async def schedule_with_the_web_url_of_its_pipeline(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/pipelines/{pipeline}/schedules"
    if "/schedules" in request.path:
        values = request.values(request.method, template) or request.values(request.method, f"{template}/{{id}}")
        if values is not None:
            page = f"https://buildkite.com/{values['org']}/{values['pipeline']}"
            change(response, lambda schedule: schedule["pipeline"].update(url=page))
    return response


def portal_token(http: httpx.Client) -> None:
    body = {"name": "Second viewer", "query": "query { viewer { user { name } } }"}
    portal = http.post(f"{ORG}/portals", json=body).json()
    assert portal["token"]
    assert "token" not in http.get(f"{ORG}/portals/{portal['slug']}").json()


@MUTANTS.plant(
    "bodies",
    operations="getPortal",
    title="the token of a portal can be read again",
    source="pages/apis/rest_api/portals.md: token, only returned when creating a portal",
    witness=portal_token,
)
async def portal_token_readable_later(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", "/v2/organizations/{org}/portals") and response.status == 201:
        server.memory[response.json["uuid"]] = response.json["token"]
    elif matches(request, "GET", "/v2/organizations/{org}/portals/{slug}"):

        def edit(portal: dict[str, Any]) -> None:
            if portal["uuid"] in server.memory:
                portal["token"] = server.memory[portal["uuid"]]

        change(response, edit)
    return response


def default_queue(http: httpx.Client) -> None:
    found = http.get(cluster(http)).json()
    assert http.get(found["default_queue_url"]).json().get("id") == found["default_queue_id"]


@MUTANTS.plant(
    "bodies",
    operations="listClusters getCluster createCluster updateCluster",
    title="`default_queue_url` ends with the id of the cluster",
    source="pages/apis/rest_api/clusters.md: default_queue_url, API URL of the cluster's default queue",
    witness=default_queue,
)
async def default_queue_url_with_the_cluster_id(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if any(matches(request, method, CLUSTER, "/v2/organizations/{org}/clusters") for method in ("GET", "POST", "PUT")):

        def edit(found: dict[str, Any]) -> None:
            if found["default_queue_url"] is not None:
                found["default_queue_url"] = f"{found['url']}/queues/{found['id']}"

        change(response, edit)
    return response


def image_dockerfiles(http: httpx.Client) -> None:
    images = f"{cluster(http, 'Hosted')}/agent-images"
    for image in http.get(images).json():
        detail = http.get(f"{images}/{image['id']}").json()
        assert detail["composed_dockerfile"].startswith(detail["base_image"])


@MUTANTS.plant(
    "bodies",
    operations="getClusterAgentImage listClusterAgentImages createClusterAgentImage",
    title="`composed_dockerfile` lacks the base image",
    source="pages/apis/rest_api/clusters/agent_images.md: composed_dockerfile, base_image followed by dockerfile",
    witness=image_dockerfiles,
)
async def composed_dockerfile_without_the_base_image(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if any(
        matches(request, method, f"{CLUSTER}/agent-images", f"{CLUSTER}/agent-images/{{id}}")
        for method in ("GET", "POST")
    ):
        change(response, lambda image: image.update(composed_dockerfile=image["dockerfile"]))
    return response
