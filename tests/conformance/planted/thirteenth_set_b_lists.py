"""Wrong items, filters and pages of lists."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_b_support import (
    ACME,
    BUILD,
    RSPEC,
    SUITE,
    V2,
    clusters,
    edited,
    matches,
    page_number,
    read,
)

MUTANTS = Mutants()


def shortest_test_first(http: httpx.Client) -> None:
    headers = {"Buildkite-Version": "2026-08-01"}
    params = {"order": "asc", "min_timestamp": "2026-02-01T00:00:00Z"}
    found = [test["duration_avg"] for test in http.get(f"{RSPEC}/tests", params=params, headers=headers).json()]
    assert len(set(found)) > 1
    assert found == sorted(found)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="`order` has no effect on tests without `sort_by`",
    source="pages/apis/rest_api/test_engine/tests.md: order: asc and desc; sort_by: The default value is duration_avg",
    witness=shortest_test_first,
)
async def order_needs_sort_by_b(server: Server, request: Request) -> Response:
    if matches(request, f"GET {SUITE}/tests") is not None and "sort_by" not in request.params:
        request.params.pop("order", None)
    return await server.call(request)


def teams_of_member(http: httpx.Client) -> None:
    team = http.get(f"{ACME}/teams").json()[0]["id"]
    member = next(one for one in http.get(f"{ACME}/teams/{team}/members").json() if one["role"] == "member")
    found = http.get(f"{ACME}/teams", params={"user_id": member["user_id"]}).json()
    assert team in [one["id"] for one in found]


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` of teams finds only teams that the user maintains",
    source="pages/apis/rest_api/teams.md: Filters the results to teams that have the given user as a member",
    witness=teams_of_member,
)
async def teams_of_maintainers_only(server: Server, request: Request) -> Response:
    user = request.params.get("user_id", [""])[-1]
    if matches(request, f"GET {V2}/teams", f"HEAD {V2}/teams") is None or not user:
        return await server.call(request)
    response = await server.call(request)
    if response.status != 200:
        return response
    whole = deepcopy(request)
    whole.method, whole.params = "GET", {"user_id": [user], "per_page": ["100"]}
    maintained = []
    for team in (await server.call(whole)).json:
        member = await read(server, request, f"{request.path}/{team['id']}/members/{user}")
        if member.status == 200 and member.json["role"] == "maintainer":
            maintained.append(team)
    size = page_number(request, "per_page", 30)
    start = (page_number(request, "page", 1) - 1) * size
    last = max(-(-len(maintained) // size), 1)
    links = [part for part in response.headers.pop("link", "").split(", ") if part and _page(part) <= last]
    if start + size >= len(maintained):
        links = [part for part in links if 'rel="next"' not in part and 'rel="last"' not in part]
    if links:
        response.headers["link"] = ", ".join(links)
    response.json = maintained[start : start + size]
    if request.method == "HEAD":
        response.headers["content-length"], response.body = str(len(response.body)), b""
    return response


def _page(link: str) -> int:
    found = re.search(r"[?&]page=(\d+)", link)
    return int(found[1]) if found else 1


def page_before(http: httpx.Client) -> None:
    second = http.get(http.get(f"{ACME}/audit_events", params={"per_page": 5}).json()["links"]["next"]).json()
    third = http.get(second["links"]["next"]).json()
    assert http.get(third["links"]["prev"]).json()["items"] == second["items"]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="`before` always returns the first page of audit events",
    source="pages/apis/rest_api/organizations/audit_events.md: before: Returns the previous page before the cursor",
    witness=page_before,
)
async def previous_page_is_first(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = (f"GET {V2}/audit_events", f"HEAD {V2}/audit_events")
    if matches(request, *routes) is None or response.status != 200 or "before" not in request.params:
        return response
    request.params.pop("before")
    return await server.call(request)


def detached_volumes(http: httpx.Client) -> None:
    found = http.get(f"{clusters(http)['Hosted']}/cache_volumes").json()
    assert found
    assert all(volume["detached_at"] is not None for volume in found)


@MUTANTS.plant(
    "lists",
    operations="listClusterCacheVolumes",
    title="a cache volume that is still attached is listed too",
    source="pages/apis/rest_api/clusters/cache_volumes.md: Volumes that have not been detached are not returned",
    witness=detached_volumes,
)
async def attached_volume_is_listed(server: Server, request: Request) -> Response:
    def edit(volumes: Any) -> Any:
        if not volumes:
            return volumes
        attached = {"id": "vol-0c1d2e3f405162738495a6b7c8", "tag": "docs/cache", "detached_at": None}
        return [*volumes, volumes[0] | attached]

    return await edited(server, request, edit, f"GET {V2}/clusters/{{cluster}}/cache_volumes")


def annotations_of_both_scopes(http: httpx.Client) -> None:
    found = http.get(f"{ACME}/pipelines/web/builds/29/annotations", params={"scope": "all"}).json()
    assert {one["scope"] for one in found} == {"build", "job"}


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="`scope=all` returns only the annotations of jobs",
    source="pages/apis/rest_api/annotations.md: The all value returns both",
    witness=annotations_of_both_scopes,
)
async def all_annotations_are_those_of_jobs(server: Server, request: Request) -> Response:
    routes = (f"GET {BUILD}/annotations", f"HEAD {BUILD}/annotations")
    if matches(request, *routes) is not None and request.params.get("scope") == ["all"]:
        request.params["scope"] = ["job"]
        response = await server.call(request)
        if "link" in response.headers:
            response.headers["link"] = response.headers["link"].replace("scope=job", "scope=all")
        return response
    return await server.call(request)


def last_page_has_items(http: httpx.Client) -> None:
    total = len(http.get(f"{ACME}/pipelines", params={"per_page": 100}).json())
    size = next(size for size in range(total // 2, 0, -1) if total % size == 0)
    last = http.get(f"{ACME}/pipelines", params={"per_page": size}).links["last"]["url"]
    assert http.get(last).json()


@MUTANTS.plant(
    "lists",
    operations="listPipelines",
    title="the link to the last page leads beyond the end if the last page is full",
    source="pages/apis/rest_api.md: Link HTTP response header containing zero or more of next, prev, first and last",
    witness=last_page_has_items,
)
async def last_page_is_empty(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link", "")
    last = next((part for part in link.split(", ") if 'rel="last"' in part), None)
    if matches(request, f"GET {V2}/pipelines", f"HEAD {V2}/pipelines") is None or last is None:
        return response
    end = deepcopy(request)
    end.method, end.params["page"] = "GET", [str(_page(last))]
    if len((await server.call(end)).json) == page_number(request, "per_page", 30):
        beyond = re.sub(r"([?&]page=)\d+", rf"\g<1>{_page(last) + 1}", last)
        response.headers["link"] = link.replace(last, beyond)
    return response
