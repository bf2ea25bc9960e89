"""Wrong items, filters and order of lists."""

from __future__ import annotations

import httpx
from attrs import evolve
from tests.conformance.planted.fourteenth_set_b_support import (
    BUILD,
    ORG,
    SUITE,
    SUITES,
    V2,
    VERSION,
    WEB,
    filtered,
    matches,
    team_url,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def only_failed_executions(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/30").json()["id"]
    tests = f"/v2/analytics/organizations/acme/builds/{build}/tests"
    for test in http.get(tests, params={"tags": "result:^failed"}).json():
        assert test["executions_count_by_result"]["passed"] == 0


@MUTANTS.plant(
    "lists",
    operations="listBuildTests",
    title="the operator `^` of the tag `result` returns tests with other results too",
    source="pages/apis/rest_api/test_engine/build_tests.md: ^: Returns groups where every execution matches",
    witness=only_failed_executions,
)
async def only_means_some(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/analytics/organizations/{org}/builds/{build}/tests") and "tags" in request.params:
        tags = [value.replace("result:^", "result:~") for value in request.params["tags"]]
        request = evolve(request, params=request.params | {"tags": tags})
    return await server.call(request)


def tests_with_executions(http: httpx.Client) -> None:
    created = http.get(f"{SUITE}/runs").json()[0]["created_at"]
    window = {"min_timestamp": created, "max_timestamp": created[:-4] + "999Z"}
    found = http.get(f"{SUITE}/tests", params=window, headers=VERSION).json()
    assert found
    assert all(test["executions_count"] for test in found)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="tests without executions in the requested time range are listed",
    source="pages/apis/rest_api/test_engine/tests.md: Tests without any executions … will not be present",
    witness=tests_with_executions,
)
async def tests_outside_window(server: Server, request: Request) -> Response:
    response = await server.call(request)
    window = {"period", "min_timestamp", "max_timestamp"}
    if not matches(request, f"GET {SUITES}/tests") or response.status != 200 or not request.params:
        return response
    if "buildkite-version" not in request.headers or not request.params.keys() <= window:
        return response
    listed = {test["id"] for test in response.json}
    whole = await server.call(evolve(request, params={}))
    missing = [test for test in whole.json if "executions_count" in test and test["id"] not in listed]
    empty = dict.fromkeys(("reliability", "duration_avg", "duration_sum", "duration_min", "duration_max"))
    counts = {"executions_count": 0, "executions_count_by_result": {"passed": 0, "failed": 0}}
    response.json = response.json + [test | empty | counts for test in missing]
    return response


def teams_of_member(http: httpx.Client) -> None:
    member = http.get(f"{team_url(http, 'everyone')}/members").json()[0]
    found = http.get(f"{ORG}/teams", params={"user_id": member["user_id"]}).json()
    assert "everyone" in [one["slug"] for one in found]


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` leaves out the default teams",
    source="pages/apis/rest_api/teams.md: user_id: teams that have the given user as a member",
    witness=teams_of_member,
)
async def default_teams_are_missing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/teams") and "user_id" in request.params:
        filtered(response, lambda team: not team["default"])
    return response


def repository_in_capitals(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["url"]
    found = http.get(f"{connection}/repositories", params={"repository": "ACME/WEB"}).json()
    assert [one["full_name"] for one in found] == ["acme/web"]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` is case-sensitive",
    source="pages/apis/rest_api/repository_connections.md: repository: case-insensitive exact match",
    witness=repository_in_capitals,
)
async def case_of_repository_matters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    names = request.params.get("repository")
    if names and matches(request, f"GET {V2}/repository_connections/{{id}}/repositories"):
        filtered(response, lambda one: one["full_name"] in names)
    return response


def parallel_jobs_of_step(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds/24/jobs", params={"step_key": "rspec"}).json()["items"]
    assert len(found) == found[0]["parallel_group_total"]


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="the filter `step_key` returns one job of a parallel step",
    source="pages/apis/rest_api/jobs.md: step_key: all jobs associated with the given step, including parallel jobs",
    witness=parallel_jobs_of_step,
)
async def one_job_of_parallel_step(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {BUILD}/jobs") and "step_key" in request.params:
        filtered(response, lambda job: not job.get("parallel_group_index"))
    return response


def stopping_agent_is_listed(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents", params={"per_page": "100"}).json()
    agent = next(one for one in agents if one["job"])
    http.put(f"{agent['url']}/stop", json={"force": False})
    assert http.get(agent["url"]).json()["connection_state"] == "stopping"
    assert agent["id"] in [one["id"] for one in http.get(f"{ORG}/agents", params={"per_page": "100"}).json()]


@MUTANTS.plant(
    "lists",
    operations="listAgents stopAgent",
    title="an agent that is stopping is not listed",
    source="pages/apis/rest_api/agents.md: a paginated list of an organization's connected and stopping agents",
    witness=stopping_agent_is_listed,
)
async def stopping_agents_are_missing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/agents"):
        filtered(response, lambda agent: agent["connection_state"] != "stopping")
    return response


def first_annotations(http: httpx.Client) -> None:
    annotations = f"{WEB}/builds/3/annotations"
    for priority in (2, 10):
        http.post(annotations, json={"body": "Text", "context": f"priority {priority}", "priority": priority})
    priorities = [one["priority"] for one in http.get(annotations).json()]
    assert priorities == sorted(priorities, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="annotations are sorted by their priority as text, so that 10 is below 2",
    source="pages/apis/rest_api/annotations.md: Annotations with a priority of 10 are shown first",
    witness=first_annotations,
)
async def priority_is_text(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {BUILD}/annotations") and response.status == 200:
        response.json = sorted(response.json, key=lambda one: str(one["priority"]), reverse=True)
    return response
