"""Eighth set: order, filters and pages of lists."""

from datetime import datetime, timedelta
from typing import Any

import httpx
from tests.conformance.planted.eighth_set_b_support import (
    ORG,
    PACKAGES,
    RSPEC,
    VERSION,
    authorized,
    matching,
    page_of,
    reading,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()

SUITE = "/v2/analytics/organizations/{org}/suites/{suite}"


async def expired_invitation(server: Server, request: Request) -> list[Any]:
    """Return the invitation of the seed that nobody accepted in time, if the token can read it."""
    organization = await server.call(authorized(reading(request, ORG)))
    path = f"{ORG}/invitations/{organization.json['id'][:14]}701f-8000-000000000003"
    found = await server.call(reading(request, path))
    return [found.json] if found.status == 200 and found.json["state"] == "expired" else []


def states_of_invitations(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/invitations").json()["items"]
    assert {each["state"] for each in found} == {"pending"}


@MUTANTS.plant(
    "lists",
    operations="listOrganizationInvitations",
    title="the last page of the invitations has an expired one",
    source="pages/apis/rest_api/organizations/invitations.md: the list does not include expired invitations",
    witness=states_of_invitations,
)
async def expired_invitation_listed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, "/v2/organizations/acme/invitations") is not None and response.status == 200:
        body = response.json
        if "next" not in body["links"] and len(body["items"]) < page_of(request)[1]:
            expired = await expired_invitation(server, request)
            response.json = {**body, "items": [*body["items"], *expired]}
    return response


def teams_of_users(http: httpx.Client) -> None:
    for user in http.get(f"{ORG}/members").json():
        found = http.get(f"{ORG}/teams", params={"user_id": user["id"]}).json()
        assert "everyone" in {team["slug"] for team in found}


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter user_id returns the teams that the user has created",
    source="pages/apis/rest_api/teams.md: user_id",
    witness=teams_of_users,
)
async def teams_of_creator(server: Server, request: Request) -> Response:
    response = await server.call(request)
    users = request.params.get("user_id")
    if matching(request, "/v2/organizations/{org}/teams") and users and response.status == 200:
        every = await server.call(reading(request, request.path, per_page="100"))
        created = [team for team in every.json if team["created_by"] and team["created_by"]["id"] in users]
        page, size = page_of(request)
        response.json = created[(page - 1) * size : page * size]
    return response


def names_on_next_page(http: httpx.Client) -> None:
    page = http.get(f"{PACKAGES}/gems/packages", params={"name": "shop-mail", "per_page": 1}).json()
    while "next" in page["links"]:
        page = http.get(page["links"]["next"]).json()
        assert {package["name"] for package in page["items"]} <= {"shop-mail"}


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="the link to the next page of packages loses the filter by name",
    source="pages/apis/rest_api/package_registries/packages.md: name, paginated list",
    witness=names_on_next_page,
)
async def name_lost_on_next_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/packages/organizations/{org}/registries/{registry}/packages"
    if matching(request, path) and response.status == 200 and "name" in request.params:
        body = response.json
        if "next" in body["links"]:
            url = httpx.URL(body["links"]["next"])
            body["links"]["next"] = str(url.copy_remove_param("name"))
        response.json = body
    return response


def labels_together(http: httpx.Client) -> None:
    for test in http.get(f"{RSPEC}/tests", params={"labels": "slow,!flaky"}, headers=VERSION).json():
        assert "slow" in test["labels"]
        assert "flaky" not in test["labels"]


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="only the first of several labels filters the tests of a suite",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: labels",
    witness=labels_together,
)
async def first_label_only(server: Server, request: Request) -> Response:
    if matching(request, f"{SUITE}/tests") and "labels" in request.params:
        request.params["labels"] = [value.partition(",")[0] for value in request.params["labels"]]
    return await server.call(request)


def order_of_schedules(http: httpx.Client) -> None:
    times = [each["created_at"] for each in http.get(f"{ORG}/pipelines/web/schedules").json()]
    assert times == sorted(times, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules",
    title="disabled schedules are listed after the enabled ones",
    source="pages/apis/rest_api/pipeline_schedules.md: the most recently created first",
    witness=order_of_schedules,
)
async def enabled_schedules_first(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/pipelines/{pipeline}/schedules"
    if matching(request, path) and response.status == 200:
        every = await server.call(reading(request, request.path, per_page="100"))
        page, size = page_of(request)
        ordered = sorted(every.json, key=lambda schedule: not schedule["enabled"])
        response.json = ordered[(page - 1) * size : page * size]
    return response


def builds_since(http: httpx.Client) -> None:
    build = http.get(f"{ORG}/builds").json()[3]
    found = http.get(f"{ORG}/builds", params={"created_from": build["created_at"]}).json()
    assert build["id"] in {each["id"] for each in found}


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="created_from excludes a build that was created at that time",
    source="pages/apis/rest_api/_builds_list_query_strings.md: created_from, on or after the given time",
    witness=builds_since,
)
async def created_from_excludes_its_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, "/v2/organizations/{org}/builds") and "created_from" in request.params:
        try:
            after = datetime.fromisoformat(request.params["created_from"][0]) + timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            return response
        if response.status == 200:
            request.params["created_from"] = [after.isoformat()]
            return await server.call(request)
    return response


def flakes_of_a_week(http: httpx.Client) -> None:
    default, week = (http.get(f"{RSPEC}/flaky-tests", params=params).json() for params in ({}, {"period": "7days"}))
    assert [test["id"] for test in default] == [test["id"] for test in week]


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="without a period, the flaky tests of 28 days are listed",
    source="pages/apis/rest_api/test_engine/_flaky_tests_query_strings.md: period, the default is 7days",
    witness=flakes_of_a_week,
)
async def flakes_of_four_weeks(server: Server, request: Request) -> Response:
    if matching(request, f"{SUITE}/flaky-tests"):
        request.params.setdefault("period", ["28days"])
    return await server.call(request)
