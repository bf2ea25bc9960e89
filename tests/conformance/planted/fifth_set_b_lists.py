"""Bugs in lists: items, filters, order and pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
from tests.conformance.planted.fifth_set_b_support import (
    ORGANIZATION,
    SUITES,
    VERSION,
    cluster_path,
    send,
    with_parameter,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()

TESTS = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
BUILD_TESTS = "/v2/analytics/organizations/{org}/builds/{build}/tests"


def version_is_exact(http: httpx.Client) -> None:
    version = http.get(f"{ORGANIZATION}/agents").json()[0]["version"]
    assert http.get(f"{ORGANIZATION}/agents", params={"version": version[:-1]}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="the filter `version` also matches versions that begin with its value",
    source="pages/apis/rest_api/agents.md: the given exact version number",
    witness=version_is_exact,
)
async def other_version_prefix(server: Server, request: Request) -> Response:
    response = await server.call(request)
    versions = request.params.get("version")
    if request.values("GET", "/v2/organizations/{org}/agents") is None or versions is None or response.json != []:
        return response
    every = await send(server, request, "GET", request.path, per_page="100")
    if every.status == 200 and versions[-1] and "page" not in request.params:
        response.json = [agent for agent in every.json if agent["version"].startswith(versions[-1])]
    return response


def user_filter_has_all_teams(http: httpx.Client) -> None:
    teams = {team["id"] for team in http.get(f"{ORGANIZATION}/teams").json()}
    for user in http.get(f"{ORGANIZATION}/members").json():
        found = {team["id"] for team in http.get(f"{ORGANIZATION}/teams", params={"user_id": user["id"]}).json()}
        for team in teams:
            status = http.get(f"{ORGANIZATION}/teams/{team}/members/{user['id']}").status_code
            assert (status == 200) == (team in found)


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` leaves out teams that the user does not maintain",
    source="pages/apis/rest_api/teams.md: teams that have the given user as a member",
    witness=user_filter_has_all_teams,
)
async def only_maintained_teams(server: Server, request: Request) -> Response:
    response = await server.call(request)
    users = request.params.get("user_id")
    if request.values("GET", "/v2/organizations/{org}/teams") is None or users is None or response.status != 200:
        return response
    kept = []
    for team in response.json:
        member = await send(server, request, "GET", f"{request.path}/{team['id']}/members/{users[-1]}")
        if member.status == 200 and member.json["role"] == "maintainer":
            kept.append(team)
    response.json = kept
    return response


def reliability_ascends(http: httpx.Client) -> None:
    params = {"sort_by": "reliability", "order": "asc"}
    tests = http.get(f"{SUITES}/rspec/tests", params=params, headers=VERSION).json()
    found = [test["reliability"] for test in tests if test["reliability"] is not None]
    assert found == sorted(found)


@MUTANTS.plant(
    "lists",
    operations="listTests listBuildTests",
    title="`order` has no effect when tests are sorted by reliability",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: `order`",
    witness=reliability_ascends,
)
async def reliability_descends(server: Server, request: Request) -> Response:
    is_list = request.values("GET", TESTS) or request.values("GET", BUILD_TESTS)
    sort = [request.params.get(name) for name in ("sort_by", "order")]
    if not is_list or sort != [["reliability"], ["asc"]]:
        return await server.call(request)
    request.params["order"] = ["desc"]
    return with_parameter(await server.call(request), "order", "asc")


def labels_are_excluded(http: httpx.Client) -> None:
    tests = http.get(f"{SUITES}/rspec/tests", params={"labels": "flaky,!slow"}, headers=VERSION).json()
    assert tests
    assert all("flaky" in test["labels"] and "slow" not in test["labels"] for test in tests)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="`!` in `labels` has no effect after a label without it",
    source="pages/apis/rest_api/test_engine/tests.md: labeled with foo but not bar",
    witness=labels_are_excluded,
)
async def forgotten_exclusion(server: Server, request: Request) -> Response:
    labels = request.params.get("labels", [""])[-1].split(",")
    wanted = [label for label in labels if not label.startswith("!")]
    if request.values("GET", TESTS) is None or wanted in ([], [""]) or wanted == labels:
        return await server.call(request)
    request.params["labels"] = [",".join(wanted)]
    return with_parameter(await server.call(request), "labels", ",".join(labels))


def created_to_is_exclusive(http: httpx.Client) -> None:
    created_at = http.get(f"{ORGANIZATION}/builds").json()[3]["created_at"]
    found = http.get(f"{ORGANIZATION}/builds", params={"created_to": created_at}).json()
    assert all(build["created_at"] < created_at for build in found)


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="`created_to` includes builds created at that time",
    source="pages/apis/rest_api/_builds_list_query_strings.md: builds created before the given time",
    witness=created_to_is_exclusive,
)
async def other_inclusive_created_to(server: Server, request: Request) -> Response:
    value = request.params.get("created_to")
    if request.method == "GET" and request.path.endswith("/builds") and value is not None:
        try:
            later = datetime.fromisoformat(value[-1]) + timedelta(milliseconds=1)
        except ValueError:
            return await server.call(request)
        sent = later.isoformat(timespec="milliseconds")
        request.params["created_to"] = [sent.replace("+00:00", "Z")]
        return with_parameter(await server.call(request), "created_to", value[-1])
    return await server.call(request)


def large_pages_are_whole(http: httpx.Client) -> None:
    one = [build["id"] for build in http.get(f"{ORGANIZATION}/builds", params={"per_page": 90}).json()]
    pages = (http.get(f"{ORGANIZATION}/builds", params={"per_page": 30, "page": page}).json() for page in (1, 2, 3))
    assert one == [build["id"] for page in pages for build in page][:90]


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds listOrganizationBuilds",
    title="a page has at most 50 builds, and the next one does not have the others",
    source="pages/apis/rest_api.md: `per_page`, maximum 100",
    witness=large_pages_are_whole,
)
async def lost_after_fifty(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_list = request.values("GET", "/v2/organizations/{org}/builds") is not None or request.path == "/v2/builds"
    if request.method == "GET" and is_list and response.status == 200:
        response.json = response.json[:50]
    return response


def one_volume_for_each_tag(http: httpx.Client) -> None:
    volumes = http.get(f"{cluster_path(http, 'Hosted')}/cache_volumes").json()
    assert len({volume["tag"] for volume in volumes}) == len(volumes)


@MUTANTS.plant(
    "lists",
    operations="listClusterCacheVolumes",
    title="the list also has an earlier volume of a tag",
    source="pages/apis/rest_api/clusters/cache_volumes.md: the latest detached cache volume for each tag",
    witness=one_volume_for_each_tag,
)
async def earlier_volume(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/clusters/{cluster}/cache_volumes"
    if request.values("GET", template) is not None and response.status == 200 and response.json:
        last = response.json[-1]
        times = {"attached_at": last["created_at"], "detached_at": last["created_at"]}
        response.json = [*response.json, {**last, "id": f"{last['id'][:-4]}0000", **times}]
    return response
