"""Wrong lists: their items, order and pages."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_a_support import (
    ACME,
    SUITES,
    TESTS,
    V2,
    VERSION,
    WEB,
    derived,
    filtered,
    link_header,
    matches,
    memberships,
    page_of,
)

MUTANTS = Mutants()


def last_page_has_items(http: httpx.Client) -> None:
    team = http.get(f"{ACME}/teams").json()[0]["id"]
    count = len(http.get(f"{ACME}/teams/{team}/pipelines").json())
    found = http.get(f"{ACME}/teams/{team}/pipelines", params={"per_page": count})
    assert "next" not in found.links


@MUTANTS.plant(
    "lists",
    operations="listTeamPipelines",
    title="if the last page is full, an empty page follows it",
    source="pages/apis/rest_api.md: the Link HTTP response header containing zero or more of nex",
    witness=last_page_has_items,
)
async def empty_page_after_full_pages(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/teams/{{team}}/pipelines") and response.status == 200:
        everything = await server.call(derived(request, "GET", request.path, per_page="100"))
        total, (_, size) = len(everything.json), page_of(request)
        if total and total % size == 0:
            response.headers["link"] = link_header(request, total // size + 1)
    return response


def finished_builds(http: httpx.Client) -> None:
    found = http.get(f"{WEB}/builds", params={"state": "finished", "per_page": 100}).json()
    assert "canceled" in {build["state"] for build in found}


@MUTANTS.plant(
    "lists",
    operations="listBuilds",
    title="the filter `state=finished` omits canceled builds",
    source="pages/apis/rest_api/builds.md: a shortcut to … passed, failed, blocked, canceled states",
    witness=finished_builds,
)
async def finished_without_canceled(server: Server, request: Request) -> Response:
    routes = ("GET /v2/builds", f"GET {V2}/builds", f"GET {V2}/pipelines/{{pipeline}}/builds")
    if not matches(request, *routes) or request.params.get("state") != ["finished"]:
        return await server.call(request)
    params = {name: values for name, values in request.params.items() if name != "state"}
    response = await server.call(evolve(request, params=params | {"state[]": ["passed", "failed", "blocked"]}))
    sent = "state%5B%5D=passed&state%5B%5D=failed&state%5B%5D=blocked"
    if "link" in response.headers:
        response.headers["link"] = response.headers["link"].replace(sent, "state=finished")
    return response


def teams_of_maintainer(http: httpx.Client) -> None:
    ada = http.get("/v2/user").json()["id"]
    assert "frontend" in [team["slug"] for team in http.get(f"{ACME}/teams", params={"user_id": ada}).json()]


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` omits teams that the user maintains",
    source="pages/apis/rest_api/teams.md: teams that have the given user as a member",
    witness=teams_of_maintainer,
)
async def user_filter_omits_maintainers(server: Server, request: Request) -> Response:
    if not matches(request, f"GET {V2}/teams") or len(request.params.get("user_id", [])) != 1:
        return await server.call(request)
    found = await memberships(server, request, request.path.split("/")[3], request.params["user_id"][0])
    maintained = {path.split("/")[5] for path, membership in found.items() if membership["role"] == "maintainer"}
    return await filtered(server, request, lambda team: team["id"] not in maintained)


def exact_versions(http: httpx.Client) -> None:
    assert http.get(f"{ACME}/agents", params={"version": "3.1"}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="the filter `version` returns agents whose version begins with the value",
    source="pages/apis/rest_api/agents.md: Filters the results by the given exact version number",
    witness=exact_versions,
)
async def version_is_prefix(server: Server, request: Request) -> Response:
    if not matches(request, f"GET {V2}/agents") or len(request.params.get("version", [])) != 1:
        return await server.call(request)
    version = request.params["version"][0]
    return await filtered(server, request, lambda agent: agent["version"].startswith(version), without="version")


def previous_page_has_same_order(http: httpx.Client) -> None:
    first = http.get(f"{ACME}/audit_events", params={"per_page": 5}).json()
    previous = http.get(http.get(first["links"]["next"]).json()["links"]["prev"]).json()
    assert [event["uuid"] for event in previous["items"]] == [event["uuid"] for event in first["items"]]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="a page of audit events before a cursor begins with the oldest",
    source="pages/apis/rest_api/organizations/audit_events.md: ordered from newest to oldest",
    witness=previous_page_has_same_order,
)
async def events_before_cursor_are_reversed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/audit_events") and "before" in request.params and "items" in (response.json or {}):
        response.json = response.json | {"items": response.json["items"][::-1]}
    return response


def shortest_test_first(http: httpx.Client) -> None:
    found = http.get(f"{SUITES}/rspec/tests", headers=VERSION, params={"order": "asc"}).json()
    assert found[0]["duration_avg"] < found[-1]["duration_avg"]


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="`order` has no effect without `sort_by`",
    source="pages/apis/rest_api/test_engine/tests.md: sort_by: The default value is duration_avg",
    witness=shortest_test_first,
)
async def order_needs_metric(server: Server, request: Request) -> Response:
    ignored = matches(request, f"GET {TESTS}") and request.params.get("order") == ["asc"]
    if not ignored or "sort_by" in request.params:
        return await server.call(request)
    response = await server.call(evolve(request, params=request.params | {"order": ["desc"]}))
    if "link" in response.headers:
        response.headers["link"] = response.headers["link"].replace("order=desc", "order=asc")
    return response


def stopping_agents(http: httpx.Client) -> None:
    states = {agent["connection_state"] for agent in http.get(f"{ACME}/agents", params={"per_page": 100}).json()}
    assert states == {"connected", "stopping"}


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="agents that are stopping are not listed",
    source="pages/apis/rest_api/agents.md: an organization's connected and stopping agents",
    witness=stopping_agents,
)
async def only_connected_agents(server: Server, request: Request) -> Response:
    def is_connected(agent: dict[str, Any]) -> bool:
        return bool(agent["connection_state"] == "connected")

    if matches(request, f"GET {V2}/agents"):
        return await filtered(server, request, is_connected)
    return await server.call(request)
