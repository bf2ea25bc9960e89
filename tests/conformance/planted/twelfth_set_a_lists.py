"""Wrong lists, pages and filters."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_a_support import (
    CLUSTER,
    ORG,
    REGISTRIES,
    REGISTRY,
    SUITES,
    V2,
    WEB,
    all_items,
    fetch,
    matches,
    paged,
)

MUTANTS = Mutants()


def stopping_agents_are_listed(http: httpx.Client) -> None:
    agent = http.get(f"{ORG}/agents", params={"name": "linux-default-35"}).json()
    assert [one["connection_state"] for one in agent] == ["stopping"]


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="agents that are stopping are not listed",
    source="pages/apis/rest_api/agents.md: a paginated list of an organization's connected and stopping agents",
    witness=stopping_agents_are_listed,
)
async def only_connected_agents(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/agents") is None or response.status != 200:
        return response
    agents = await all_items(server, request)
    return paged(request, response, [agent for agent in agents if agent["connection_state"] == "connected"])


def images_are_sorted(http: httpx.Client) -> None:
    images = f"{hosted_cluster(http)}/agent-images"
    http.post(images, json={"name": "aardvark", "dockerfile": "RUN true"})
    names = [image["name"] for image in http.get(images).json()]
    assert names == sorted(names)


@MUTANTS.plant(
    "lists",
    operations="listClusterAgentImages",
    title="agent images that have been created are at the end of the list, whatever their names",
    source="pages/apis/rest_api/clusters/agent_images.md: a cluster's agent images, sorted alphabetically by name",
    witness=images_are_sorted,
)
async def new_images_come_last(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {CLUSTER}/agent-images") is not None and response.status == 201:
        server.memory[response.json["id"]] = len(server.memory) + 1
    if matches(request, f"GET {CLUSTER}/agent-images") is not None and response.status == 200:
        response.json = sorted(response.json, key=lambda image: server.memory.get(image["id"], 0))
    return response


def hosted_cluster(http: httpx.Client) -> str:
    """Return the URL of a cluster with hosted agents."""
    urls: list[str] = [cluster["url"] for cluster in http.get(f"{ORG}/clusters").json()]
    return next(url for url in urls if http.get(f"{url}/network_ranges").json())


def tokens_belong_to_the_registry(http: httpx.Client) -> None:
    for registry in http.get(REGISTRIES).json():
        for token in http.get(f"{registry['url']}/tokens").json():
            assert token["registry"]["slug"] == registry["slug"]


@MUTANTS.plant(
    "lists",
    operations="listRegistryTokens",
    title="the tokens of all registries are listed, not only those of the registry",
    source="pages/apis/rest_api/package_registries/registry_tokens.md: Returns a list of a registry's tokens",
    witness=tokens_belong_to_the_registry,
)
async def tokens_of_all_registries(server: Server, request: Request) -> Response:
    found = matches(request, f"GET {REGISTRY}/tokens")
    response = await server.call(request)
    if found is None or response.status != 200:
        return response
    registries = await fetch(server, request, f"/v2/packages/organizations/{found['org']}/registries", per_page="100")
    if registries.status == 200:
        lists = [await fetch(server, request, f"{registry['url']}/tokens") for registry in registries.json]
        response.json = [token for tokens in lists for token in tokens.json]
    return response


def repository_is_found_in_any_case(http: httpx.Client) -> None:
    repositories = f"{http.get(f'{ORG}/repository_connections').json()[0]['url']}/repositories"
    name = http.get(repositories).json()[0]["full_name"]
    found = http.get(repositories, params={"repository": name.upper()}).json()
    assert [one["full_name"] for one in found] == [name]


@MUTANTS.plant(
    "lists",
    operations="listRepositoryConnections",
    title="the filter `repository` of a repository connection is case-sensitive",
    source="pages/apis/rest_api/repository_connections.md: matches this value (case-insensitive exact match)",
    witness=repository_is_found_in_any_case,
)
async def case_of_repository_matters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    name = request.params.get("repository")
    route = f"GET {V2}/repository_connections/{{connection}}/repositories"
    if name and matches(request, route) is not None and response.status == 200:
        response.json = [one for one in response.json if one["full_name"] == name[-1]]
    return response


def tests_of_all_suites_are_listed(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/3").json()["id"]
    tests = http.get(f"/v2/analytics/organizations/acme/builds/{build}/tests", params={"per_page": 100}).json()
    suites = [suite["url"] for suite in http.get(SUITES).json()]
    ran = {suite for suite in suites if http.get(f"{suite}/runs", params={"build_id": build}).json()}
    assert {test["url"].rsplit("/tests/")[0] for test in tests} == ran


@MUTANTS.plant(
    "lists",
    operations="listBuildTests",
    title="of the tests of a build, only those of one suite are listed",
    source="pages/apis/rest_api/test_engine/build_tests.md: includes tests from every Test Engine suite … of the build",
    witness=tests_of_all_suites_are_listed,
)
async def tests_of_first_suite(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET /v2/analytics/organizations/{org}/builds/{build}/tests") is None or response.status != 200:
        return response
    everything = Request("GET", request.path, {}, request.headers, b"")
    suites = {test["url"].rsplit("/tests/")[0] for test in await all_items(server, everything)}
    tests = await all_items(server, request)
    return paged(request, response, [test for test in tests if test["url"].startswith(f"{min(suites)}/")])


def teams_of_a_member(http: httpx.Client) -> None:
    teams = http.get(f"{ORG}/teams").json()
    user = http.get("/v2/user").json()["id"]
    members = {team["slug"]: http.get(f"{ORG}/teams/{team['id']}/members").json() for team in teams}
    expected = {slug for slug, found in members.items() if any(member["user_id"] == user for member in found)}
    assert {team["slug"] for team in http.get(f"{ORG}/teams", params={"user_id": user}).json()} == expected


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` finds only the teams that the user maintains",
    source="pages/apis/rest_api/teams.md: user_id: Filters the results to teams that have the given user as a member",
    witness=teams_of_a_member,
)
async def teams_of_maintainers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    user = request.params.get("user_id")
    if not user or matches(request, f"GET {V2}/teams") is None or response.status != 200:
        return response
    teams = []
    for team in await all_items(server, request):
        members = await fetch(server, request, f"{request.path.rstrip('/')}/{team['id']}/members", per_page="100")
        maintainers = [one["user_id"] for one in members.json if one["role"] == "maintainer"]
        if user[-1].lower() in maintainers:
            teams.append(team)
    return paged(request, response, teams)
