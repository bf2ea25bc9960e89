"""Wrong lists of clusters, organizations, packages and tests."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    CLUSTER,
    METRICS,
    ORG,
    PACKAGES,
    REGISTRIES,
    SUITE,
    cluster,
    items,
    keep,
    listed,
    matches,
    user,
)

MUTANTS = Mutants()


def images_by_name(http: httpx.Client) -> None:
    images = f"{cluster(http, 'Hosted')}/agent-images"
    for name in ("zebra", "aardvark"):
        assert http.post(images, json={"name": name, "dockerfile": ""}).status_code == 201
    names = [image["name"] for image in http.get(images).json()]
    assert names == sorted(names)


@MUTANTS.plant(
    "lists",
    operations="listClusterAgentImages",
    title="agent images are ordered by their creation",
    source="pages/apis/rest_api/clusters/agent_images.md: sorted alphabetically by name",
    witness=images_by_name,
)
async def agent_images_ordered_by_creation(server: Server, request: Request) -> Response:
    response = await server.call(request)
    created: list[str] = server.memory.setdefault("created", [])
    if matches(request, "POST", f"{CLUSTER}/agent-images") and response.status == 201:
        created.append(response.json["id"])
    elif matches(request, "GET", f"{CLUSTER}/agent-images") and response.status == 200:
        response.json = sorted(
            response.json, key=lambda image: created.index(image["id"]) if image["id"] in created else -1
        )
    return response


def teams_of_members(http: httpx.Client) -> None:
    member = user(http, "Barbara Liskov")
    found = {team["id"] for team in http.get(f"{ORG}/teams", params={"user_id": member}).json()}
    for team in http.get(f"{ORG}/teams").json():
        members = http.get(f"{ORG}/teams/{team['id']}/members").json()
        assert (team["id"] in found) == (member in {each["user_id"] for each in members})


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="`user_id` finds the teams that the user created",
    source="pages/apis/rest_api/teams.md: user_id, teams that have the given user as a member",
    witness=teams_of_members,
)
async def teams_by_their_creator(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/organizations/{org}/teams") and "user_id" in request.params:
        wanted = request.params.pop("user_id")[0]
        return keep(await server.call(request), lambda team: (team["created_by"] or {}).get("id") == wanted)
    return await server.call(request)


def size_of_event_pages(http: httpx.Client) -> None:
    page = http.get(f"{ORG}/audit_events", params={"per_page": 4}).json()
    assert len(http.get(page["links"]["next"]).json()["items"]) == 4


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="the URL of the next page lacks `per_page`",
    source="pages/apis/rest_api/organizations/audit_events.md: next, ?per_page=30&after=…",
    witness=size_of_event_pages,
)
async def next_audit_events_without_per_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/audit_events") and response.status == 200:
        body = response.json
        body["links"] = {
            name: re.sub(r"&?per_page=\d+", "", url) if name == "next" else url for name, url in body["links"].items()
        }
        response.json = body
        if "link" in response.headers:
            response.headers["link"] = re.sub(r"&?per_page=\d+", "", response.headers["link"])
    return response


def pending_invitations(http: httpx.Client) -> None:
    invitation = http.get(f"{ORG}/invitations").json()["items"][0]
    assert http.delete(f"{ORG}/invitations/{invitation['id']}").status_code == 204
    assert all(each["state"] == "pending" for each in http.get(f"{ORG}/invitations").json()["items"])


@MUTANTS.plant(
    "lists",
    operations="listOrganizationInvitations revokeOrganizationInvitation",
    title="revoked invitations remain in the list",
    source="pages/apis/rest_api/organizations/invitations.md: the list does not include revoked invitations",
    witness=pending_invitations,
)
async def revoked_invitations_in_the_list(server: Server, request: Request) -> Response:
    values = request.values("DELETE", "/v2/organizations/{org}/invitations/{id}")
    response = await server.call(request)
    if values is not None and response.status == 204:
        request.method = "GET"
        server.memory[values["id"]] = (await server.call(request)).json
    elif (
        matches(request, "GET", "/v2/organizations/{org}/invitations")
        and response.status == 200
        and not {"after", "before"} & request.params.keys()
    ):
        response.json = listed(response.json, [*server.memory.values(), *items(response.json)])
    return response


def new_packages_first(http: httpx.Client) -> None:
    packages = http.get(f"{REGISTRIES}/gems/packages").json()["items"]
    created = [package["created_at"] for package in packages]
    assert created == sorted(created, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="packages are ordered by name and version",
    source="pages/apis/rest_api/package_registries/packages.md: in the order they were created (newest first)",
    witness=new_packages_first,
)
async def packages_ordered_by_name(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", PACKAGES) and response.status == 200:
        found = sorted(items(response.json), key=lambda package: (package["name"], package["version"]))
        response.json = listed(response.json, found)
    return response


def slow_tests_last(http: httpx.Client) -> None:
    build = http.get(f"{SUITE}/runs").json()[0]["build_id"]
    tests = http.get(f"/v2/analytics/organizations/acme/builds/{build}/tests", params={"order": "asc"}).json()
    times = [test["duration_avg"] for test in tests if test["duration_avg"] is not None]
    assert times == sorted(times)


@MUTANTS.plant(
    "lists",
    operations="listBuildTests",
    title="`order=asc` has an effect only together with `sort_by`",
    source="pages/apis/rest_api/test_engine/build_tests.md: order, the direction to sort the results in",
    witness=slow_tests_last,
)
async def order_of_build_tests_needs_sort_by(server: Server, request: Request) -> Response:
    template = "/v2/analytics/organizations/{org}/builds/{build}/tests"
    if matches(request, "GET", template) and "sort_by" not in request.params:
        request.params.pop("order", None)
    return await server.call(request)


def tests_without_label(http: httpx.Client) -> None:
    tests = http.get(f"{SUITE}/tests", params={"labels": "slow,!flaky"}, headers=METRICS).json()
    assert tests
    assert all("slow" in test["labels"] and "flaky" not in test["labels"] for test in tests)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="a label with `!` in the filter `labels` is ignored",
    source="pages/apis/rest_api/test_engine/tests.md: labels=foo,!bar",
    witness=tests_without_label,
)
async def negated_labels_ignored(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/analytics/organizations/{org}/suites/{suite}/tests") and "labels" in request.params:
        labels = [label for label in request.params["labels"][0].split(",") if not label.startswith("!")]
        request.params.pop("labels")
        if labels:
            request.params["labels"] = [",".join(labels)]
    return await server.call(request)


def runs_of_a_build(http: httpx.Client) -> None:
    runs = http.get(f"{SUITE}/runs").json()
    found = http.get(f"{SUITE}/runs", params={"build_id": runs[-1]["build_id"]}).json()
    assert {run["build_id"] for run in found} == {runs[-1]["build_id"]}


@MUTANTS.plant(
    "lists",
    operations="listTestRuns",
    title="the filter `build_id` has no effect",
    source="pages/apis/rest_api/test_engine/_runs_list_query_strings.md: build_id",
    witness=runs_of_a_build,
)
async def ignored_build_of_test_runs(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/analytics/organizations/{org}/suites/{suite}/runs"):
        request.params.pop("build_id", None)
    return await server.call(request)


def first_services(http: httpx.Client) -> None:
    services: list[dict[str, Any]] = []
    url = f"{ORG}/services?per_page=3"
    while url:
        page = http.get(url).json()
        services += page["items"]
        url = page["links"].get("next")
    assert [each["id"] for each in services] == [each["id"] for each in http.get(f"{ORG}/services").json()["items"]]


@MUTANTS.plant(
    "lists",
    operations="listNotificationServices",
    title="the first service of each further page is missing",
    source="pages/apis/rest_api/organizations/notification_services.md: cursor-paginated list",
    witness=first_services,
)
async def services_lost_between_pages(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (
        matches(request, "GET", "/v2/organizations/{org}/services")
        and "after" in request.params
        and response.status == 200
    ):
        response.json = listed(response.json, items(response.json)[1:])
    return response
