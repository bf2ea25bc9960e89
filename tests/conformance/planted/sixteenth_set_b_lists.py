"""Bugs in lists: filters, order and pages."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_b_support import (
    ACME,
    BUILD,
    METRICS,
    ORGANIZATION,
    RSPEC,
    SUITE,
    TEAMS,
    WEB,
    fetch,
    first_build,
    found,
    links,
    page_number,
    page_size,
    query_of,
    read,
    relink,
    set_links,
    with_query,
)

MUTANTS = Mutants()


def agent_filters_are_combined(http: httpx.Client) -> None:
    agents = found(http.get(f"{ACME}/agents", params={"per_page": "100"}))
    version = agents[0]["version"]
    other = next(agent for agent in agents if agent["queue"] == "arm")
    queue_id = other["cluster_queue_url"].rpartition("/")[2]
    both = found(http.get(f"{ACME}/agents", params={"version": version, "cluster_queue_id": queue_id}))
    assert both
    assert all((agent["version"], agent["queue"]) == (version, "arm") for agent in both)


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="of several filters only the first one is applied",
    source="pages/apis/rest_api/agents.md: version and cluster_queue_id each filter the results",
    witness=agent_filters_are_combined,
)
async def only_one_agent_filter(server: Server, request: Request) -> Response:
    if read(request, f"{ORGANIZATION}/agents") is None:
        return await server.call(request)
    asked = dict(request.params)
    used = [name for name in ("name", "hostname", "version", "cluster_queue_id") if name in asked]
    for name in used[1:]:
        del request.params[name]
    response = await server.call(request)
    if used[1:]:
        relink(response, asked)
    return response


def important_annotations_come_first(http: httpx.Client) -> None:
    path = f"{WEB}/builds/{first_build(http, state='passed')['number']}/annotations"
    for priority in (2, 9, 5):
        found(http.post(path, json={"body": "Note", "context": f"priority {priority}", "priority": priority}))
    priorities = [one["priority"] for one in found(http.get(path))]
    assert priorities == sorted(priorities, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="annotations are listed in the order of their creation, whatever their priority",
    source="pages/apis/rest_api/annotations.md: higher priorities are shown first",
    witness=important_annotations_come_first,
)
async def priority_does_not_sort(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{BUILD}/annotations") is None or response.status != 200:
        return response
    everything = response.json
    if links(response):
        params = {**request.params, "page": ["1"], "per_page": ["100"]}
        everything = (await fetch(server, request, request.path, params)).json
    everything.sort(key=lambda one: (one["created_at"], one["id"]))
    size = page_size(request)
    begin = (page_number(request) - 1) * size
    response.json = everything[begin : begin + size]
    return response


def next_page_is_filtered(http: httpx.Client) -> None:
    build = first_build(http, state="failed")
    params = {"state[]": "passed", "per_page": "1"}
    page = found(http.get(f"{WEB}/builds/{build['number']}/jobs", params=params))
    page = found(http.get(page["links"]["next"]))
    assert page["items"][0]["state"] == "passed"
    while "next" in page["links"]:
        page = found(http.get(page["links"]["next"]))
        assert all(job["state"] == "passed" for job in page["items"])


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="the links to other pages lack the filters",
    source="pages/apis/rest_api/jobs.md: use the next URL from links to fetch the next page",
    witness=next_page_is_filtered,
)
async def next_page_without_filters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{BUILD}/jobs") is not None and response.status == 200:
        body = response.json
        for rel, url in body["links"].items():
            if rel != "self" and url:
                kept = {name: value for name, value in query_of(url).items() if name in {"after", "before", "per_page"}}
                body["links"][rel] = with_query(url, kept)
        response.json = body
    return response


def only_finished_builds(http: httpx.Client) -> None:
    params = {"finished_from": "2026-03-01T00:00:00Z", "exclude_jobs": "true", "per_page": "100"}
    builds = found(http.get(f"{ACME}/builds", params=params))
    assert builds
    assert all(build["finished_at"] for build in builds)


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="`finished_from` filters by the time of creation",
    source="pages/apis/rest_api/_builds_list_query_strings.md: finished_from",
    witness=only_finished_builds,
)
async def finished_means_created(server: Server, request: Request) -> Response:
    asked = dict(request.params)
    if read(request, f"{ORGANIZATION}/builds") is None or "finished_from" not in asked:
        return await server.call(request)
    finished = request.params.pop("finished_from")
    request.params.setdefault("created_from", finished)
    response = await server.call(request)
    relink(response, asked)
    return response


def last_team_is_reachable(http: httpx.Client) -> None:
    expected = [team["id"] for team in found(http.get(f"{ACME}/teams"))]
    response = http.get(f"{ACME}/teams", params={"per_page": str(len(expected) - 1)})
    seen = [team["id"] for team in found(response)]
    while "next" in response.links:
        response = http.get(response.links["next"]["url"])
        seen += [team["id"] for team in found(response)]
    assert seen == expected


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the number of pages is rounded down, so that no link leads to a last page that is not full",
    source="pages/apis/rest_api.md: pagination, the Link header contains next and last",
    witness=last_team_is_reachable,
)
async def pages_rounded_down(server: Server, request: Request) -> Response:
    response = await server.call(request)
    urls = links(response)
    if read(request, TEAMS) is None or "last" not in urls:
        return response
    params = query_of(urls["last"])
    rest = await fetch(server, request, request.path, params)
    if len(rest.json) < page_size(request):
        last = int(params["page"][0]) - 1
        urls["last"] = with_query(urls["last"], {**params, "page": [str(last)]})
        if page_number(request) >= last:
            del urls["last"], urls["next"]
        set_links(response, urls)
    return response


def slowest_tests_come_first(http: httpx.Client) -> None:
    tests = found(http.get(f"{RSPEC}/tests", headers=METRICS))
    durations = [test["duration_avg"] for test in tests if test["duration_avg"] is not None]
    assert len(set(durations)) > 1
    assert durations == sorted(durations, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="without `order` the tests are sorted in ascending order",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: the default value of order is desc",
    witness=slowest_tests_come_first,
)
async def ascending_by_default(server: Server, request: Request) -> Response:
    if read(request, f"{SUITE}/tests") is None or "order" in request.params:
        return await server.call(request)
    asked = dict(request.params)
    request.params["order"] = ["asc"]
    response = await server.call(request)
    relink(response, asked)
    return response


def builds_of_both_branches(http: httpx.Client) -> None:
    params = {"branch[]": ["main", "dev-ada"], "exclude_jobs": "true", "per_page": "100"}
    builds = found(http.get("/v2/builds", params=params))
    assert {build["branch"] for build in builds} == {"main", "dev-ada"}


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds",
    title="of several branches only the first one is searched",
    source="pages/apis/rest_api/_builds_list_query_strings.md: ?branch[]=main&branch[]=testing returns builds of both",
    witness=builds_of_both_branches,
)
async def only_the_first_branch(server: Server, request: Request) -> Response:
    if read(request, "/v2/builds") is None or len(request.params.get("branch[]", [])) < 2:
        return await server.call(request)
    asked = dict(request.params)
    request.params["branch[]"] = asked["branch[]"][:1]
    response = await server.call(request)
    relink(response, asked)
    return response
