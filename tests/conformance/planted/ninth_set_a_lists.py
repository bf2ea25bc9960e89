"""Ninth set of planted bugs: filters, order and pages of lists."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_a_support import (
    ANALYTICS,
    ORG,
    PACKAGES,
    REGISTRY_PATH,
    SCHEDULES_PATH,
    SUITE_PATH,
    VERSION,
    call_with,
    send,
)

MUTANTS = Mutants()


def second_page_by_name(http: httpx.Client) -> None:
    page = http.get(f"{PACKAGES}/registries/gems/packages", params={"name": "shop-tax", "per_page": 1}).json()
    while True:
        assert {package["name"] for package in page["items"]} <= {"shop-tax"}
        if "next" not in page["links"]:
            break
        page = http.get(page["links"]["next"]).json()


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="the link to the next page of packages lacks the filter `name`",
    source="pages/apis/rest_api/package_registries/packages.md: `name`, links",
    witness=second_page_by_name,
)
async def next_packages_without_filter(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", REGISTRY_PATH + "/packages"):
        found = response.json
        if "next" in found["links"]:
            url = httpx.URL(found["links"]["next"])
            found["links"]["next"] = str(url.copy_remove_param("name"))
            response.json = found
    return response


def most_reliable_first(http: httpx.Client) -> None:
    found = http.get(f"{ANALYTICS}/suites/rspec/tests", params={"sort_by": "reliability"}, headers=VERSION).json()
    values = [test["reliability"] for test in found if test["reliability"] is not None]
    assert values == sorted(values, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="tests sorted by reliability are in ascending order by default",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: `order`, The default value is `desc`",
    witness=most_reliable_first,
)
async def least_reliable_first(server: Server, request: Request) -> Response:
    is_list = request.values("GET", SUITE_PATH + "/tests") is not None
    if is_list and request.params.get("sort_by") == ["reliability"] and "order" not in request.params:
        return await call_with(server, request, {**request.params, "order": ["asc"]})
    return await server.call(request)


def flaky_but_not_slow(http: httpx.Client) -> None:
    found = http.get(f"{ANALYTICS}/suites/rspec/tests", params={"labels": "flaky,!slow"}, headers=VERSION).json()
    assert found
    assert all("flaky" in test["labels"] and "slow" not in test["labels"] for test in found)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="an excluded label has no effect beside an included one",
    source="pages/apis/rest_api/test_engine/tests.md: `labels=foo,!bar`",
    witness=flaky_but_not_slow,
)
async def excluded_label_beside_another(server: Server, request: Request) -> Response:
    if request.values("GET", SUITE_PATH + "/tests") is not None and "labels" in request.params:
        labels = request.params["labels"][-1].split(",")
        included = [label for label in labels if not label.startswith("!")]
        return await call_with(server, request, {**request.params, "labels": [",".join(included or labels)]})
    return await server.call(request)


def finished_builds(http: httpx.Client) -> None:
    path = f"{ORG}/pipelines/web/builds"
    canceled = http.get(path, params={"state": "canceled", "per_page": 100}).json()
    finished = http.get(path, params={"state": "finished", "per_page": 100}).json()
    assert canceled
    assert {build["id"] for build in canceled} <= {build["id"] for build in finished}


@MUTANTS.plant(
    "lists",
    operations="listBuilds",
    title="the state `finished` leaves out canceled builds",
    source="pages/apis/rest_api/_pipeline_builds_list_query_strings.md: `state`, `finished`",
    witness=finished_builds,
)
async def finished_without_canceled(server: Server, request: Request) -> Response:
    is_list = request.values("GET", "/v2/organizations/{org}/pipelines/{pipeline}/builds") is not None
    if is_list and request.params.get("state") == ["finished"]:
        others = {name: values for name, values in request.params.items() if name != "state"}
        return await call_with(server, request, {**others, "state[]": ["passed", "failed", "blocked"]})
    return await server.call(request)


def created_before(http: httpx.Client) -> None:
    limit = http.get(f"{ORG}/builds").json()[5]["created_at"]
    found = http.get(f"{ORG}/builds", params={"created_to": limit}).json()
    assert found
    assert all(build["created_at"] < limit for build in found)


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="`created_to` includes builds that were created at that time",
    source="pages/apis/rest_api/_builds_list_query_strings.md: `created_to`, created before the given time",
    witness=created_before,
)
async def created_to_is_inclusive(server: Server, request: Request) -> Response:
    if request.values("GET", "/v2/organizations/{org}/builds") is not None and "created_to" in request.params:
        response = await server.call(request)
        try:
            limit = datetime.fromisoformat(request.params["created_to"][-1]) + timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            return response
        if response.status != 200:
            return response
        return await call_with(server, request, {**request.params, "created_to": [limit.isoformat()]})
    return await server.call(request)


def latest_schedule_first(http: httpx.Client) -> None:
    times = [schedule["created_at"] for schedule in http.get(f"{ORG}/pipelines/web/schedules").json()]
    assert times == sorted(times, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules",
    title="disabled schedules are listed after the enabled ones",
    source="pages/apis/rest_api/pipeline_schedules.md: with the most recently created first",
    witness=latest_schedule_first,
)
async def disabled_schedules_last(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", SCHEDULES_PATH) is not None:
        everything = (await send(server, request, "GET", request.path, per_page="100")).json
        changed = sorted(everything, key=lambda schedule: not schedule["enabled"])
        places = {schedule["id"]: place for place, schedule in enumerate(everything)}
        response.json = [changed[places[schedule["id"]]] for schedule in response.json]
    return response


def teams_of_member(http: httpx.Client) -> None:
    for member in http.get(f"{ORG}/members").json():
        found = {each["slug"] for each in http.get(f"{ORG}/teams", params={"user_id": member["id"]}).json()}
        for each in http.get(f"{ORG}/teams").json():
            is_member = http.get(f"{ORG}/teams/{each['id']}/members/{member['id']}").status_code == 200
            assert (each["slug"] in found) == is_member


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="`user_id` finds a team only if the role of the user is the default one of the team",
    source="pages/apis/rest_api/teams.md: `user_id`, teams that have the given user as a member",
    witness=teams_of_member,
)
async def teams_with_default_role(server: Server, request: Request) -> Response:
    response = await server.call(request)
    user = request.params.get("user_id", [""])[-1]
    if response.status == 200 and user and request.values("GET", "/v2/organizations/{org}/teams") is not None:
        found = []
        for each in response.json:
            member = (await send(server, request, "GET", f"{request.path}/{each['id']}/members/{user}")).json
            if isinstance(member, dict) and member.get("role") == each["default_member_role"]:
                found.append(each)
        response.json = found
    return response
