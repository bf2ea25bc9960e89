"""Bugs in lists and their filters."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import httpx
from tests.conformance.planted.fifth_set_a_support import (
    BUILD_ROUTE,
    ORGANIZATION,
    ORGANIZATION_ROUTE,
    PIPELINE_ROUTE,
    WEB,
    builds,
    call_with,
    matches,
    path_of,
    with_values,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()

BUILD_LISTS: Final = ("/v2/builds", f"{ORGANIZATION_ROUTE}/builds", f"{PIPELINE_ROUTE}/builds")


def created_before(http: httpx.Client) -> None:
    build = builds(http)[1]
    found = builds(http, created_to=build["created_at"])
    assert found
    assert build["id"] not in {each["id"] for each in found}


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="`created_to` includes builds that were created at that time",
    source="pages/apis/rest_api/_builds_list_query_strings.md: created_to, builds created before the given time",
    witness=created_before,
)
async def inclusive_created_to(server: Server, request: Request) -> Response:
    limits = request.params.get("created_to", [])
    if not matches(request, "GET", *BUILD_LISTS) or len(limits) != 1:
        return await server.call(request)
    try:
        later = datetime.fromisoformat(limits[0]) + timedelta(milliseconds=1)
    except ValueError:
        return await server.call(request)
    return await call_with(server, request, "created_to", [later.isoformat(timespec="milliseconds")])


def unknown_group(http: httpx.Client) -> None:
    jobs = f"{path_of(http.get(f'{WEB}/builds').json()[0]['url'])}/jobs"
    assert http.get(jobs).json()["items"]
    assert http.get(jobs, params={"group_key": "no-such-group"}).json()["items"] == []


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="a `group_key` without a group returns all jobs",
    source="pages/apis/rest_api/jobs.md: group_key, if the key does not match any group step, an empty list",
    witness=unknown_group,
)
async def unknown_group_ignored(server: Server, request: Request) -> Response:
    groups = request.params.get("group_key")
    if not groups or not matches(request, "GET", f"{BUILD_ROUTE}/jobs"):
        return await server.call(request)
    group = await server.call(Request("GET", request.path, {"group_key": groups}, dict(request.headers), b""))
    if group.status != 200 or group.json["items"]:
        return await server.call(request)
    del request.params["group_key"]
    response = await server.call(request)
    if response.status == 200:
        found = response.json
        found["links"] = {name: with_values(url, "group_key", groups) for name, url in found["links"].items()}
        response.json = found
    return response


def branches_containing(http: httpx.Client) -> None:
    names = {build["branch"] for build in builds(http)}
    assert any("login" in name and not name.startswith("login") for name in names)
    found = {build["branch"] for build in builds(http, branch="*login*")}
    assert found == {name for name in names if "login" in name}


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="`branch=*dev*` matches only branches that begin with `dev`",
    source="pages/apis/rest_api/_builds_list_query_strings.md: branch, names containing dev",
    witness=branches_containing,
)
async def leading_wildcard_ignored(server: Server, request: Request) -> Response:
    patterns = request.params.get("branch", [])
    if matches(request, "GET", *BUILD_LISTS) and any(name.startswith("*") and name != "*" for name in patterns):
        return await call_with(server, request, "branch", [name.lstrip("*") for name in patterns])
    return await server.call(request)


def exact_version(http: httpx.Client) -> None:
    agent = http.get(f"{ORGANIZATION}/agents").json()[0]
    minor = agent["version"].rsplit(".", 1)[0]
    assert http.get(f"{ORGANIZATION}/agents", params={"version": agent["version"]}).json()
    assert http.get(f"{ORGANIZATION}/agents", params={"version": minor}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="`version` also matches the beginning of a version number",
    source="pages/apis/rest_api/agents.md: version, the given exact version number",
    witness=exact_version,
)
async def version_prefix(server: Server, request: Request) -> Response:
    versions = request.params.get("version", [])
    if not matches(request, "GET", f"{ORGANIZATION_ROUTE}/agents") or len(versions) != 1 or not versions[0]:
        return await server.call(request)
    everything = await server.call(Request("GET", request.path, {"per_page": ["100"]}, dict(request.headers), b""))
    known = [each["version"] for each in everything.json] if everything.status == 200 else []
    longer = [version for version in known if version.startswith(versions[0])]
    return await call_with(server, request, "version", longer[:1] or versions)


def passed_waiters(http: httpx.Client) -> None:
    jobs = f"{path_of(http.get(f'{WEB}/builds', params={'state': 'passed'}).json()[0]['url'])}/jobs"
    waiters = {
        job["id"] for job in http.get(jobs).json()["items"] if (job["type"], job["state"]) == ("waiter", "passed")
    }
    assert waiters
    assert waiters <= {job["id"] for job in http.get(jobs, params={"state[]": "passed"}).json()["items"]}


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="`state[]=passed` does not match finished waiters, which have no exit status",
    source="pages/apis/rest_api/jobs.md: state[], a finished waiter job always matches passed",
    witness=passed_waiters,
)
async def waiters_never_pass(server: Server, request: Request) -> Response:
    response = await server.call(request)
    states = [*request.params.get("state[]", []), *request.params.get("state", [])]
    if matches(request, "GET", f"{BUILD_ROUTE}/jobs") and "passed" in states and response.status == 200:
        found = response.json
        found["items"] = [job for job in found["items"] if (job["type"], job["state"]) != ("waiter", "passed")]
        response.json = found
    return response


def thirty_rules(http: httpx.Client) -> None:
    value = {"source_pipeline": "docs", "target_pipeline": "ios"}
    for _ in range(30):
        created = http.post(f"{ORGANIZATION}/rules", json={"type": "pipeline.trigger_build.pipeline", "value": value})
        assert created.status_code == 201
    assert len(http.get(f"{ORGANIZATION}/rules").json()) == 30


@MUTANTS.plant(
    "lists",
    operations="listRules",
    title="a page of rules has 25 items by default",
    source="pages/apis/rest_api.md: per_page, default 30",
    witness=thirty_rules,
)
async def short_default_page(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{ORGANIZATION_ROUTE}/rules") and "per_page" not in request.params:
        return await call_with(server, request, "per_page", ["25"])
    return await server.call(request)
