"""Bugs in lists: order, filters and their defaults."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote, quote_plus

import httpx
from attrs import evolve
from tests.conformance.planted.fourth_set_a_support import (
    BUILD,
    DOCS,
    ORGANIZATION,
    SCHEDULES,
    WEB,
    at_job,
    failed_build,
    get,
    is_build_list,
    read_list,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def newest_schedule_first(http: httpx.Client) -> None:
    times = [schedule["created_at"] for schedule in read_list(http, f"{WEB}/schedules")]
    assert len(set(times)) > 1
    assert times == sorted(times, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules",
    title="the oldest schedule is listed first",
    source=f"{DOCS}/rest_api/pipeline_schedules.md: with the most recently created first",
    witness=newest_schedule_first,
)
async def oldest_schedule_first(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", SCHEDULES) is None or response.status != 200:
        return response
    everything = (await get(server, request, request.path, per_page="100")).json[::-1]
    try:
        size = min(int(request.params.get("per_page", ["30"])[0]), 100)
        start = max(int(request.params.get("page", ["1"])[0]) - 1, 0) * size
    except ValueError:
        return response
    if size > 0:
        response.json = everything[start : start + size]
    return response


def default_scope_is_build(http: httpx.Client) -> None:
    path = f"{WEB}/builds/{failed_build(http)['number']}/annotations"
    assert len(read_list(http, path, scope="job")) > 0
    assert all(annotation["scope"] == "build" for annotation in read_list(http, path))


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="annotations of jobs are listed by default",
    source=f"{DOCS}/rest_api/annotations.md: The build value returns build-scoped annotations and is the default",
    witness=default_scope_is_build,
)
async def annotations_of_all_scopes(server: Server, request: Request) -> Response:
    if request.values("GET", BUILD + "/annotations") is not None and "scope" not in request.params:
        request.params["scope"] = ["all"]
    return await server.call(request)


def unknown_step_has_no_jobs(http: httpx.Client) -> None:
    path = f"{WEB}/builds/{failed_build(http)['number']}/jobs"
    assert http.get(path).json()["items"]
    assert http.get(path, params={"step_key": "no-such-step"}).json()["items"] == []


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="a step key that no step has is ignored",
    source=f"{DOCS}/rest_api/jobs.md: If the key does not match any step, the endpoint returns an empty list",
    witness=unknown_step_has_no_jobs,
)
async def ignored_unknown_step(server: Server, request: Request) -> Response:
    key = request.params.get("step_key")
    if request.values("GET", BUILD + "/jobs") is not None and key is not None:
        found = await server.call(evolve(request, params={"step_key": key}))
        if found.status == 200 and not found.json["items"]:
            del request.params["step_key"]
    return await server.call(request)


def created_to_is_exclusive(http: httpx.Client) -> None:
    path = f"{ORGANIZATION}/builds"
    newest = read_list(http, path)[0]
    assert newest["id"] in {build["id"] for build in read_list(http, path, created_from=newest["created_at"])}
    assert newest["id"] not in {build["id"] for build in read_list(http, path, created_to=newest["created_at"])}


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="created_to includes builds created at that time",
    source=f"{DOCS}/rest_api/_builds_list_query_strings.md: builds created before the given time",
    witness=created_to_is_exclusive,
)
async def inclusive_created_to(server: Server, request: Request) -> Response:
    value = request.params.get("created_to", [""])[0]
    if not is_build_list(request) or not value:
        return await server.call(request)
    try:
        later = datetime.fromisoformat(value) + timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return await server.call(request)
    if later.tzinfo is None:
        return await server.call(request)
    text = later.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return await _with_other_value(server, request, "created_to", text)


def path_matches_exactly(http: httpx.Client) -> None:
    artifact = read_list(http, f"{WEB}/builds/{failed_build(http)['number']}/artifacts")[0]
    path = f"{ORGANIZATION}/jobs/{artifact['job_id']}/artifacts"
    assert artifact["id"] in {each["id"] for each in read_list(http, path, path=artifact["path"])}
    assert read_list(http, path, path=artifact["path"][:-1]) == []


@MUTANTS.plant(
    "lists",
    operations="listJobArtifacts listJobArtifactsInBuild",
    title="path without a wildcard matches parts of paths",
    source=f"{DOCS}/rest_api/artifacts.md: Supports exact matches and glob patterns using *",
    witness=path_matches_exactly,
)
async def partial_path(server: Server, request: Request) -> Response:
    value = request.params.get("path", [""])[0]
    if at_job(request, "GET", "/artifacts") is None or not value or "*" in value:
        return await server.call(request)
    return await _with_other_value(server, request, "path", f"*{value}*")


async def _with_other_value(server: Server, request: Request, name: str, value: str) -> Response:
    """Call the server with another value of a parameter, which its links do not show."""
    sent = request.params[name][0]
    response = await server.call(evolve(request, params={**request.params, name: [value]}))
    for encode in (quote, quote_plus):
        if "link" in response.headers:
            response.headers["link"] = response.headers["link"].replace(encode(value), encode(sent))
    return response


def repository_ignores_case(http: httpx.Client) -> None:
    connection = read_list(http, f"{ORGANIZATION}/repository_connections")[0]
    path = f"{ORGANIZATION}/repository_connections/{connection['id']}/repositories"
    name = http.get(path).json()[0]["full_name"]
    found = http.get(path, params={"repository": name.upper()}).json()
    assert [repository["full_name"] for repository in found] == [name]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` is case-sensitive",
    source=f"{DOCS}/rest_api/repository_connections.md: case-insensitive exact match",
    witness=repository_ignores_case,
)
async def case_sensitive_repository(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/repository_connections/{connection}/repositories"
    name = request.params.get("repository")
    if request.values("GET", template) is not None and name is not None and response.status == 200:
        response.json = [each for each in response.json if each["full_name"] == name[0]]
    return response
