"""Wrong pages, filters and orders of lists."""

from __future__ import annotations

import base64
import re
from urllib.parse import urlencode

import httpx
from tests.conformance.planted.fourteenth_set_a_support import (
    BUILD,
    CLUSTER,
    HOSTED,
    ORG,
    REGISTRIES,
    REGISTRY,
    SUITE,
    TESTS,
    V2,
    WEB,
    keep,
    matches,
    objects,
    without_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def parallel_jobs_of_step(http: httpx.Client) -> None:
    jobs = http.get(f"{WEB}/builds/3/jobs").json()["items"]
    found = http.get(f"{WEB}/builds/3/jobs", params={"step_key": "rspec"}).json()["items"]
    assert {job["id"] for job in found} == {job["id"] for job in jobs if job.get("step_key") == "rspec"}


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="the filter `step_key` finds only the first of parallel jobs",
    source="pages/apis/rest_api/jobs.md: all jobs associated with the given step, including parallel jobs",
    witness=parallel_jobs_of_step,
)
async def first_of_parallel_jobs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {BUILD}/jobs") and "step_key" in request.params:
        return keep(response, lambda job: not job.get("parallel_group_index"))
    return response


def page_before(http: httpx.Client) -> None:
    first = http.get(f"{ORG}/audit_events", params={"per_page": 5}).json()
    second = http.get(first["links"]["next"]).json()
    third = http.get(second["links"]["next"]).json()
    assert http.get(third["links"]["prev"]).json()["items"] == second["items"]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="`before` returns the newest of the events before the cursor, not the page before it",
    source="pages/apis/rest_api/organizations/audit_events.md: Returns the previous page before the supplied cursor",
    witness=page_before,
)
async def before_returns_first_page(server: Server, request: Request) -> Response:
    values = request.params.get("before")
    routes = (f"GET {V2}/audit_events", f"HEAD {V2}/audit_events")
    if not matches(request, *routes) or not values or "after" in request.params:
        return await server.call(request)
    is_head, request.method = request.method == "HEAD", "GET"
    del request.params["before"]
    response = await server.call(request)
    cursors = [base64.b64encode(event.get("uuid", "").encode()).decode() for event in objects(response.json)]
    if response.status != 200 or values[0] in cursors or not re.fullmatch(r"[A-Za-z0-9]{48}", values[0]):
        request.method, request.params["before"] = "HEAD" if is_head else "GET", values
        return await server.call(request)
    path, _, query = response.json["links"]["self"].partition("?")
    own = path + "?" + urlencode({"before": values[0]}) + (f"&{query}" if query else "")
    response.json = response.json | {"links": response.json["links"] | {"self": own}}
    return without_body(response) if is_head else response


def first_package_with_name(http: httpx.Client) -> None:
    found = http.get(f"{REGISTRIES}/gems/packages", params={"name": "shop-mail", "per_page": 1}).json()
    assert [package["name"] for package in found["items"]] == ["shop-mail"]


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="the filter `name` is applied to a page of all packages, so pages have gaps",
    source="pages/apis/rest_api/package_registries/packages.md: name: Filters the results by the package name",
    witness=first_package_with_name,
)
async def package_filter_after_paging(server: Server, request: Request) -> Response:
    names = request.params.get("name")
    if not matches(request, f"GET {REGISTRY}/packages") or not names:
        return await server.call(request)
    del request.params["name"]
    response = keep(await server.call(request), lambda package: package.get("name") == names[-1])
    if response.status == 200:
        pair = urlencode({"name": names[-1]})
        links = response.json["links"]
        named = {rel: url + ("&" if "?" in url else "?") + pair for rel, url in links.items() if url}
        response.json = response.json | {"links": links | named}
    return response


def repository_in_other_case(http: httpx.Client) -> None:
    repositories = f"{http.get(f'{ORG}/repository_connections').json()[0]['url']}/repositories"
    found = http.get(repositories, params={"repository": "Acme/WEB"}).json()
    assert [one["full_name"] for one in found] == ["acme/web"]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` is case-sensitive",
    source="pages/apis/rest_api/repository_connections.md: full_name matches this value (case-insensitive exact match)",
    witness=repository_in_other_case,
)
async def repository_filter_with_case(server: Server, request: Request) -> Response:
    response = await server.call(request)
    names = request.params.get("repository")
    if matches(request, f"GET {V2}/repository_connections/{{connection}}/repositories") and names:
        return keep(response, lambda repository: repository.get("full_name") in names)
    return response


def network_ranges_without_pages(http: httpx.Client) -> None:
    whole = http.get(f"{HOSTED}/network_ranges").json()
    assert len(whole) > 1
    assert http.get(f"{HOSTED}/network_ranges", params={"per_page": 1}).json() == whole


@MUTANTS.plant(
    "lists",
    operations="listClusterNetworkRanges",
    title="the list of network ranges has pages, but no links to them",
    source="pages/apis/rest_api/clusters/network_ranges.md: an unpaginated list of egress network ranges",
    witness=network_ranges_without_pages,
)
async def paginated_network_ranges(server: Server, request: Request) -> Response:
    response = await server.call(request)
    sizes = request.params.get("per_page", ["30"])
    pages = request.params.get("page", ["1"])
    if not matches(request, f"GET {CLUSTER}/network_ranges") or response.status != 200:
        return response
    if sizes[-1].isdecimal() and pages[-1].isdecimal():
        size, page = min(int(sizes[-1]) or 30, 100), int(pages[-1]) or 1
        response.json = response.json[size * (page - 1) : size * page]
    return response


def teams_of_user(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    teams = http.get(f"{ORG}/teams").json()
    members = [team["id"] for team in teams if http.get(f"{ORG}/teams/{team['id']}/members/{user}").status_code == 200]
    assert [team["id"] for team in http.get(f"{ORG}/teams", params={"user_id": user}).json()] == members


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` leaves out the default team",
    source="pages/apis/rest_api/teams.md: Filters the results to teams that have the given user as a member",
    witness=teams_of_user,
)
async def teams_of_user_without_default_team(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/teams") and "user_id" in request.params:
        return keep(response, lambda team: not team.get("default"))
    return response


def flaky_tests_by_scope(http: httpx.Client) -> None:
    found = http.get(f"{SUITE}/flaky-tests", params={"search": "Basket#total"}).json()
    assert any(test["scope"] == "Basket#total" for test in found)


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="`search` looks only at the names of flaky tests, not at their scopes",
    source="pages/apis/rest_api/test_engine/flaky_tests.md: tests with a name or scope that contains the search string",
    witness=flaky_tests_by_scope,
)
async def flaky_search_ignores_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    texts = request.params.get("search")
    if matches(request, f"GET {TESTS}/flaky-tests") and texts and texts[-1]:
        return keep(response, lambda test: texts[-1].lower() in str(test.get("name")).lower())
    return response
