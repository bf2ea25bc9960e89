"""Wrong lists: filters, order and contents."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import httpx
from tests.conformance.planted.eleventh_set_b_support import (
    BUILD,
    ORG,
    SUITE,
    SUITES,
    V2,
    matches,
    other,
    repaged,
    team,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def part_of_a_name(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/pipelines", params={"name": "EP"}).json()
    assert {"deploy", "upkeep"} == {one["slug"] for one in found}


@MUTANTS.plant(
    "lists",
    operations="listPipelines",
    title="the filter `name` of pipelines finds only names that start with it",
    source="pages/apis/rest_api/pipelines.md: Filters the results by the pipeline name. Supports partial matches",
    witness=part_of_a_name,
)
async def name_matches_only_the_start(server: Server, request: Request) -> Response:
    name = request.params.get("name", [""])[-1].lower()
    if not name or not matches(request, f"GET {V2}/pipelines"):
        return await server.call(request)
    return await repaged(server, request, lambda items: [one for one in items if one["name"].lower().startswith(name)])


def exact_name_of_repository(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["url"]
    assert http.get(f"{connection}/repositories", params={"repository": "ACME/WEB"}).json()
    assert not http.get(f"{connection}/repositories", params={"repository": "acme/we"}).json()


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` finds each repository whose name contains the value",
    source="pages/apis/rest_api/repository_connections.md: full_name matches this value (… exact match)",
    witness=exact_name_of_repository,
)
async def repository_matches_a_part(server: Server, request: Request) -> Response:
    values = request.params.get("repository", [])
    if len(values) != 1 or not values[0]:
        return await server.call(request)
    if not matches(request, f"GET {V2}/repository_connections/{{connection}}/repositories"):
        return await server.call(request)
    del request.params["repository"]
    response = await server.call(request)
    if response.status == 200:
        response.json = [one for one in response.json if values[0].lower() in one["full_name"].lower()]
    return response


def highest_priority_first(http: httpx.Client) -> None:
    annotations = f"{ORG}/pipelines/web/builds/3/annotations"
    for priority in (10, 9):
        http.post(annotations, json={"body": "x", "context": f"p{priority}", "priority": priority})
    assert [one["priority"] for one in http.get(annotations).json()][:2] == [10, 9]


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations listJobAnnotations listJobAnnotationsInBuild",
    title="annotations are sorted by priority as text, so that 10 comes after 2",
    source="pages/apis/rest_api/annotations.md: Annotations with a priority of 10 are shown first",
    witness=highest_priority_first,
)
async def priorities_are_sorted_as_text(server: Server, request: Request) -> Response:
    parents = (BUILD, BUILD + "/jobs/{job}", V2 + "/jobs/{job}")
    if not matches(request, *(f"GET {parent}/annotations" for parent in parents)):
        return await server.call(request)

    def as_text(items: list[Any]) -> list[Any]:
        return sorted(items, key=lambda one: str(one["priority"]), reverse=True)

    return await repaged(server, request, as_text)


def maintainers_are_members(http: httpx.Client) -> None:
    found = http.get(f"{team(http, 'frontend')}/members").json()
    assert {one["role"] for one in found} == {"maintainer", "member"}


@MUTANTS.plant(
    "lists",
    operations="listTeamMembers",
    title="the members of a team are listed without its maintainers",
    source="pages/apis/rest_api/teams/members.md: Returns a list of a team's associated members",
    witness=maintainers_are_members,
)
async def maintainers_are_not_listed(server: Server, request: Request) -> Response:
    if not matches(request, f"GET {V2}/teams/{{team}}/members"):
        return await server.call(request)
    return await repaged(server, request, lambda items: [one for one in items if one["role"] == "member"])


def exact_version(http: httpx.Client) -> None:
    version = http.get(f"{ORG}/agents").json()[0]["version"]
    assert http.get(f"{ORG}/agents", params={"version": version}).json()
    assert not http.get(f"{ORG}/agents", params={"version": version.rsplit(".", 1)[0]}).json()


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="the filter `version` finds a version that starts with the value",
    source="pages/apis/rest_api/agents.md: Filters the results by the given exact version number",
    witness=exact_version,
)
async def version_matches_a_prefix(server: Server, request: Request) -> Response:
    wanted = request.params.get("version", [""])[-1]
    if wanted and matches(request, f"GET {V2}/agents"):
        agents = await server.call(other(request, "GET", request.path, per_page="100"))
        versions = [one["version"] for one in agents.json] if agents.status == 200 else []
        if wanted not in versions:
            request.params["version"] = [next((one for one in versions if one.startswith(wanted)), wanted)]
    return await server.call(request)


def last_seven_days(http: httpx.Client) -> None:
    tests = f"{SUITES}/rspec/flaky-tests"
    assert http.get(tests).json() == http.get(tests, params={"period": "7days"}).json()


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="flaky tests are those of the last 28 days if the request has no period",
    source="pages/apis/rest_api/test_engine/flaky_tests.md: The default period … is 7days",
    witness=last_seven_days,
)
async def default_period_is_longer(server: Server, request: Request) -> Response:
    if matches(request, f"GET {SUITE}/flaky-tests"):
        request.params.setdefault("period", ["28days"])
    response = await server.call(deepcopy(request))
    if matches(request, f"GET {SUITE}/flaky-tests") and "link" in response.headers:
        response.headers["link"] = response.headers["link"].replace("period=28days&", "").replace("&period=28days", "")
    return response
