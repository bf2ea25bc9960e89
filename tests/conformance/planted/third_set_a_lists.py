"""Bugs in pages, filters and the order of lists."""

from datetime import datetime, timedelta

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_a_support import (
    BUILD,
    ORG,
    PIPELINE,
    WEB,
    all_items,
    is_request,
    page_of,
    relink,
)

MUTANTS = Mutants()

RULES = "/v2/organizations/{org}/rules"
AGENTS = "/v2/organizations/{org}/agents"


def created_to_is_exclusive(http: httpx.Client) -> None:
    created = http.get(f"{ORG}/builds").json()[2]["created_at"]
    found = http.get(f"{ORG}/builds", params={"created_to": created}).json()
    assert all(build["created_at"] < created for build in found)


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="`created_to` includes builds of that millisecond",
    source="pages/apis/rest_api/_builds_list_query_strings.md: created_to, created before the given time",
    witness=created_to_is_exclusive,
)
async def inclusive_created_to(server: Server, request: Request) -> Response:
    sent = request.params.get("created_to")
    if not is_request(request, "GET HEAD", "/v2/organizations/{org}/builds") or not sent:
        return await server.call(request)
    try:
        end = datetime.fromisoformat(sent[-1]) + timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return await server.call(request)
    response = await server.call(evolve(request, params={**request.params, "created_to": [end.isoformat()]}))
    relink(response, request.params)
    return response


def finished_has_canceled(http: httpx.Client) -> None:
    assert "canceled" in {build["state"] for build in http.get(f"{WEB}/builds", params={"state": "finished"}).json()}


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="the state `finished` selects no canceled builds",
    source="pages/apis/rest_api/_builds_list_query_strings.md: finished searches for passed, failed, blocked, canceled",
    witness=finished_has_canceled,
)
async def finished_without_canceled(server: Server, request: Request) -> Response:
    lists = ("/v2/builds", "/v2/organizations/{org}/builds", f"{PIPELINE}/builds")
    if not is_request(request, "GET HEAD", *lists) or request.params.get("state") != ["finished"]:
        return await server.call(request)
    params = {name: values for name, values in request.params.items() if name != "state"}
    params["state[]"] = ["passed", "failed", "blocked"]
    response = await server.call(evolve(request, params=params))
    relink(response, request.params)
    return response


def step_has_parallel_jobs(http: httpx.Client) -> None:
    jobs = http.get(f"{WEB}/builds/24/jobs").json()["items"]
    expected = [job["id"] for job in jobs if job.get("step_key") == "rspec"]
    found = http.get(f"{WEB}/builds/24/jobs", params={"step_key": "rspec"}).json()["items"]
    assert [job["id"] for job in found] == expected
    assert len(expected) == 3


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="`step_key` returns only the first of parallel jobs",
    source="pages/apis/rest_api/jobs.md: step_key, returns all jobs of the step, including parallel jobs",
    witness=step_has_parallel_jobs,
)
async def first_parallel_job(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET", f"{BUILD}/jobs") and "step_key" in request.params and response.status == 200:
        body = response.json
        body["items"] = [job for job in body["items"] if not job.get("parallel_group_index")]
        response.json = body
    return response


def stopping_agents_are_listed(http: httpx.Client) -> None:
    idle = next(agent for agent in http.get(f"{ORG}/agents").json() if agent["connection_state"] == "connected")
    http.put(f"{ORG}/agents/{idle['id']}/stop", json={"force": False})
    assert http.get(f"{ORG}/agents/{idle['id']}").json()["connection_state"] == "stopping"
    assert idle["id"] in {agent["id"] for agent in http.get(f"{ORG}/agents", params={"per_page": 100}).json()}


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="stopping agents are not listed",
    source="pages/apis/rest_api/agents.md: list of an organization's connected and stopping agents",
    witness=stopping_agents_are_listed,
)
async def stopping_agents_hidden(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET", AGENTS) and response.status == 200:
        response.json = [agent for agent in response.json if agent["connection_state"] != "stopping"]
    return response


def schedules_are_newest_first(http: httpx.Client) -> None:
    times = [schedule["created_at"] for schedule in http.get(f"{WEB}/schedules").json()]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 1


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules",
    title="schedules are listed in the order in which they were created",
    source="pages/apis/rest_api/pipeline_schedules.md: with the most recently created first",
    witness=schedules_are_newest_first,
)
async def oldest_schedules_first(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET", f"{PIPELINE}/schedules") and response.status == 200:
        page, size = page_of(request)
        items = (await all_items(server, request))[::-1]
        response.json = items[(page - 1) * size : page * size]
    return response


def pages_of_rules_are_disjoint(http: httpx.Client) -> None:
    pages = [http.get(f"{ORG}/rules", params={"per_page": 2, "page": page}).json() for page in (1, 2)]
    ids = [rule["uuid"] for page in pages for rule in page]
    assert len(set(ids)) == len(ids)


@MUTANTS.plant(
    "lists",
    operations="listRules",
    title="later pages of the rules repeat the last rule of the page before",
    source="pages/apis/rest_api.md: Pagination, page, the page of results to return",
    witness=pages_of_rules_are_disjoint,
)
async def overlapping_pages(server: Server, request: Request) -> Response:
    response = await server.call(request)
    page, size = page_of(request)
    if is_request(request, "GET", RULES) and response.status == 200 and page > 1:
        start = (page - 1) * size - 1
        response.json = (await all_items(server, request))[start : start + size]
    return response


def names_of_repositories_ignore_case(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["id"]
    path = f"{ORG}/repository_connections/{connection}/repositories"
    found = http.get(path, params={"repository": "ACME/web"}).json()
    assert [repository["full_name"] for repository in found] == ["acme/web"]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` is case-sensitive",
    source="pages/apis/rest_api/repository_connections.md: repository, case-insensitive exact match",
    witness=names_of_repositories_ignore_case,
)
async def case_sensitive_repository(server: Server, request: Request) -> Response:
    response = await server.call(request)
    name = request.params.get("repository", [""])[-1]
    path = "/v2/organizations/{org}/repository_connections/{id}/repositories"
    if is_request(request, "GET", path) and name and response.status == 200:
        response.json = [repository for repository in response.json if repository["full_name"] == name]
    return response
