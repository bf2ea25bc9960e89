"""Wrong effects of requests on organizations, packages and tests."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    ORG,
    PACKAGES,
    REGISTRIES,
    SUITE,
    TESTS,
    change,
    items,
    matches,
    user,
)

MUTANTS = Mutants()


def new_maintainer(http: httpx.Client) -> None:
    team = f"{ORG}/teams/{next(each['id'] for each in http.get(f'{ORG}/teams').json() if each['slug'] == 'backend')}"
    member = {"user_id": user(http, "Grace Hopper"), "role": "maintainer"}
    http.post(f"{team}/members", json=member).raise_for_status()
    assert http.get(f"{team}/members/{member['user_id']}").json()["role"] == "maintainer"


@MUTANTS.plant(
    "state",
    operations="createTeamMember",
    title="a new maintainer of a team becomes a member; the response says maintainer",
    source="pages/apis/rest_api/teams/members.md: role, member or maintainer",
    witness=new_maintainer,
)
async def new_team_maintainer_is_a_member(server: Server, request: Request) -> Response:
    body = request.json
    template = "/v2/organizations/{org}/teams/{team}/members"
    if (
        matches(request, "POST", template, f"{template}/")
        and isinstance(body, dict)
        and body.get("role")
        and body["role"] in ("member", "maintainer")
    ):
        request.json = {**body, "role": "member"}
        return change(await server.call(request), lambda member: member.update(role=body["role"]))
    return await server.call(request)


def kept_restriction(http: httpx.Client) -> None:
    settings = f"{ORG}/api-settings"
    http.patch(settings, json={"restrict_user_api_token_creation": True}).raise_for_status()
    http.patch(settings, json={"revoke_inactive_tokens_after_days": 90}).raise_for_status()
    assert http.get(settings).json()["restrict_user_api_token_creation"] is True


@MUTANTS.plant(
    "state",
    operations="updateOrganizationApiSettings",
    title="an update without `restrict_user_api_token_creation` sets it to false",
    source="pages/apis/rest_api/organizations/api_settings.md: include only the fields you want to change",
    witness=kept_restriction,
)
async def api_settings_update_lifts_the_restriction(server: Server, request: Request) -> Response:
    if matches(request, "PATCH", "/v2/organizations/{org}/api-settings") and isinstance(request.json, dict):
        request.json = {"restrict_user_api_token_creation": False, **request.json}
    return await server.call(request)


def all_or_no_invitations(http: httpx.Client) -> None:
    body = {"emails": ["carol@elsewhere.example", "no address"], "sso_mode": "optional"}
    assert http.post(f"{ORG}/invitations", json=body).status_code == 422
    invited = {each["email"] for each in http.get(f"{ORG}/invitations").json()["items"]}
    assert "carol@elsewhere.example" not in invited


@MUTANTS.plant(
    "state",
    operations="createOrganizationInvitations",
    title="the valid addresses of an invalid batch are invited",
    source="pages/apis/rest_api/organizations/invitations.md: if any address is invalid, no invitations are created",
    witness=all_or_no_invitations,
)
async def invitations_of_an_invalid_batch(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    if matches(request, "POST", "/v2/organizations/{org}/invitations") and response.status == 422:
        emails = body.get("emails") if isinstance(body, dict) else None
        for email in emails if isinstance(emails, list) and len(emails) > 1 else []:
            request.json = {**body, "emails": [email]}
            await server.call(request)
    return response


def disabled_service(http: httpx.Client) -> None:
    service = next(each for each in http.get(f"{ORG}/services").json()["items"] if not each["enabled"])
    http.patch(service["url"], json={"description": "Not used any more"}).raise_for_status()
    assert http.get(service["url"]).json()["enabled"] is False


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="an update enables a disabled service",
    source="pages/apis/rest_api/organizations/notification_services.md: enabled, enable and disable operations",
    witness=disabled_service,
)
async def service_update_enables_the_service(server: Server, request: Request) -> Response:
    response = await server.call(request)
    services = "/v2/organizations/{org}/services"
    if "/services" not in request.path or response.status != 200:
        return response
    for found in items(response.json):
        if matches(request, "PATCH", f"{services}/{{id}}"):
            server.memory[found["id"]] = True
        elif matches(request, "PUT", f"{services}/{{id}}/enable", f"{services}/{{id}}/disable"):
            server.memory.pop(found["id"], None)

    def edit(found: dict[str, Any]) -> None:
        found["enabled"] = server.memory.get(found["id"], found["enabled"])

    return change(response, edit)


def export_location(http: httpx.Client) -> None:
    body = {"location": "s3://acme-exports", "strategy_id": "s3"}
    http.put(f"{ORG}/pipeline-settings/build-export", json=body).raise_for_status()
    assert http.get(f"{ORG}/pipeline-settings").json()["build_exports"]["location"] == "acme-exports"


@MUTANTS.plant(
    "state",
    operations="configureBuildExport getOrganizationPipelineSettings",
    title="the prefix of the location of exports is kept",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: location, the prefix is stripped automatically",
    witness=export_location,
)
async def export_location_with_its_prefix(server: Server, request: Request) -> Response:
    body = request.json
    response = await server.call(request)
    settings = "/v2/organizations/{org}/pipeline-settings"
    if matches(request, "PUT", f"{settings}/build-export") and response.status == 200:
        server.memory["location"] = body["location"]
    elif matches(request, "DELETE", f"{settings}/build-export"):
        server.memory.clear()
    if matches(request, "PUT", f"{settings}/build-export") or matches(request, "GET", settings):
        location = server.memory.get("location")
        change(response, lambda each: each["build_exports"].update({"location": location} if location else {}))
    return response


def deleted_package(http: httpx.Client) -> None:
    packages = f"{REGISTRIES}/gems/packages"
    package = http.get(packages).json()["items"][0]
    assert http.delete(package["url"]).status_code == 200
    assert package["id"] not in {each["id"] for each in http.get(packages).json()["items"]}


@MUTANTS.plant(
    "state",
    operations="deletePackage listPackages",
    title="a deleted package stays in the list, whose cache is only cleared by a new package",
    source="pages/apis/rest_api/package_registries/packages.md: Delete a package",
    witness=deleted_package,
)
async def deleted_package_in_a_stale_list(server: Server, request: Request) -> Response:
    if matches(request, "GET", PACKAGES):
        key = f"{request.path} {request.headers.get('authorization')} {sorted(request.params.items())}"
        if key not in server.memory:
            response = await server.call(request)
            if response.status != 200:
                return response
            server.memory[key] = response
        cached: Response = server.memory[key]
        return Response(cached.status, dict(cached.headers), cached.body)
    if request.method == "POST":
        server.memory.clear()
    return await server.call(request)


def kept_registry_policy(http: httpx.Client) -> None:
    registry = f"{REGISTRIES}/gems"
    before = http.get(registry).json()
    http.post(registry, json={"description": "Gems of the shop"}).raise_for_status()
    assert http.get(registry).json()["oidc_policy"] == before["oidc_policy"]


@MUTANTS.plant(
    "state",
    operations="updateRegistry",
    title="an update of the description removes the OIDC policy",
    source="pages/apis/rest_api/package_registries/registries.md: Update a registry, optional properties",
    witness=kept_registry_policy,
)
async def registry_update_removes_the_policy(server: Server, request: Request) -> Response:
    template = "/v2/packages/organizations/{org}/registries/{registry}"
    if matches(request, "POST", template) and isinstance(request.json, dict):
        request.json = {"oidc_policy": None, **request.json}
    return await server.call(request)


def kept_labels(http: httpx.Client) -> None:
    test = next(each for each in http.get(f"{SUITE}/tests").json() if len(each["labels"]) > 1)
    body = {"operator": "remove", "labels": test["labels"][:1]}
    http.patch(f"{test['url']}/labels", json=body).raise_for_status()
    assert http.get(test["url"]).json()["labels"] == test["labels"][1:]


@MUTANTS.plant(
    "state",
    operations="updateTestLabels",
    title="`remove` adds the labels instead of removing them",
    source="pages/apis/rest_api/test_engine/tests.md: operator, add or remove",
    witness=kept_labels,
)
async def removed_labels_are_added_again(server: Server, request: Request) -> Response:
    if (
        matches(request, "PATCH", f"{TESTS}/{{test}}/labels")
        and isinstance(request.json, dict)
        and request.json.get("operator") == "remove"
    ):
        request.json = {**request.json, "operator": "add"}
    return await server.call(request)


def newly_muted_test(http: httpx.Client) -> None:
    muted = {test["id"] for test in http.get(f"{SUITE}/tests/muted").json()}
    test = next(each for each in http.get(f"{SUITE}/tests").json() if each["id"] not in muted)
    http.put(f"{test['url']}/mute").raise_for_status()
    assert test["id"] in {each["id"] for each in http.get(f"{SUITE}/tests/muted").json()}


@MUTANTS.plant(
    "state",
    operations="muteTest enableTest listMutedTests",
    title="the list of muted tests is cached and does not follow changes",
    source="pages/apis/rest_api/test_engine/quarantine.md: a list of muted tests can be retrieved",
    witness=newly_muted_test,
)
async def muted_tests_in_a_stale_list(server: Server, request: Request) -> Response:
    if not matches(request, "GET", f"{TESTS}/muted"):
        return await server.call(request)
    key = f"{request.path} {sorted(request.params.items())}"
    response = await server.call(request)
    if response.status == 200:
        response.body = server.memory.setdefault(key, response.body)
    return response
