"""Third set of bugs, second half: order, filters and pages of lists."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_b_tools import (
    ANALYTICS,
    HOSTED_CLUSTER,
    METRICS,
    ORG,
    PACKAGES,
    as_admin,
    get,
)

LISTS: Final = Mutants()

INVITATIONS: Final = "/v2/organizations/{org}/invitations"


def without(request: Request, name: str) -> Request:
    """Return the request without a parameter."""
    return evolve(request, params={key: value for key, value in request.params.items() if key != name})


def before_returns_the_previous_page(http: httpx.Client) -> None:
    first = get(http, f"{ORG}/audit_events", per_page=2)
    second = http.get(first["links"]["next"]).json()
    third = http.get(second["links"]["next"]).json()
    cursor = parse_qs(urlsplit(third["links"]["next"]).query)["after"][0]
    found = get(http, f"{ORG}/audit_events", per_page=2, before=cursor)["items"]
    expected = [second["items"][1]["uuid"], third["items"][0]["uuid"]]
    assert [event["uuid"] for event in found] == expected


@LISTS.plant(
    "lists",
    operations="listAuditEvents",
    title="`before` returns the first page instead of the page before the cursor",
    source="pages/apis/rest_api/organizations/audit_events.md: before, the previous page before the supplied cursor",
    witness=before_returns_the_previous_page,
)
async def audit_events_before_restart(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/audit_events"
    if request.values("GET", path) is not None and response.status == 200 and "before" in request.params:
        return await server.call(without(request, "before"))
    return response


def revoked_invitations_are_not_listed(http: httpx.Client) -> None:
    invitation = get(http, f"{ORG}/invitations")["items"][0]
    assert http.delete(invitation["url"]).status_code == 204
    assert all(each["id"] != invitation["id"] for each in get(http, f"{ORG}/invitations")["items"])


@LISTS.plant(
    "lists",
    operations="listOrganizationInvitations revokeOrganizationInvitation",
    title="invitations that were revoked through the API are still listed, at the end",
    source="pages/apis/rest_api/organizations/invitations.md: The list does not include revoked invitations",
    witness=revoked_invitations_are_not_listed,
)
async def revoked_invitations_in_list(server: Server, request: Request) -> Response:
    response = await server.call(request)
    revoked = server.memory.setdefault("revoked", [])
    if request.values("DELETE", INVITATIONS + "/{id}") is not None and response.status == 204:
        revoked.append(request.path)
    if (values := request.values("GET", INVITATIONS)) is not None and response.status == 200:
        body = response.json
        if "next" not in body["links"]:
            own = [path for path in revoked if path.split("/")[3] == values["org"]]
            body["items"] += [(await server.call(as_admin("GET", path))).json for path in own]
            response.json = body
    return response


def next_page_keeps_the_name(http: httpx.Client) -> None:
    names = [package["name"] for package in get(http, f"{PACKAGES}/gems/packages")["items"]]
    name = names[0]
    assert 1 < names.count(name) < len(names)
    page, found = get(http, f"{PACKAGES}/gems/packages", name=name, per_page=1), []
    for _ in names:
        found += page["items"]
        if "next" not in page["links"]:
            break
        page = http.get(page["links"]["next"]).json()
    assert [package["name"] for package in found] == [name] * names.count(name)


@LISTS.plant(
    "lists",
    operations="listPackages",
    title="the link to the next page of packages lacks the filter `name`",
    source="pages/apis/rest_api/package_registries/packages.md: name, Filters the results by the package name",
    witness=next_page_keeps_the_name,
)
async def package_name_lost_on_next_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/packages/organizations/{org}/registries/{registry}/packages"
    if request.values("GET", path) is not None and response.status == 200:
        body = response.json
        if "next" in body["links"]:
            url = urlsplit(body["links"]["next"])
            query = {name: value for name, value in parse_qs(url.query).items() if name != "name"}
            body["links"]["next"] = url._replace(query=urlencode(query, doseq=True)).geturl()
            response.json = body
    return response


def runs_are_of_the_build(http: httpx.Client) -> None:
    runs = get(http, f"{ANALYTICS}/suites/rspec/runs")
    build = runs[-1]["build_id"]
    found = get(http, f"{ANALYTICS}/suites/rspec/runs", build_id=build)
    assert [run["build_id"] for run in found] == [build]


@LISTS.plant(
    "lists",
    operations="listTestRuns",
    title="the filter `build_id` of the runs of a suite is validated and then ignored",
    source="pages/apis/rest_api/test_engine/_runs_list_query_strings.md: build_id",
    witness=runs_are_of_the_build,
)
async def runs_of_every_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/analytics/organizations/{org}/suites/{suite}/runs"
    if request.values("GET", path) is not None and response.status == 200 and "build_id" in request.params:
        return await server.call(without(request, "build_id"))
    return response


def images_are_sorted_by_name(http: httpx.Client) -> None:
    names = [image["name"] for image in get(http, f"{HOSTED_CLUSTER}/agent-images")]
    assert len(names) > 2
    assert names == sorted(names)


@LISTS.plant(
    "lists",
    operations="listClusterAgentImages",
    title="agent images are listed by id",
    source="pages/apis/rest_api/clusters/agent_images.md: sorted alphabetically by name",
    witness=images_are_sorted_by_name,
)
async def agent_images_by_id(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/clusters/{cluster}/agent-images"
    if request.values("GET", path) is not None and response.status == 200:
        response.json = sorted(response.json, key=lambda image: image["id"])
    return response


def tests_are_sorted_by_sum(http: httpx.Client) -> None:
    found = http.get(f"{ANALYTICS}/suites/rspec/tests", params={"sort_by": "duration_sum"}, headers=METRICS).json()
    sums = [test["duration_sum"] for test in found if test["duration_sum"] is not None]
    assert len(sums) > 2
    assert sums == sorted(sums, reverse=True)


@LISTS.plant(
    "lists",
    operations="listTests",
    title="`sort_by=duration_sum` sorts tests by their average duration",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: sort_by",
    witness=tests_are_sorted_by_sum,
)
async def sum_sorts_by_average(server: Server, request: Request) -> Response:
    path = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
    if request.values("GET", path) is not None and request.params.get("sort_by") == ["duration_sum"]:
        request = evolve(request, params={**request.params, "sort_by": ["duration_avg"]})
    return await server.call(request)


def each_tag_has_one_volume(http: httpx.Client) -> None:
    tags = [volume["tag"] for volume in get(http, f"{HOSTED_CLUSTER}/cache_volumes")]
    assert tags
    assert len(tags) == len(set(tags))


@LISTS.plant(
    "lists",
    operations="listClusterCacheVolumes",
    title="the cache volumes of a cluster include an older volume of a tag",
    source="pages/apis/rest_api/clusters/cache_volumes.md: the latest detached cache volume for each tag",
    witness=each_tag_has_one_volume,
)
async def old_cache_volumes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/clusters/{cluster}/cache_volumes"
    if request.values("GET", path) is not None and response.status == 200 and response.json:
        first = response.json[0]
        older = {
            **first,
            "id": f"{first['id'][:-4]}01d0",
            "created_at": "2025-06-02T09:00:00.000Z",
            "attached_at": "2025-08-01T08:50:00.000Z",
            "detached_at": "2025-08-01T09:00:00.000Z",
        }
        response.json = [*response.json, older]
    return response
