"""Seventh set A: wrong items, order and pages of lists."""

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.planted.seventh_set_a_support import (
    EVERYONE,
    FRONTEND,
    GRACE,
    HOSTED_CLUSTER,
    METRICS,
    MUTANTS,
    ORGANIZATION,
    REGISTRIES,
    SUITE,
    first,
    internal,
    values,
)


def teams_of_member(http: httpx.Client) -> None:
    assert http.get(f"{FRONTEND}/members/{GRACE}").json()["role"] == "member"
    teams = http.get(f"{ORGANIZATION}/teams", params={"user_id": GRACE}).json()
    assert "frontend" in {team["slug"] for team in teams}


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` returns only teams that the user maintains",
    source="pages/apis/rest_api/teams.md: teams that have the given user as a member",
    witness=teams_of_member,
)
async def teams_of_maintainers_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    user = first(request.params, "user_id")
    found = values(request, "GET", "/v2/organizations/{org}/teams")
    if found is not None and user and response.status == 200:
        teams = []
        for team in response.json:
            path = f"/v2/organizations/{found['org']}/teams/{team['id']}/members/{user}"
            if (await internal(server, request, "GET", path)).json.get("role") == "maintainer":
                teams.append(team)
        response.json = teams
    return response


def pages_of_team_pipelines(http: httpx.Client) -> None:
    seen = []
    for page in (1, 2, 3):
        found = http.get(f"{EVERYONE}/pipelines", params={"per_page": 4, "page": page}).json()
        seen += [each["pipeline_id"] for each in found]
    assert len(seen) == len(set(seen)) > 4


@MUTANTS.plant(
    "lists",
    operations="listTeamPipelines",
    title="each page after the first begins with the last item of the page before",
    source="pages/apis/rest_api/teams/pipelines.md: Returns a paginated list",
    witness=pages_of_team_pipelines,
)
async def team_pipelines_overlap_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    page, size = first(request.params, "page", "1"), first(request.params, "per_page", "30")
    is_list = values(request, "GET", "/v2/organizations/{org}/teams/{team}/pipelines") is not None
    if is_list and response.status == 200 and page.isdigit() and size.isdigit() and int(page) > 1:
        every = (await internal(server, request, "GET", request.path, per_page="100")).json
        start = (int(page) - 1) * int(size) - 1
        response.json = every[start : start + int(size)]
    return response


def order_by_total(http: httpx.Client) -> None:
    tests = http.get(f"{SUITE}/tests", params={"sort_by": "duration_sum"}, headers=METRICS).json()
    totals = [test["duration_sum"] for test in tests]
    assert totals == sorted(totals, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="tests are sorted by `duration_avg` if `sort_by` is `duration_sum`",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: The metric to sort the results by",
    witness=order_by_total,
)
async def total_sorted_by_average_a(server: Server, request: Request) -> Response:
    template = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
    if values(request, "GET", template) is not None and request.params.get("sort_by") == ["duration_sum"]:
        request.params["sort_by"] = ["duration_avg"]
    return await server.call(request)


def order_of_images(http: httpx.Client) -> None:
    body = {"name": "aardvark", "dockerfile": "RUN true"}
    assert http.post(f"{HOSTED_CLUSTER}/agent-images", json=body).status_code == 201
    names = [image["name"] for image in http.get(f"{HOSTED_CLUSTER}/agent-images").json()]
    assert names == sorted(names)


@MUTANTS.plant(
    "lists",
    operations="listClusterAgentImages",
    title="new agent images are at the end of the list, whatever their names are",
    source="pages/apis/rest_api/clusters/agent_images.md: sorted alphabetically by name",
    witness=order_of_images,
)
async def new_images_last_a(server: Server, request: Request) -> Response:
    template = "/v2/organizations/{org}/clusters/{cluster}/agent-images"
    response = await server.call(request)
    created = server.memory.setdefault("created", [])
    if values(request, "POST", template) is not None and response.status == 201:
        created.append(response.json["id"])
    if values(request, "GET", template) is not None and response.status == 200:
        images = response.json
        response.json = sorted(images, key=lambda each: created.index(each["id"]) + 1 if each["id"] in created else 0)
    return response


def runs_of_older_build(http: httpx.Client) -> None:
    run = http.get(f"{SUITE}/runs").json()[-1]
    params = {"build_id": run["build_id"], "per_page": 1}
    assert [each["build_id"] for each in http.get(f"{SUITE}/runs", params=params).json()] == [run["build_id"]]


@MUTANTS.plant(
    "lists",
    operations="listTestRuns",
    title="the filter `build_id` is applied to a page of all runs, so it finds only runs of that page",
    source="pages/apis/rest_api/test_engine/_runs_list_query_strings.md: Filters the results by the given build UUID",
    witness=runs_of_older_build,
)
async def runs_filtered_per_page_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    build = first(request.params, "build_id")
    is_list = values(request, "GET", "/v2/analytics/organizations/{org}/suites/{suite}/runs") is not None
    if is_list and build and response.status == 200:
        params = {name: value for name, value in request.params.items() if name != "build_id"}
        response = await server.call(evolve(request, params=params))
        response.json = [run for run in response.json if run["build_id"] == build]
    return response


def page_before_cursor(http: httpx.Client) -> None:
    pages = [http.get(f"{ORGANIZATION}/audit_events", params={"per_page": 2}).json()]
    for _ in range(2):
        pages.append(http.get(pages[-1]["links"]["next"]).json())
    before = http.get(pages[2]["links"]["prev"]).json()
    assert [each["uuid"] for each in before["items"]] == [each["uuid"] for each in pages[1]["items"]]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="`before` returns the newest events before the cursor, not those next to it",
    source="pages/apis/rest_api/organizations/audit_events.md: Returns the previous page before the supplied cursor",
    witness=page_before_cursor,
)
async def before_is_first_page_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_list = values(request, "GET", "/v2/organizations/{org}/audit_events") is not None
    if is_list and "before" in request.params and response.status == 200:
        params = {name: value for name, value in request.params.items() if name != "before"}
        newest = (await server.call(evolve(request, params=params))).json
        body = response.json
        if len(body["items"]) == len(newest["items"]):
            body["items"] = newest["items"]
            response.json = body
    return response


def next_page_of_name(http: httpx.Client) -> None:
    page = http.get(f"{REGISTRIES}/gems/packages", params={"name": "shop-tax", "per_page": 1}).json()
    names = [each["name"] for each in page["items"]]
    while "next" in page["links"]:
        page = http.get(page["links"]["next"]).json()
        names += [each["name"] for each in page["items"]]
    assert set(names) == {"shop-tax"}


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="the link to the next page drops the filter `name`",
    source="pages/apis/rest_api/package_registries/packages.md: Filters the results by the package name",
    witness=next_page_of_name,
)
async def next_package_page_unfiltered_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/packages/organizations/{org}/registries/{registry}/packages"
    if values(request, "GET", template) is not None and response.status == 200 and "next" in response.json["links"]:
        body = response.json
        url = httpx.URL(body["links"]["next"])
        body["links"]["next"] = str(url.copy_remove_param("name"))
        response.json = body
    return response
