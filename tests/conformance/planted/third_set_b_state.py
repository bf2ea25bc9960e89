"""Third set of bugs, second half: effects of requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_b_tools import (
    ANALYTICS,
    FRONTEND,
    ORG,
    PACKAGES,
    as_admin,
    get,
    items_of,
)

STATE: Final = Mutants()

MEMBERS: Final = "/v2/organizations/{org}/teams/{team}/members"
CLUSTERS: Final = "/v2/organizations/{org}/clusters"
INVITATIONS: Final = "/v2/organizations/{org}/invitations"


def membership_keeps_its_time(http: httpx.Client) -> None:
    member = get(http, f"{FRONTEND}/members")[1]
    path = f"{FRONTEND}/members/{member['user_id']}"
    assert http.patch(path, json={"role": "maintainer"}).status_code == 200
    assert get(http, path)["created_at"] == member["created_at"]


@STATE.plant(
    "state",
    operations="updateTeamMember getTeamMember listTeamMembers",
    title="an update of a team member sets the time when the user joined",
    source="pages/apis/rest_api/teams/members.md: created_at, When the team and user association was created",
    witness=membership_keeps_its_time,
)
async def member_joins_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    times: dict[str, str] = server.memory.setdefault("times", {})
    if request.values("PATCH", MEMBERS + "/{user}") is not None and response.status == 200:
        times[request.path] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    elif request.values("DELETE", MEMBERS + "/{user}") is not None and response.status == 204:
        times.pop(request.path, None)
    is_list = request.values("GET", MEMBERS) is not None
    if is_list or any(request.values(method, MEMBERS + "/{user}") is not None for method in ("GET", "PATCH")):
        if response.status != 200:
            return response
        folder = request.path if is_list else request.path.rpartition("/")[0]
        body = response.json
        for member in items_of(body):
            member["created_at"] = times.get(f"{folder}/{member['user_id']}", member["created_at"])
        response.json = body
    return response


def tokens_of_deleted_clusters_are_gone(http: httpx.Client) -> None:
    cluster = http.post(f"{ORG}/clusters", json={"name": "Short-lived"}).json()
    token = http.post(f"{cluster['url']}/tokens", json={"description": "Agents"}).json()
    assert http.get(token["url"]).status_code == 200
    assert http.delete(cluster["url"]).status_code == 204
    assert http.get(token["url"]).status_code == 404


@STATE.plant(
    "state",
    operations="deleteCluster getClusterAgentToken",
    title="the agent tokens of a deleted cluster can still be read",
    source="pages/apis/rest_api/clusters.md: Delete a cluster along with any queues and tokens that belong to it",
    witness=tokens_of_deleted_clusters_are_gone,
)
async def orphaned_agent_tokens(server: Server, request: Request) -> Response:
    orphans: dict[str, bytes] = server.memory.setdefault("orphans", {})
    if request.values("DELETE", CLUSTERS + "/{cluster}") is not None:
        listed = await server.call(as_admin("GET", f"{request.path}/tokens", per_page="100"))
        tokens = [f"{request.path}/tokens/{each['id']}" for each in listed.json] if listed.status == 200 else []
        bodies = {path: (await server.call(as_admin("GET", path))).body for path in tokens}
        response = await server.call(request)
        if response.status == 204:
            orphans.update(bodies)
        return response
    response = await server.call(request)
    if request.method == "GET" and response.status == 404 and request.path in orphans:
        return Response(200, response.headers, orphans[request.path])
    return response


def added_labels_join_the_others(http: httpx.Client) -> None:
    tests = get(http, f"{ANALYTICS}/suites/rspec/tests")
    test = next(each for each in tests if each["labels"])
    assert http.patch(f"{test['url']}/labels", json={"operator": "add", "labels": ["nightly"]}).status_code == 200
    assert set(get(http, test["url"])["labels"]) == {*test["labels"], "nightly"}


@STATE.plant(
    "state",
    operations="updateTestLabels",
    title="the operator `add` replaces the labels of a test",
    source="pages/apis/rest_api/test_engine/tests.md: labels, The labels that will be added or removed",
    witness=added_labels_join_the_others,
)
async def added_labels_replace(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/analytics/organizations/{org}/suites/{suite}/tests/{test}/labels"
    if request.values("PATCH", path) is None or response.status != 200 or request.json["operator"] != "add":
        return response
    others = [label for label in response.json["labels"] if label not in request.json["labels"]]
    if others:
        return await server.call(evolve(request, body=as_admin("", "", {"operator": "remove", "labels": others}).body))
    return response


def copied_packages_stay(http: httpx.Client) -> None:
    package = get(http, f"{PACKAGES}/gems/packages")["items"][0]
    assert http.post(f"{package['url']}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(package["url"]).status_code == 200


@STATE.plant(
    "state",
    operations="copyPackage",
    title="a copy of a package removes it from the source registry",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=copied_packages_stay,
)
async def copy_moves_the_package(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/packages/organizations/{org}/registries/{registry}/packages/{package}/copy"
    if request.values("POST", path) is not None and response.status == 200:
        await server.call(as_admin("DELETE", request.path.removesuffix("/copy")))
    return response


def omitted_settings_stay(http: httpx.Client) -> None:
    settings = {"url": "https://hooks.example.com/a", "events": ["build.finished"]}
    made = http.post(f"{ORG}/services", json={"provider": "webhook", "settings": settings}).json()
    http.patch(made["url"], json={"settings": {"url": "https://hooks.example.com/b"}})
    assert get(http, made["url"])["settings"]["events"] == ["build.finished"]


@STATE.plant(
    "state",
    operations="updateNotificationService",
    title="settings of a service with a default return to it if an update sends only other settings",
    source="pages/apis/rest_api/organizations/notification_services.md: Omitted fields and settings remain unchanged",
    witness=omitted_settings_stay,
)
async def settings_return_to_defaults(server: Server, request: Request) -> Response:
    path = "/v2/organizations/{org}/services/{service}"
    body = request.json
    if request.values("PATCH", path) is not None and isinstance(body, dict) and isinstance(body.get("settings"), dict):
        current = await server.call(as_admin("GET", request.path))
        stored = current.json["settings"] if current.status == 200 else {}
        defaults = {"events": [], "resource_attributes": {}, "datadog_tags": None}
        reset = {name: value for name, value in defaults.items() if name in stored and body["settings"]}
        body["settings"] = {**reset, **body["settings"]}
        request.json = body
    return await server.call(request)


def invalid_batches_create_nothing(http: httpx.Client) -> None:
    emails = ["valid@elsewhere.example", "not an address"]
    refused = http.post(f"{ORG}/invitations", json={"emails": emails, "sso_mode": "required"})
    assert refused.status_code == 422
    assert emails[0] not in [each["email"] for each in get(http, f"{ORG}/invitations")["items"]]


@STATE.plant(
    "state",
    operations="createOrganizationInvitations",
    title="a batch with an invalid address is refused, but its valid addresses are invited",
    source="pages/apis/rest_api/organizations/invitations.md: If any address is invalid, no invitations are created",
    witness=invalid_batches_create_nothing,
)
async def half_a_batch_is_invited(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", INVITATIONS) is not None and response.status == 422:
        body = request.json
        if isinstance(body, dict) and isinstance(body.get("emails"), list) and len(body["emails"]) > 1:
            for email in body["emails"]:
                single = evolve(request)
                single.json = {**body, "emails": [email]}
                await server.call(single)
    return response


def enabled_teams_stay_the_same(http: httpx.Client) -> None:
    before = [team["id"] for team in get(http, f"{ORG}/teams")]
    assert http.post(f"{ORG}/teams/enable").status_code == 204
    assert [team["id"] for team in get(http, f"{ORG}/teams")] == before


@STATE.plant(
    "state",
    operations="enableTeams",
    title="enabling teams creates another default team if they are enabled already",
    source="pages/apis/rest_api/teams.md: returns 204 No Content without making further changes",
    witness=enabled_teams_stay_the_same,
)
async def another_team_of_everyone(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", "/v2/organizations/{org}/teams/enable") is not None and response.status == 204:
        server.memory["teams"] = server.memory.get("teams", 1) + 1
        team = {
            "name": f"Everyone {server.memory['teams']}",
            "description": "",
            "privacy": "visible",
            "is_default_team": True,
            "default_member_role": "member",
            "members_can_create_pipelines": True,
        }
        await server.call(as_admin("POST", request.path.removesuffix("/enable"), team))
    return response
