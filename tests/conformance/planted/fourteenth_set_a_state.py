"""Wrong effects of operations."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.fourteenth_set_a_support import (
    BUILD,
    CLUSTER,
    FRONTEND,
    HOSTED,
    ORG,
    SUITE,
    TESTS,
    V2,
    WEB,
    body_of,
    edit,
    matches,
    objects,
    path_values,
    send,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def annotations_of_build_and_job(http: httpx.Client) -> None:
    build = f"{WEB}/builds/3"
    job = http.get(f"{build}/jobs").json()["items"][0]["id"]
    created = http.post(f"{build}/annotations", json={"body": "Build", "context": "same"}).json()
    http.post(f"{build}/jobs/{job}/annotations", json={"body": "Job", "context": "same"})
    assert created["id"] in [one["id"] for one in http.get(f"{build}/annotations").json()]


@MUTANTS.plant(
    "state",
    operations="createJobAnnotation createJobAnnotationInBuild listBuildAnnotations",
    title="an annotation of a job replaces that of its build with the same context",
    source="pages/apis/rest_api/annotations.md: Only one annotation per job may have any given context value",
    witness=annotations_of_build_and_job,
)
async def job_annotation_replaces_that_of_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {BUILD}/annotations", f"GET {BUILD}/annotations") and response.status < 300:
        for one in objects(response.json):
            if one["scope"] == "build":
                server.memory.setdefault(one["context"], {})[request.path] = one["id"]
    routes = (f"POST {V2}/jobs/{{job}}/annotations", f"POST {BUILD}/jobs/{{job}}/annotations")
    if matches(request, *routes) and response.status == 201 and response.json["context"] in server.memory:
        job = await send(server, request, "GET", request.path.removesuffix("/annotations"))
        annotations = f"/v2/{job.json['build_url'].partition('/v2/')[2]}/annotations"
        if replaced := server.memory[response.json["context"]].pop(annotations, None):
            await send(server, request, "DELETE", f"{annotations}/{replaced}")
    return response


def author_of_secret_value(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    secret = next(one for one in http.get(f"{cluster}/secrets").json() if one["key"] == "NPM_TOKEN")
    http.put(f"{secret['url']}/value", json={"value": "new"})
    assert http.get(secret["url"]).json()["updated_by"]["name"] == "Ada Lovelace"


@MUTANTS.plant(
    "state",
    operations="updateClusterSecretValue getClusterSecret listClusterSecrets",
    title="a new value of a secret changes `updated_at`, but not `updated_by`",
    source="pages/apis/rest_api/clusters/secrets.md: updated_by: User who last updated the secret",
    witness=author_of_secret_value,
)
async def secret_value_without_author(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = [CLUSTER + "/secrets" + rest for rest in ("", "/{secret}", "/{secret}/value")]
    if not matches(request, *(f"{method} {route}" for method in ("GET", "POST", "PUT") for route in routes)):
        return response
    authors, stale = server.memory.setdefault("authors", {}), server.memory.setdefault("stale", set())

    def restore(secret: dict[str, Any]) -> None:
        if request.method == "PUT":
            (stale.add if request.path.endswith("/value") else stale.discard)(secret["id"])
        if secret["id"] in stale:
            secret["updated_by"] = authors.get(secret["id"])
        authors[secret["id"]] = secret["updated_by"]

    return edit(response, restore)


def enabled_schedule_has_not_failed(http: httpx.Client) -> None:
    schedule = next(one for one in http.get(f"{WEB}/schedules").json() if one["failed_at"])
    assert http.put(schedule["url"], json={"enabled": True}).json()["failed_message"] is None
    assert http.get(schedule["url"]).json()["failed_at"] is None


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule getPipelineSchedule listPipelineSchedules",
    title="enabling a failed schedule clears its message, but not the time of the failure",
    source="pages/apis/rest_api/pipeline_schedules.md: Re-enabling … clears its failed_message and failed_at values",
    witness=enabled_schedule_has_not_failed,
)
async def enabled_schedule_keeps_time_of_failure(server: Server, request: Request) -> Response:
    response = await server.call(request)
    schedules = V2 + "/pipelines/{pipeline}/schedules"
    if not matches(request, f"GET {schedules}", f"GET {schedules}/{{id}}", f"PUT {schedules}/{{id}}"):
        return response

    def restore(schedule: dict[str, Any]) -> None:
        if schedule["failed_at"]:
            server.memory[schedule["id"]] = schedule["failed_at"]
        schedule["failed_at"] = server.memory.get(schedule["id"])

    return edit(response, restore)


def replaced_tags(http: httpx.Client) -> None:
    run = next(run for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed")
    failed = f"{SUITE}/runs/{run['id']}/failed_executions"
    execution = http.get(failed).json()[0]["execution_id"]
    for tags in ({"mut.one": "1"}, {"mut.two": "2"}):
        http.put(f"{SUITE}/execution-tags", json={"executions": [{"id": execution, "tags": tags}]})
    assert "mut.one" not in next(one for one in http.get(failed).json() if one["execution_id"] == execution)["tags"]


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags listFailedExecutions",
    title="new mutable tags of an execution are added to those that it has",
    source="pages/apis/rest_api/test_engine/execution_tags.md: All mutable tags for a given execution are replaced",
    witness=replaced_tags,
)
async def mutable_tags_are_merged(server: Server, request: Request) -> Response:
    body = body_of(request)
    if not matches(request, f"PUT {TESTS}/execution-tags") or not isinstance(body.get("executions"), list):
        return await server.call(request)
    merged: dict[str, dict[str, Any]] = {}
    for one in body["executions"]:
        if isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("tags"), dict):
            tags = server.memory.get(one["id"], {}) | one["tags"] if one["tags"] else {}
            one["tags"] = merged[one["id"]] = tags if len(tags) <= 10 else one["tags"]
    if any(server.memory.get(execution) for execution in merged):
        request.json = body
    response = await server.call(request)
    if response.status == 200:
        server.memory.update(merged)
    return response


def disabled_once(http: httpx.Client) -> None:
    first = http.delete(f"{WEB}/github-webhooks").json()
    http.post("/_mock/clock", json={"advance": 5})
    assert http.delete(f"{WEB}/github-webhooks").json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling disabled webhooks moves the time at which they were disabled",
    source="pages/apis/rest_api/pipelines.md: If webhook processing is already disabled, … without changing it",
    witness=disabled_once,
)
async def webhooks_are_disabled_again(server: Server, request: Request) -> Response:
    route = V2 + "/pipelines/{pipeline}/github-webhooks"
    if matches(request, f"DELETE {route}") and server.memory.get(request.path):
        await send(server, request, "PUT", request.path)
    response = await server.call(request)
    if matches(request, f"DELETE {route}", f"PUT {route}", f"GET {route}") and response.status == 200:
        server.memory[request.path] = not response.json["enabled"]
    return response


def image_of_new_queue(http: httpx.Client) -> None:
    agents = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "my-custom-image:latest"}
    queue = http.post(f"{HOSTED}/queues", json={"key": "imaged", "hostedAgents": agents}).json()
    assert queue["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="createClusterQueue getClusterQueue",
    title="a new hosted queue has the image that was sent",
    source="pages/apis/rest_api/clusters/queues.md: Buildkite ignores any agentImageRef you submit in this call",
    witness=image_of_new_queue,
)
async def new_queue_has_image(server: Server, request: Request) -> Response:
    response = await server.call(request)
    agents = body_of(request).get("hostedAgents") or {}
    if matches(request, f"POST {CLUSTER}/queues") and response.status == 201 and agents.get("agentImageRef"):
        path = f"{request.path}/{response.json['id']}"
        changed = await send(server, request, "PUT", path, {"hostedAgents": agents})
        response.json = changed.json if changed.status == 200 else response.json
    return response


def pipeline_of_team_is_renamed(http: httpx.Client) -> None:
    pipeline = http.get(f"{ORG}/pipelines/ios").json()["id"]
    http.patch(f"{ORG}/pipelines/ios", json={"name": "Mobile"})
    url = http.get(f"{FRONTEND}/pipelines/{pipeline}").json()["pipeline_url"]
    assert url.endswith("/pipelines/mobile")


@MUTANTS.plant(
    "state",
    operations="updatePipeline getTeamPipeline listTeamPipelines",
    title="teams have the former URL of a pipeline whose slug has changed",
    source="pages/apis/rest_api/teams/pipelines.md: pipeline_url: URL of the pipeline",
    witness=pipeline_of_team_is_renamed,
)
async def former_url_of_team_pipeline(server: Server, request: Request) -> Response:
    response = await server.call(request)
    slug = path_values(request, f"PATCH {V2}/pipelines/{{pipeline}}").get("pipeline")
    if slug and response.status == 200 and response.json["slug"] != slug:
        server.memory.setdefault(response.json["id"], f"{response.json['url'].rpartition('/')[0]}/{slug}")
    routes = (f"GET {V2}/teams/{{team}}/pipelines", f"GET {V2}/teams/{{team}}/pipelines/{{pipeline}}")
    if not matches(request, *routes):
        return response
    urls = server.memory
    return edit(response, lambda one: one.update(pipeline_url=urls.get(one["pipeline_id"], one["pipeline_url"])))
