"""Bugs in lists: filters, order and pages."""

from __future__ import annotations

from copy import deepcopy

import httpx
from tests.conformance.planted.fifteenth_set_b_support import (
    ANALYTICS,
    LARGEST_SIZE,
    ORGANIZATION,
    ORGANIZATION_PATH,
    REGISTRIES,
    REGISTRIES_PATH,
    SUITES_PATH,
    build_with_artifacts,
    everything,
    first,
    page_number,
    page_size,
    set_page,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def repositories_match_in_any_case(http: httpx.Client) -> None:
    connection = http.get(f"{ORGANIZATION}/repository_connections").json()[0]
    repositories = http.get(f"{connection['url']}/repositories").json()
    assert repositories
    for repository in repositories:
        name = repository["full_name"]
        found = http.get(f"{connection['url']}/repositories", params={"repository": name.swapcase()}).json()
        assert [each["full_name"] for each in found] == [name]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter repository compares names with their case",
    source="pages/apis/rest_api/repository_connections.md: repository is a case-insensitive exact match",
    witness=repositories_match_in_any_case,
)
async def repository_filter_with_case(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{ORGANIZATION_PATH}/repository_connections/{{connection}}/repositories"
    name = first(request, "repository")
    if request.values("GET", path) is not None and response.status == 200 and name is not None:
        response.json = [repository for repository in response.json if repository["full_name"] == name]
    return response


def name_matches_within(http: httpx.Client) -> None:
    pipelines = http.get(f"{ORGANIZATION}/pipelines").json()
    for pipeline in pipelines:
        part = pipeline["name"][1:]
        found = http.get(f"{ORGANIZATION}/pipelines", params={"name": part}).json()
        assert pipeline["id"] in [each["id"] for each in found], part


@MUTANTS.plant(
    "lists",
    operations="listPipelines",
    title="the filter name finds only names that start with it",
    source="pages/apis/rest_api/pipelines.md: List pipelines, name supports partial matches",
    witness=name_matches_within,
)
async def pipelines_by_start_of_name(server: Server, request: Request) -> Response:
    response = await server.call(request)
    name = first(request, "name")
    if request.values("GET", f"{ORGANIZATION_PATH}/pipelines") is not None and response.status == 200 and name:
        found = await everything(server, request)
        set_page(request, response, [each for each in found if each["name"].lower().startswith(name.lower())])
    return response


def previous_page_is_adjacent(http: httpx.Client) -> None:
    pages = [http.get(f"{ORGANIZATION}/audit_events", params={"per_page": 5}).json()]
    while len(pages) < 3:
        pages.append(http.get(pages[-1]["links"]["next"]).json())
    previous = http.get(pages[2]["links"]["prev"]).json()
    assert [event["uuid"] for event in previous["items"]] == [event["uuid"] for event in pages[1]["items"]]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="a page before a cursor consists of the first events instead of those next to the cursor",
    source="pages/apis/rest_api/organizations/audit_events.md: before returns the previous page before the cursor",
    witness=previous_page_is_adjacent,
)
async def before_returns_first_events(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_list = request.values("GET", f"{ORGANIZATION_PATH}/audit_events") is not None
    if is_list and response.status == 200 and "before" in request.params:
        larger = deepcopy(request)
        larger.params["per_page"] = [str(LARGEST_SIZE)]
        body, all_before = response.json, (await server.call(larger)).json
        body["items"] = all_before["items"][: len(body["items"])]
        response.json = body
    return response


def next_page_has_the_same_name(http: httpx.Client) -> None:
    page = http.get(f"{REGISTRIES}/gems/packages", params={"name": "shop-mail", "per_page": 1}).json()
    names = [package["name"] for package in page["items"]]
    while "next" in page["links"]:
        page = http.get(page["links"]["next"]).json()
        names += [package["name"] for package in page["items"]]
    assert set(names) == {"shop-mail"}


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="the links to other pages lack the filter name",
    source="pages/apis/rest_api/package_registries/packages.md: List all packages, name",
    witness=next_page_has_the_same_name,
)
async def package_links_without_name(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{REGISTRIES_PATH}/{{registry}}/packages") is not None and response.status == 200:
        body = response.json
        others = {rel: str(httpx.URL(url).copy_remove_param("name")) for rel, url in body["links"].items()}
        body["links"] = {**others, "self": body["links"]["self"]}
        response.json = body
    return response


def path_without_wildcard_is_exact(http: httpx.Client) -> None:
    for artifact in http.get(f"{build_with_artifacts(http)}/artifacts").json():
        artifacts = f"{ORGANIZATION}/jobs/{artifact['job_id']}/artifacts"
        assert artifact["id"] in [each["id"] for each in http.get(artifacts, params={"path": artifact["path"]}).json()]
        assert http.get(artifacts, params={"path": artifact["dirname"]}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listJobArtifacts",
    title="a path without wildcard finds all artifacts whose path starts with it",
    source="pages/apis/rest_api/artifacts.md: path supports exact matches and glob patterns",
    witness=path_without_wildcard_is_exact,
)
async def path_as_prefix(server: Server, request: Request) -> Response:
    path = first(request, "path")
    if request.values("GET", f"{ORGANIZATION_PATH}/jobs/{{job}}/artifacts") is not None and path and "*" not in path:
        request.params["path"] = [f"{path}*"]
    return await server.call(request)


def pages_of_rules_are_complete(http: httpx.Client) -> None:
    expected = [rule["uuid"] for rule in http.get(f"{ORGANIZATION}/rules").json()]
    response = http.get(f"{ORGANIZATION}/rules", params={"per_page": 2})
    found = [rule["uuid"] for rule in response.json()]
    while "next" in response.links:
        response = http.get(response.links["next"]["url"])
        found += [rule["uuid"] for rule in response.json()]
    assert found == expected


@MUTANTS.plant(
    "lists",
    operations="listRules",
    title="each page after the first starts with the last rule of the page before",
    source="pages/apis/rest_api/rules.md: a paginated list; pages/apis/rest_api.md: page and per_page",
    witness=pages_of_rules_are_complete,
)
async def overlapping_pages_of_rules(server: Server, request: Request) -> Response:
    response = await server.call(request)
    number, size = page_number(request), page_size(request)
    is_list = request.values("GET", f"{ORGANIZATION_PATH}/rules") is not None
    if is_list and response.status == 200 and number > 1 and response.json:
        begin = (number - 1) * size - 1
        response.json = (await everything(server, request))[begin : begin + size]
    return response


def search_finds_scopes(http: httpx.Client) -> None:
    tests = f"{ANALYTICS}/suites/rspec/flaky-tests"
    for test in http.get(tests).json():
        found = http.get(tests, params={"search": test["scope"]}).json()
        assert test["id"] in [each["id"] for each in found], test["scope"]


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="search finds names and locations, but not scopes",
    source="pages/apis/rest_api/test_engine/flaky_tests.md: search returns tests whose name or scope contains it",
    witness=search_finds_scopes,
)
async def search_without_scopes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    text = (first(request, "search") or "").lower()
    if request.values("GET", f"{SUITES_PATH}/{{suite}}/flaky-tests") is not None and response.status == 200 and text:
        found = await everything(server, request)
        kept = [test for test in found if text in test["name"].lower() or text in (test["location"] or "").lower()]
        set_page(request, response, kept)
    return response
