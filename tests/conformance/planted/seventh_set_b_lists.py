"""Seventh set of planted bugs, second half: wrong lists."""

from __future__ import annotations

from copy import deepcopy

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.seventh_set_b_support import (
    ANY_BUILD,
    ANY_ORG,
    ANY_PIPELINE,
    JOBS,
    ORG,
    WEB,
    get,
    is_for,
    reads,
)

MUTANTS = Mutants()


def finished_builds(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds", params={"state": "finished", "per_page": 100}).json()
    assert {"passed", "failed", "canceled"} <= {build["state"] for build in found}


@MUTANTS.plant(
    "lists",
    operations="listBuilds listOrganizationBuilds listAllBuilds",
    title="`state=finished` leaves out canceled builds",
    source="pages/apis/rest_api/_builds_list_query_strings.md: state, the finished state is a shortcut",
    witness=finished_builds,
)
async def finished_without_canceled_b(server: Server, request: Request) -> Response:
    lists = ("/v2/builds", ANY_ORG + "/builds", ANY_PIPELINE + "/builds")
    if not reads(request, *lists) or request.params.get("state") != ["finished"]:
        return await server.call(request)
    states = ["passed", "failed", "blocked"]
    request.params = {name: value for name, value in request.params.items() if name != "state"} | {"state[]": states}
    response = await server.call(request)
    if "link" in response.headers:
        sent = "&".join(f"state%5B%5D={state}" for state in states)
        response.headers["link"] = response.headers["link"].replace(sent, "state=finished")
    return response


def any_case(http: httpx.Client) -> None:
    connection = next(one for one in http.get(f"{ORG}/repository_connections").json() if one["type"] == "github_app")
    path = f"{ORG}/repository_connections/{connection['id']}/repositories"
    for name in ("acme/web", "Acme/Web"):
        found = http.get(path, params={"repository": name}).json()
        assert [repository["full_name"] for repository in found] == ["acme/web"]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` depends on the case",
    source="pages/apis/rest_api/repository_connections.md: repository, case-insensitive exact match",
    witness=any_case,
)
async def case_of_repository_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = ANY_ORG + "/repository_connections/{id}/repositories"
    if is_for(request, "GET", template) and response.status == 200 and "repository" in request.params:
        names = request.params["repository"]
        response.json = [repository for repository in response.json if repository["full_name"] in names]
    return response


def unknown_step(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds/24/jobs", params={"step_key": "no-such-step"}).json()
    assert found["items"] == []


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="an unknown `step_key` returns all jobs",
    source="pages/apis/rest_api/jobs.md: step_key, the endpoint returns an empty list",
    witness=unknown_step,
)
async def all_jobs_of_unknown_step_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    if is_for(request, "GET", ANY_BUILD + "/jobs") and "step_key" in request.params and response.status == 200:
        body = response.json
        if not body["items"] and not {"after", "before"} & set(request.params):
            del request.params["step_key"]
            body["items"] = (await server.call(request)).json["items"]
            response.json = body
    return response


def glob_of_names(http: httpx.Client) -> None:
    for path in ("*.json", "log/*"):
        found = http.get(f"{WEB}/builds/24/artifacts", params={"path": path}).json()
        assert "log/rspec.json" in {artifact["path"] for artifact in found}


@MUTANTS.plant(
    "lists",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild",
    title="a `path` that begins with a wildcard finds nothing",
    source="pages/apis/rest_api/artifacts.md: path, glob patterns using * as a wildcard",
    witness=glob_of_names,
)
async def no_leading_wildcard_b(server: Server, request: Request) -> Response:
    path = request.params.get("path", [""])[0]
    if reads(request, ANY_BUILD + "/artifacts", *(f"{job}/artifacts" for job in JOBS)) and path.startswith("*"):
        request.params["path"] = [f"/{path}"]
    return await server.call(request)


def build_scope_by_default(http: httpx.Client) -> None:
    for params in ({}, {"omit_body": "true"}):
        found = http.get(f"{WEB}/builds/23/annotations", params=params).json()
        assert {annotation["scope"] for annotation in found} == {"build"}


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="with `omit_body`, annotations of jobs are in the list by default",
    source="pages/apis/rest_api/annotations.md: scope, the build value is the default",
    witness=build_scope_by_default,
)
async def all_scopes_without_body_b(server: Server, request: Request) -> Response:
    if not reads(request, ANY_BUILD + "/annotations") or request.params.get("omit_body") != ["true"]:
        return await server.call(request)
    if "scope" in request.params:
        return await server.call(request)
    request.params["scope"] = ["all"]
    response = await server.call(request)
    if "link" in response.headers:
        response.headers["link"] = response.headers["link"].replace("&scope=all", "")
    return response


def exact_name(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/agents", params={"name": "linux-default-1"}).json()
    assert [agent["name"] for agent in found] == ["linux-default-1"]


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="the filter `name` also finds agents whose name begins with the value",
    source="pages/apis/rest_api/agents.md: name, filters the results by the given agent name",
    witness=exact_name,
)
async def prefix_of_name_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    name = request.params.get("name", [""])[0]
    if is_for(request, "GET", ANY_ORG + "/agents") and name and response.status == 200 and "page" not in request.params:
        size = int(request.params.get("per_page", ["30"])[0])
        request.params = {key: value for key, value in request.params.items() if key != "name"} | {"per_page": ["100"]}
        agents = (await server.call(request)).json
        response.json = [agent for agent in agents if agent["name"].startswith(name)][:size]
    return response


def all_emojis(http: httpx.Client) -> None:
    complete = http.get(f"{ORG}/emojis").json()
    assert http.get(f"{ORG}/emojis", params={"per_page": 2, "page": 2}).json() == complete


@MUTANTS.plant(
    "lists",
    operations="listEmojis",
    title="the list of emojis has pages if `per_page` is sent",
    source="pages/apis/rest_api/emojis.md: this list is not paginated",
    witness=all_emojis,
)
async def pages_of_emojis_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    size = request.params.get("per_page", [""])[0]
    page = request.params.get("page", ["1"])[0]
    if is_for(request, "GET", ANY_ORG + "/emojis") and response.status == 200 and (size + page).isdecimal() and size:
        start = (int(page) - 1) * int(size)
        response.json = response.json[max(start, 0) :][: int(size)]
    return response


def newest_schedules_first(http: httpx.Client) -> None:
    times = [schedule["created_at"] for schedule in http.get(f"{WEB}/schedules").json()]
    assert times == sorted(times, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules",
    title="enabled schedules are listed before disabled ones",
    source="pages/apis/rest_api/pipeline_schedules.md: with the most recently created first",
    witness=newest_schedules_first,
)
async def enabled_schedules_first_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    if is_for(request, "GET", ANY_PIPELINE + "/schedules") and response.status == 200:
        shown = len(response.json)
        complete = (await get(server, request, request.path, per_page="100")).json
        size = min(int(request.params.get("per_page", ["30"])[0]), 100)
        start = (int(request.params.get("page", ["1"])[0]) - 1) * size
        response.json = sorted(complete, key=lambda schedule: not schedule["enabled"])[start : start + shown]
    return response
