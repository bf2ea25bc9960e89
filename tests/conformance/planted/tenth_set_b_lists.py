"""Wrong items, order and pages of lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_b_support import (
    ANALYTICS,
    BUILD,
    CLUSTER,
    ORG,
    SUITE,
    V2,
    WEB,
    cluster,
    edited,
    fetched,
    matches,
)

MUTANTS = Mutants()


def flaky_tests_by_location(http: httpx.Client) -> None:
    file = http.get(f"{SUITE}/flaky-tests").json()[0]["location"].rpartition("/")[2].partition(":")[0]
    assert http.get(f"{SUITE}/flaky-tests", params={"search": file}).json()


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="`search` looks only at the names and scopes of flaky tests, not at their locations",
    source="pages/apis/rest_api/test_engine/_flaky_tests_query_strings.md: can also filter results by location",
    witness=flaky_tests_by_location,
)
async def search_ignores_location(server: Server, request: Request) -> Response:
    text = request.params.get("search", [""])[0].strip('"').lower()

    def named(body: Any) -> Any:
        return [one for one in body if text in one["name"].lower() or text in one["scope"].lower()]

    if not text:
        return await server.call(request)
    return await edited(server, request, named, f"GET {ANALYTICS}/suites/{{suite}}/flaky-tests")


def version_is_exact(http: httpx.Client) -> None:
    version = http.get(f"{ORG}/agents").json()[0]["version"]
    assert http.get(f"{ORG}/agents", params={"version": version[:3]}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="`version` without a match selects the agents whose version begins with the value",
    source="pages/apis/rest_api/agents.md: Filters the results by the given exact version number",
    witness=version_is_exact,
)
async def version_is_a_prefix(server: Server, request: Request) -> Response:
    response = await server.call(request)
    prefix = request.params.get("version", [""])[0]
    if not prefix or not matches(request, f"GET {V2}/agents") or response.json != []:
        return response
    everything = await fetched(server, request, request.path, per_page="100")
    response.json = [agent for agent in everything.json if agent["version"].startswith(prefix)][:30]
    return response


def jobs_of_two_states(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds/30/jobs", params={"state[]": ["passed", "running"]}).json()["items"]
    assert {job["state"] for job in found} == {"passed", "running"}


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="of several values of `state[]`, only the last is used",
    source="pages/apis/rest_api/jobs.md: Pass multiple values to OR them together",
    witness=jobs_of_two_states,
)
async def last_state_of_jobs(server: Server, request: Request) -> Response:
    if matches(request, f"GET {BUILD}/jobs") and "state[]" in request.params:
        request.params["state[]"] = request.params["state[]"][-1:]
    return await server.call(request)


def teams_of_maintainer(http: httpx.Client) -> None:
    teams = http.get(f"{ORG}/teams").json()
    for team in teams:
        for member in http.get(f"{ORG}/teams/{team['id']}/members").json():
            if member["role"] == "maintainer":
                found = http.get(f"{ORG}/teams", params={"user_id": member["user_id"]}).json()
                assert team["id"] in [one["id"] for one in found]


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="`user_id` does not find the teams that the user maintains",
    source="pages/apis/rest_api/teams.md: teams that have the given user as a member",
    witness=teams_of_maintainer,
)
async def maintained_teams_are_missing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    user = request.params.get("user_id", [""])[0]
    if not user or not matches(request, f"GET {V2}/teams") or response.status != 200:
        return response
    teams: list[Any] = []
    for team in response.json:
        member = await fetched(server, request, f"{request.path}/{team['id']}/members/{user}")
        if member.status != 200 or member.json["role"] != "maintainer":
            teams.append(team)
    response.json = teams
    return response


def images_by_name(http: httpx.Client) -> None:
    names = [image["name"] for image in http.get(f"{cluster(http, 'Hosted')}/agent-images").json()]
    assert names == sorted(names)


@MUTANTS.plant(
    "lists",
    operations="listClusterAgentImages",
    title="agent images are sorted by id",
    source="pages/apis/rest_api/clusters/agent_images.md: sorted alphabetically by name",
    witness=images_by_name,
)
async def images_by_id(server: Server, request: Request) -> Response:
    def by_id(body: Any) -> Any:
        return sorted(body, key=lambda image: image["id"])

    return await edited(server, request, by_id, f"GET {CLUSTER}/agent-images")


def label_on_second_page(http: httpx.Client) -> None:
    first = http.get(f"{SUITE}/tests", params={"label": "slow", "per_page": 1})
    assert all("slow" in test["labels"] for test in http.get(first.links["next"]["url"]).json())


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="the links to other pages of tests do not have the filter `label`",
    source="pages/apis/rest_api/test_engine/tests.md: This endpoint is paginated",
    witness=label_on_second_page,
)
async def next_page_without_label(server: Server, request: Request) -> Response:
    response = await server.call(request)
    tests = ANALYTICS + "/suites/{suite}/tests"
    if not matches(request, f"GET {tests}", f"HEAD {tests}") or "link" not in response.headers:
        return response
    links: list[str] = []
    for link in response.headers["link"].split(", "):
        url, _, relation = link[1:].partition(">")
        parts = urlsplit(url)
        query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name != "label"])
        links.append(f"<{parts._replace(query=query).geturl()}>{relation}")
    response.headers["link"] = ", ".join(links)
    return response


def no_rules_after_the_last_page(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/rules", params={"per_page": 1}).json()
    assert http.get(f"{ORG}/rules", params={"per_page": 1, "page": 90}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listRules",
    title="a page after the last one has the rules of the last page",
    source="pages/apis/rest_api.md: page: The page of results to return",
    witness=no_rules_after_the_last_page,
)
async def page_is_clamped(server: Server, request: Request) -> Response:
    response = await server.call(request)
    page = request.params.get("page", ["1"])[0]
    if not matches(request, f"GET {V2}/rules") or response.json != [] or not page.isdecimal():
        return response
    for number in range(min(int(page), 100) - 1, 0, -1):
        request.params["page"] = [str(number)]
        earlier = await server.call(request)
        if earlier.json:
            return earlier
    return response
