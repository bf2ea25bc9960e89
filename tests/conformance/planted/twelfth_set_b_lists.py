"""Wrong lists."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_b_support import (
    ANALYTICS,
    ANY_ORG,
    ANY_REGISTRY,
    ANY_SUITE,
    ORG,
    REGISTRIES,
    SUITE,
    WEB,
    matches,
    other,
)

MUTANTS = Mutants()


def label_is_exact(http: httpx.Client) -> None:
    test = next(test for test in http.get(f"{SUITE}/tests").json() if not test["labels"])["id"]
    http.patch(f"{SUITE}/tests/{test}/labels", json={"operator": "add", "labels": ["flaky-before"]})
    assert test not in [one["id"] for one in http.get(f"{SUITE}/tests", params={"label": "flaky"}).json()]


@MUTANTS.plant(
    "lists",
    operations="listTests listFlakyTests",
    title="the filter `label` of tests finds labels that begin with the value",
    source="pages/apis/rest_api/test_engine/flaky_tests.md, tests.md: Filters the results by a single test label",
    witness=label_is_exact,
)
async def label_finds_prefixes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    label = request.params.get("label", [""])[-1]
    if label and response.status == 200 and matches(request, f"GET {ANY_SUITE}/tests") and "page" not in request.params:
        request.params.pop("label")
        request.params["per_page"] = ["100"]
        tests = (await server.call(request)).json
        found = [test for test in tests if any(one.startswith(label) for one in test["labels"])]
        if "link" not in response.headers:
            response.json = found
    return response


def every_execution_failed(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/3").json()["id"]
    for test in http.get(f"{ANALYTICS}/builds/{build}/tests", params={"tags": "result:^failed"}).json():
        assert test["executions_count_by_result"]["passed"] == 0


@MUTANTS.plant(
    "lists",
    operations="listBuildTests",
    title="the operator `^` of the tag `result` works like `~` in the tests of a build",
    source="pages/apis/rest_api/test_engine/build_tests.md: Returns groups where every execution matches",
    witness=every_execution_failed,
)
async def any_execution_matches(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/analytics/organizations/{org}/builds/{build}/tests") and "tags" in request.params:
        request.params["tags"] = [tags.replace("result:^", "result:~") for tags in request.params["tags"]]
    return await server.call(request)


def teams_of_maintainer(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    found = http.get(f"{ORG}/teams", params={"user_id": user}).json()
    assert "frontend" in [team["slug"] for team in found]


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` of teams does not find teams whose maintainer the user is",
    source="pages/apis/rest_api/teams.md: teams that have the given user as a member",
    witness=teams_of_maintainer,
)
async def teams_without_maintainers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status != 200 or "user_id" not in request.params or not matches(request, f"GET {ANY_ORG}/teams"):
        return response
    kept: list[Any] = []
    for team in response.json:
        path = f"{request.path}/{team['id']}/members/{request.params['user_id'][-1]}"
        member = (await server.call(other(request, "GET", path))).json
        if member.get("role") != "maintainer":
            kept.append(team)
    response.json = kept
    return response


def repository_in_any_case(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["url"]
    found = http.get(f"{connection}/repositories", params={"repository": "Acme/WEB"}).json()
    assert [repository["full_name"] for repository in found] == ["acme/web"]


@MUTANTS.plant(
    "lists",
    operations="listRepositoryConnections",
    title="the filter `repository` of the repositories of a connection is case-sensitive",
    source="pages/apis/rest_api/repository_connections.md: matches this value (case-insensitive exact match)",
    witness=repository_in_any_case,
)
async def repository_in_same_case(server: Server, request: Request) -> Response:
    response = await server.call(request)
    route = f"GET {ANY_ORG}/repository_connections/{{connection}}/repositories"
    if response.status == 200 and "repository" in request.params and matches(request, route):
        response.json = [one for one in response.json if one["full_name"] in request.params["repository"]]
    return response


def name_on_next_page(http: httpx.Client) -> None:
    page = http.get(f"{REGISTRIES}/gems/packages", params={"name": "shop-tax", "per_page": 1}).json()
    while "next" in page["links"]:
        page = http.get(page["links"]["next"]).json()
        assert [package["name"] for package in page["items"]] == ["shop-tax"]


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="links to other pages of packages do not have the filter `name`",
    source="pages/apis/rest_api/package_registries/packages.md: Filters the results by the package name",
    witness=name_on_next_page,
)
async def next_page_forgets_name(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status != 200 or not matches(request, f"GET {ANY_REGISTRY}/packages"):
        return response

    def without_name(url: str) -> str:
        return re.sub(r"&name=[^&>]*|(?<=\?)name=[^&>]*&", "", url)

    found = response.json
    links = {key: url if key == "self" else without_name(url) for key, url in found["links"].items()}
    response.json = found | {"links": links}
    if "link" in response.headers:
        response.headers["link"] = without_name(response.headers["link"])
    return response


def newest_events_first(http: httpx.Client) -> None:
    first = http.get(f"{ORG}/audit_events", params={"per_page": 3}).json()
    second = http.get(first["links"]["next"]).json()
    assert http.get(second["links"]["prev"]).json()["items"] == first["items"]


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="audit events before a cursor are listed with the oldest first",
    source="pages/apis/rest_api/organizations/audit_events.md: ordered from newest to oldest",
    witness=newest_events_first,
)
async def reversed_previous_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and "before" in request.params and matches(request, f"GET {ANY_ORG}/audit_events"):
        found = response.json
        response.json = found | {"items": found["items"][::-1]}
    return response


def all_emojis(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/emojis", params={"per_page": 2}).json() == http.get(f"{ORG}/emojis").json()


@MUTANTS.plant(
    "lists",
    operations="listEmojis",
    title="the list of emojis has pages",
    source="pages/apis/rest_api/emojis.md: This list is not paginated",
    witness=all_emojis,
)
async def pages_of_emojis(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and matches(request, f"GET {ANY_ORG}/emojis"):
        page, size = (request.params.get(name, [default])[-1] for name, default in (("page", "1"), ("per_page", "30")))
        if page.isdigit() and size.isdigit() and int(size) > 0:
            start = max(int(page) - 1, 0) * int(size)
            response.json = response.json[start : start + int(size)]
    return response
