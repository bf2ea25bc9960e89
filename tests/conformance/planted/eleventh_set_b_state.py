"""Wrong effects of operations."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.eleventh_set_b_support import (
    CLUSTER,
    ORG,
    REGISTRIES,
    REGISTRY,
    V2,
    bearer,
    cluster,
    edited,
    fields,
    matches,
    other,
    team,
    with_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def enabled_teams_stay(http: httpx.Client) -> None:
    before = [one["slug"] for one in http.get(f"{ORG}/teams").json()]
    assert http.post(f"{ORG}/teams/enable").status_code == 204
    assert [one["slug"] for one in http.get(f"{ORG}/teams").json()] == before


@MUTANTS.plant(
    "state",
    operations="enableTeams listTeams",
    title="enabling teams again creates another team for everyone",
    source="pages/apis/rest_api/teams.md: If teams are already enabled, … without making further changes",
    witness=enabled_teams_stay,
)
async def enabling_teams_creates_one(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/teams/enable") and response.status == 204:
        count = server.memory["teams"] = server.memory.get("teams", 1) + 1
        rights = ("create_pipelines", "create_suites", "create_registries", "destroy_registries", "destroy_packages")
        body: dict[str, Any] = {f"members_can_{right}": right.startswith("create") for right in rights}
        body |= {"name": f"Everyone {count}", "description": "", "privacy": "visible"}
        body |= {"is_default_team": True, "default_member_role": "member"}
        await server.call(other(request, "POST", request.path.removesuffix("/enable"), body))
    return response


def url_of_default_queue(http: httpx.Client) -> None:
    url = cluster(http, "Default cluster")
    queue = next(one for one in http.get(f"{url}/queues").json() if one["key"] == "arm")
    http.put(url, json={"default_queue_id": queue["id"]})
    assert http.get(url).json()["default_queue_url"] == queue["url"]


@MUTANTS.plant(
    "state",
    operations="updateCluster getCluster listClusters",
    title="`default_queue_url` is that of the former default queue",
    source="pages/apis/rest_api/clusters.md: default_queue_url: API URL of the cluster's default queue",
    witness=url_of_default_queue,
)
async def former_default_queue_url(server: Server, request: Request) -> Response:
    def former(one: Any) -> Any:
        return one | {"default_queue_url": server.memory.get(one["id"], one["default_queue_url"])}

    if matches(request, f"PUT {CLUSTER}") and "default_queue_id" in fields(request):
        before = await server.call(other(request, "GET", request.path))
        if before.status == 200:
            server.memory.setdefault(before.json["id"], before.json["default_queue_url"])
    return await edited(server, request, former, f"GET {CLUSTER}", f"PUT {CLUSTER}", f"GET {V2}/clusters")


def image_of_new_queue(http: httpx.Client) -> None:
    agents = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "custom:latest"}
    body = {"key": "custom", "hostedAgents": agents}
    queue = http.post(f"{cluster(http, 'Hosted')}/queues", json=body).json()
    assert queue["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="createClusterQueue getClusterQueue",
    title="a hosted queue is created with the custom image of the request",
    source="pages/apis/rest_api/clusters/queues.md: Buildkite ignores any agentImageRef you submit in this call",
    witness=image_of_new_queue,
)
async def new_queue_has_custom_image(server: Server, request: Request) -> Response:
    response = await server.call(request)
    agents: Any = fields(request).get("hostedAgents") or {}
    if matches(request, f"POST {CLUSTER}/queues") and response.status == 201 and "agentImageRef" in agents:
        path = f"{request.path}/{response.json['id']}"
        changed = await server.call(other(request, "PUT", path, {"hostedAgents": agents}))
        if changed.status == 200:
            response.json = changed.json
    return response


def service_for_all_pipelines(http: httpx.Client) -> None:
    service = next(one for one in http.get(f"{ORG}/services").json()["items"] if one["scope"] == "some_teams")
    assert http.patch(service["url"], json={"scope": "all"}).json()["scope_uuids"] == []


@MUTANTS.plant(
    "state",
    operations="updateNotificationService getNotificationService listNotificationServices",
    title="a notification service for all pipelines still has the teams that it was limited to",
    source="pages/apis/rest_api/organizations/notification_services.md: scope_uuids: … Empty when scope is all",
    witness=service_for_all_pipelines,
)
async def former_scope_uuids_stay(server: Server, request: Request) -> Response:
    def former(one: Any) -> Any:
        kept = server.memory.get(one["id"]) if one["scope"] == "all" else None
        return one | {"scope_uuids": kept} if kept else one

    service = V2 + "/services/{service}"
    if matches(request, f"PATCH {service}") and fields(request).get("scope") == "all":
        before = await server.call(other(request, "GET", request.path))
        if before.status == 200 and before.json["scope_uuids"]:
            server.memory[before.json["id"]] = before.json["scope_uuids"]
    routes = (f"PATCH {service}", f"GET {service}", f"GET {V2}/services")
    return await edited(server, request, former, *routes, f"PUT {service}/enable", f"PUT {service}/disable")


def all_or_no_invitations(http: httpx.Client) -> None:
    body = {"emails": ["first@elsewhere.example", "invalid"], "sso_mode": "optional"}
    assert http.post(f"{ORG}/invitations", json=body).status_code == 422
    found = http.get(f"{ORG}/invitations").json()["items"]
    assert "first@elsewhere.example" not in [one["email"] for one in found]


@MUTANTS.plant(
    "state",
    operations="createOrganizationInvitations listOrganizationInvitations",
    title="the addresses before an invalid one are invited although the request is refused",
    source="pages/apis/rest_api/organizations/invitations.md: If any address is invalid, no invitations are created",
    witness=all_or_no_invitations,
)
async def addresses_before_invalid_are_invited(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/invitations") and b"is not a valid email" in response.body:
        emails: list[Any] = fields(request)["emails"]
        for email in emails:
            if (await server.call(with_body(request, fields(request) | {"emails": [email]}))).status != 201:
                break
    return response


def bucket_without_prefix(http: httpx.Client) -> None:
    body = {"location": "s3://archive", "strategy_id": "s3"}
    found = http.put(f"{ORG}/pipeline-settings/build-export", json=body).json()
    assert found["build_exports"]["location"] == "archive"


@MUTANTS.plant(
    "state",
    operations="configureBuildExport getOrganizationPipelineSettings updateOrganizationPipelineSettings",
    title="the location of the build export keeps the prefix of a URI",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: the prefix is stripped automatically",
    witness=bucket_without_prefix,
)
async def prefix_of_bucket_stays(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status != 200 or "/pipeline-settings" not in request.path or not response.body:
        return response
    org = request.path.split("/")[3]
    if matches(request, f"PUT {V2}/pipeline-settings/build-export"):
        server.memory[org] = fields(request)["location"]
    exports, kept = response.json["build_exports"], server.memory.get(org)
    if kept and exports["location"] and kept.endswith("://" + exports["location"]):
        response.json = response.json | {"build_exports": exports | {"location": kept}}
    return response


def lowered_access_of_team(http: httpx.Client) -> None:
    suites = f"{team(http, 'frontend')}/suites"
    suite = next(one["suite_id"] for one in http.get(suites).json() if "edit" in one["access_level"])
    assert http.patch(f"{suites}/{suite}", json={"access_level": ["read"]}).json()["access_level"] == ["read"]


@MUTANTS.plant(
    "state",
    operations="updateTeamSuite getTeamSuite listTeamSuites",
    title="an update of a team suite adds access levels, and never removes one",
    source="pages/apis/rest_api/teams/suites.md: access_level: The access level for the suite - read or edit",
    witness=lowered_access_of_team,
)
async def access_to_suite_only_grows(server: Server, request: Request) -> Response:
    lowered = fields(request).get("access_level") == ["read"]
    if lowered and matches(request, f"PATCH {V2}/teams/{{team}}/suites/{{suite}}"):
        before = await server.call(other(request, "GET", request.path))
        if before.status == 200 and "edit" in before.json["access_level"]:
            request = with_body(request, fields(request) | {"access_level": before.json["access_level"]})
    return await server.call(request)


def package_is_in_both(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]["url"]
    assert http.post(f"{package}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(package).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage getPackage listPackages",
    title="copying a package moves it",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=package_is_in_both,
)
async def copy_moves_package(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {REGISTRY}/packages/{{package}}/copy") and response.status == 200:
        removal = other(request, "DELETE", request.path.removesuffix("/copy"))
        removal.headers |= bearer("all_scopes")
        await server.call(removal)
    return response
