"""Bugs of the class *lists*: filters, order and pages."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_a_support import (
    ACME,
    ACME_REGISTRIES,
    ACME_SUITES,
    BUILD,
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINES,
    REGISTRY,
    SUITES,
    fetched,
    links_of,
    read,
    relink,
    repaged,
    set_links,
    some_artifact,
    with_json,
)

MUTANTS: Final = Mutants()


def part_of_a_name_matches(http: httpx.Client) -> None:
    made = http.post(
        f"{ACME}/pipelines",
        json={
            "name": "Payments of customers",
            "repository": "git@github.com:acme/payments.git",
            "cluster_id": http.get(f"{ACME}/clusters").json()[0]["id"],
            "configuration": "steps:\n  - command: make\n",
        },
    ).json()
    found = http.get(f"{ACME}/pipelines", params={"name": "OF cust"}).json()
    assert made["id"] in [pipeline["id"] for pipeline in found]


@MUTANTS.plant(
    "lists",
    operations="listPipelines",
    title="the filter `name` only matches the beginning of names",
    source="pages/apis/rest_api/pipelines.md#list-pipelines: name supports partial matches",
    witness=part_of_a_name_matches,
)
async def name_must_begin_with_filter(server: Server, request: Request) -> Response:
    wanted = request.params.get("name", [""])[-1].lower()
    if read(request, PIPELINES) is None or not wanted:
        return await server.call(request)
    return await repaged(server, request, lambda pipeline: pipeline["name"].lower().startswith(wanted))


def path_without_wildcard_is_exact(http: httpx.Client) -> None:
    artifact = some_artifact(http, "coverage/index.html")
    url = f"{ACME}/jobs/{artifact['job_id']}/artifacts"
    assert [item["id"] for item in http.get(url, params={"path": "coverage/index.html"}).json()] == [artifact["id"]]
    assert http.get(url, params={"path": "coverage"}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listJobArtifacts listJobArtifactsInBuild listBuildArtifacts",
    title="the filter `path` without a wildcard also finds the paths that begin with it",
    source="pages/apis/rest_api/artifacts.md: path supports exact matches, and glob patterns with `*` as a wildcard",
    witness=path_without_wildcard_is_exact,
)
async def path_is_prefix(server: Server, request: Request) -> Response:
    path = request.params.get("path", [""])[-1]
    is_list = read(request, f"{JOB}/artifacts", f"{JOB_IN_BUILD}/artifacts", f"{BUILD}/artifacts") is not None
    if not is_list or not path or "*" in path:
        return await server.call(request)
    response = await server.call(evolve(request, params={**request.params, "path": [f"{path}*"]}))
    relink(response, request.params)
    return response


def previous_page_is_in_order(http: httpx.Client) -> None:
    url = f"{ACME}/audit_events"
    first = http.get(url, params={"per_page": 5}).json()
    second = http.get(first["links"]["next"]).json()
    back = http.get(second["links"]["prev"]).json()
    assert [event["uuid"] for event in back["items"]] == [event["uuid"] for event in first["items"]]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="the page before a cursor has the oldest event first",
    source="pages/apis/rest_api/organizations/audit_events.md#list-audit-events: ordered from newest to oldest",
    witness=previous_page_is_in_order,
)
async def page_before_cursor_is_reversed(server: Server, request: Request) -> Response:
    if read(request, f"{ORG}/audit_events") is None or "before" not in request.params:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    return with_json(response, {**body, "items": body["items"][::-1]}) if response.status == 200 else response


def next_page_is_filtered_too(http: httpx.Client) -> None:
    found = []
    response = http.get(f"{ACME_REGISTRIES}/gems/packages", params={"name": "shop-tax", "per_page": 1})
    while True:
        page = response.json()
        found += [package["name"] for package in page["items"]]
        if "next" not in page["links"]:
            break
        response = http.get(page["links"]["next"])
    assert found == ["shop-tax", "shop-tax"]


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="the link to the next page has lost the filter `name`",
    source="pages/apis/rest_api/package_registries/packages.md#list-all-packages: name filters the results",
    witness=next_page_is_filtered_too,
)
async def next_link_forgets_name(server: Server, request: Request) -> Response:
    if read(request, f"{REGISTRY}/packages") is None or "name" not in request.params:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status != 200 or "next" not in body["links"]:
        return response
    url, _, query = body["links"]["next"].partition("?")
    body["links"]["next"] = f"{url}?{urlencode([pair for pair in parse_qsl(query) if pair[0] != 'name'])}"
    return with_json(response, body)


def all_pages_of_suites_are_reached(http: httpx.Client) -> None:
    everything = [suite["slug"] for suite in http.get(ACME_SUITES).json()]
    found = []
    response = http.get(ACME_SUITES, params={"per_page": 1})
    while True:
        found += [suite["slug"] for suite in response.json()]
        if "next" not in response.links:
            break
        response = http.get(response.links["next"]["url"])
    assert found == everything


@MUTANTS.plant(
    "lists",
    operations="listTestSuites",
    title="the last page but one has no link to the next page",
    source="pages/apis/rest_api.md#pagination: Link with next",
    witness=all_pages_of_suites_are_reached,
)
async def last_page_of_suites_is_not_linked(server: Server, request: Request) -> Response:
    response = await server.call(request)
    links = links_of(response.headers)
    if read(request, SUITES) is not None and links.get("next", "") == links.get("last"):
        set_links(response, {rel: url for rel, url in links.items() if rel != "next"})
    return response


def repository_matches_in_any_case(http: httpx.Client) -> None:
    url = f"{http.get(f'{ACME}/repository_connections').json()[0]['url']}/repositories"
    name = http.get(url).json()[0]["full_name"]
    assert [item["full_name"] for item in http.get(url, params={"repository": name.upper()}).json()] == [name]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` is case-sensitive",
    source="pages/apis/rest_api/repository_connections.md: repository, case-insensitive exact match",
    witness=repository_matches_in_any_case,
)
async def repository_must_have_same_case(server: Server, request: Request) -> Response:
    template = f"{ORG}/repository_connections/{{repository_connection_id}}/repositories"
    if read(request, template) is None or "repository" not in request.params:
        return await server.call(request)
    response = await fetched(server, request)
    name = request.params["repository"][-1]
    if response.status != 200:
        return response
    return with_json(response, [item for item in response.json if item["full_name"] == name])


def scope_is_searched(http: httpx.Client) -> None:
    url = f"{ACME_SUITES}/rspec/flaky-tests"
    wanted = http.get(url).json()[0]
    found = http.get(url, params={"search": wanted["scope"]}).json()
    assert wanted["id"] in [test["id"] for test in found]


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="`search` finds the names of tests, but not their scopes",
    source="pages/apis/rest_api/test_engine/_flaky_tests_query_strings.md: search, a name or scope that contains it",
    witness=scope_is_searched,
)
async def search_leaves_out_scope(server: Server, request: Request) -> Response:
    text = request.params.get("search", [""])[-1].lower()
    if read(request, f"{SUITES}/{{suite_slug}}/flaky-tests") is None or not text:
        return await server.call(request)
    return await repaged(server, request, lambda test: text in test["name"].lower())
