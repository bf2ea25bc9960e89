"""Bugs in the effects of requests."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import httpx
from tests.conformance.planted.fifth_set_a_support import (
    BUILD_ROUTE,
    JOBS,
    ORGANIZATION,
    ORGANIZATION_ROUTE,
    PIPELINE_ROUTE,
    builds,
    change_objects,
    create_build,
    create_pipeline,
    job_with_log,
    matches,
    matches_job,
    path_of,
    without,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def failing_time_is_kept(http: httpx.Client) -> None:
    build = next(build for build in builds(http, state="failed") if build["failing_at"])
    path = path_of(build["url"])
    retried = http.put(f"{path}/retry_failed_jobs", json={})
    assert (retried.status_code, retried.json()["retried_jobs_count"] > 0) == (202, True)
    assert http.get(path).json()["failing_at"] == build["failing_at"]


@MUTANTS.plant(
    "state",
    operations="retryFailedJobs retryJob retryJobInBuild getBuild",
    title="a retry clears `failing_at` of the build",
    source="pages/apis/rest_api/builds.md: failing_at is not cleared, even if a later retry passes",
    witness=failing_time_is_kept,
)
async def retry_clears_failing_at(server: Server, request: Request) -> Response:
    response = await server.call(request)
    retried: set[str] = server.memory.setdefault("retried", set())
    found = response.json
    if response.status == 202 and matches(request, "PUT", f"{BUILD_ROUTE}/retry_failed_jobs"):
        if found["retried_jobs_count"]:
            retried.add(found["url"])
    elif response.status == 200 and matches_job(request, "PUT", "/retry"):
        retried.add(found["build_url"])

    def change(each: dict[str, Any]) -> None:
        if each.get("url") in retried and "failing_at" in each:
            each["failing_at"] = None

    return change_objects(response, change) if retried else response


def custom_slug(http: httpx.Client) -> None:
    path = create_pipeline(http, "Custom slug")
    renamed = http.patch(path, json={"name": "Renamed pipeline", "slug": "my-own-slug"}).json()
    assert (renamed["name"], renamed["slug"]) == ("Renamed pipeline", "my-own-slug")


@MUTANTS.plant(
    "state",
    operations="updatePipeline",
    title="a new name of a pipeline overrides the `slug` of the same request",
    source="pages/apis/rest_api/pipelines.md: slug is generated from a new name if you don't provide a slug",
    witness=custom_slug,
)
async def slug_beside_name_ignored(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, "PATCH", PIPELINE_ROUTE) and isinstance(body, dict) and isinstance(body.get("name"), str):
        slug = body.get("slug")
        if isinstance(slug, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", slug):
            return await server.call(without(request, "slug"))
    return await server.call(request)


def disabled_once(http: httpx.Client) -> None:
    path = f"{create_pipeline(http, 'Disabled twice')}/github-webhooks"
    first = http.delete(path).json()
    assert first["disabled_at"]
    assert http.delete(path).json() == first
    assert http.get(path).json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks getGithubWebhooks",
    title="disabling GitHub webhooks again moves `disabled_at`",
    source="pages/apis/rest_api/pipelines.md: if webhook processing is already disabled, it is not changed",
    witness=disabled_once,
)
async def disabled_again(server: Server, request: Request) -> Response:
    route = f"{PIPELINE_ROUTE}/github-webhooks"
    if not any(matches(request, method, route) for method in ("GET", "PUT", "DELETE")):
        return await server.call(request)
    times: dict[str, str] = server.memory.setdefault("times", {})
    before = await server.call(Request("GET", request.path, {}, dict(request.headers), b""))
    response = await server.call(request)
    if response.status == 200:
        found = response.json
        if found["enabled"]:
            times.pop(request.path, None)
        elif request.method == "DELETE" and before.status == 200 and not before.json["enabled"]:
            times[request.path] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if request.path in times:
            response.json = {**found, "disabled_at": times[request.path]}
    return response


def stopped_by_force(http: httpx.Client) -> None:
    agents = http.get(f"{ORGANIZATION}/agents", params={"per_page": 100}).json()
    agent = next(each for each in agents if each["job"] and each["connection_state"] == "connected")
    assert agent["job"]["state"] == "running"
    assert http.put(f"{ORGANIZATION}/agents/{agent['id']}/stop", json={}).status_code == 204
    assert http.get(f"{JOBS}/{agent['job']['id']}").json()["state"] in {"canceling", "canceled"}


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="an agent is not stopped by force if `force` is omitted",
    source="pages/apis/rest_api/agents.md: force, default true, the job and the build will be canceled",
    witness=stopped_by_force,
)
async def gentle_stop_by_default(server: Server, request: Request) -> Response:
    if matches(request, "PUT", f"{ORGANIZATION_ROUTE}/agents/{{agent}}/stop"):
        body = request.json if request.body else {}
        if isinstance(body, dict) and "force" not in body:
            request.json = {**body, "force": False}
            request.headers["content-type"] = "application/json"
    return await server.call(request)


def same_environment(http: httpx.Client) -> None:
    path = create_build(http, create_pipeline(http, "Rebuilt"), env={"COLOR": "red"})
    assert http.put(f"{path}/cancel").status_code == 200
    rebuilt = http.put(f"{path}/rebuild")
    assert rebuilt.status_code == 200
    assert rebuilt.json()["env"] == {"COLOR": "red"}
    assert http.get(path_of(rebuilt.json()["url"])).json()["env"] == {"COLOR": "red"}


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="a rebuild does not copy the environment variables",
    source="pages/apis/rest_api/builds.md: a rebuild copies the environment variables from the original build",
    witness=same_environment,
)
async def rebuild_without_environment(server: Server, request: Request) -> Response:
    response = await server.call(request)
    rebuilt: set[str] = server.memory.setdefault("rebuilt", set())
    if response.status == 200 and matches(request, "PUT", f"{BUILD_ROUTE}/rebuild"):
        rebuilt.add(response.json["url"])

    def change(found: dict[str, Any]) -> None:
        if found.get("url") in rebuilt and "env" in found:
            found["env"] = {}

    return change_objects(response, change) if rebuilt else response


def not_invokable_again(http: httpx.Client) -> None:
    body = {"name": "Invokable", "query": "{ viewer { id } }", "user_invokable": True}
    created = http.post(f"{ORGANIZATION}/portals", json=body).json()
    assert created["user_invokable"] is True
    path = f"{ORGANIZATION}/portals/{created['slug']}"
    assert http.put(path, json={"user_invokable": False}).json()["user_invokable"] is False
    assert http.get(path).json()["user_invokable"] is False


@MUTANTS.plant(
    "state",
    operations="updatePortal",
    title="`user_invokable` of a portal cannot be set to false again",
    source="pages/apis/rest_api/portals.md: update a portal, user_invokable",
    witness=not_invokable_again,
)
async def false_is_not_an_update(server: Server, request: Request) -> Response:
    is_update = matches(request, "PUT", f"{ORGANIZATION_ROUTE}/portals/{{portal}}") and isinstance(request.json, dict)
    if is_update and request.json.get("user_invokable") is False:
        without(request, "user_invokable")
    return await server.call(request)


def appended(http: httpx.Client) -> None:
    path = f"{JOBS}/{job_with_log(http)['id']}/annotations"
    assert http.post(path, json={"body": "first", "context": "appended"}).status_code == 201
    second = http.post(path, json={"body": "second", "context": "appended", "append": True}).json()
    assert "first" in second["body_html"]
    assert "second" in second["body_html"]


@MUTANTS.plant(
    "state",
    operations="createJobAnnotation createJobAnnotationInBuild",
    title="`append` replaces the annotation of a job",
    source="pages/apis/rest_api/annotations.md: append, onto the annotation with the same context",
    witness=appended,
)
async def append_replaces(server: Server, request: Request) -> Response:
    is_creation = matches_job(request, "POST", "/annotations") and isinstance(request.json, dict)
    if is_creation and request.json.get("append") is True:
        without(request, "append")
    return await server.call(request)
