"""Bugs in what requests change."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.fifteenth_set_b_support import (
    BUILD_PATH,
    ORGANIZATION,
    ORGANIZATION_PATH,
    REGISTRIES,
    REGISTRIES_PATH,
    build_with_artifacts,
    first,
    new_pipeline,
    new_webhook,
    own,
    privileged,
    publish,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def deleted_artifacts_are_not_listed(http: httpx.Client) -> None:
    build = build_with_artifacts(http)
    artifact = http.get(f"{build}/artifacts").json()[-1]
    assert http.delete(f"{build}/jobs/{artifact['job_id']}/artifacts/{artifact['id']}").status_code == 204
    assert artifact["id"] not in [each["id"] for each in http.get(f"{build}/artifacts").json()]


@MUTANTS.plant(
    "state",
    operations="deleteArtifactInBuild listBuildArtifacts",
    title="a deleted artifact stays in the list of its build, with the state deleted",
    source="pages/apis/rest_api/artifacts.md: it will no longer be displayed in the job or build artifact lists",
    witness=deleted_artifacts_are_not_listed,
)
async def deleted_artifact_still_listed(server: Server, request: Request) -> Response:
    path = f"{BUILD_PATH}/jobs/{{job}}/artifacts/{{artifact}}"
    if request.values("DELETE", path) is not None:
        found = await server.call(own(privileged(request), "GET", request.path))
        response = await server.call(request)
        if response.status == 204 and found.status == 200:
            build = request.path.partition("/jobs/")[0]
            server.memory.setdefault(build, []).append({**found.json, "state": "deleted"})
        return response
    response = await server.call(request)
    if request.values("GET", f"{BUILD_PATH}/artifacts") is not None and response.status == 200:
        deleted: list[dict[str, Any]] = server.memory.get(request.path.removesuffix("/artifacts"), [])
        is_last = 'rel="next"' not in response.headers.get("link", "")
        if is_last and first(request, "state") in (None, "deleted") and "path" not in request.params:
            response.json = response.json + deleted
    return response


def update_of_portal_keeps_description(http: httpx.Client) -> None:
    body = {"name": "Described portal", "query": "query Me { viewer { id } }", "description": "For the office"}
    portal = f"{ORGANIZATION}/portals/{http.post(f'{ORGANIZATION}/portals', json=body).json()['slug']}"
    assert http.put(portal, json={"user_invokable": True}).status_code == 200
    assert http.get(portal).json()["description"] == "For the office"


@MUTANTS.plant(
    "state",
    operations="updatePortal",
    title="an update of a portal without description clears the description",
    source="pages/apis/rest_api/portals.md: Update a portal, all properties are optional, and the example keeps others",
    witness=update_of_portal_keeps_description,
)
async def portal_update_clears_description(server: Server, request: Request) -> Response:
    if request.values("PUT", f"{ORGANIZATION_PATH}/portals/{{slug}}") is not None and isinstance(request.json, dict):
        request.json = {"description": None, **request.json}
    return await server.call(request)


def disabling_twice_disables(http: httpx.Client) -> None:
    service = new_webhook(http)
    for _ in range(2):
        assert http.put(f"{service}/disable").json()["enabled"] is False
    assert http.get(service).json()["enabled"] is False


@MUTANTS.plant(
    "state",
    operations="disableNotificationService",
    title="disabling a notification service that is disabled enables it",
    source="pages/apis/rest_api/organizations/notification_services.md: Disable a notification service",
    witness=disabling_twice_disables,
)
async def disable_toggles(server: Server, request: Request) -> Response:
    if request.values("PUT", f"{ORGANIZATION_PATH}/services/{{service}}/disable") is not None:
        path = request.path.removesuffix("/disable")
        service = (await server.call(own(privileged(request), "GET", path))).json
        if isinstance(service, dict) and service.get("enabled") is False:
            request.path = f"{path}/enable"
    return await server.call(request)


def default_cluster_can_be_cleared(http: httpx.Client) -> None:
    settings = f"{ORGANIZATION}/pipeline-settings"
    cluster = http.get(f"{ORGANIZATION}/clusters").json()[0]["id"]
    assert http.patch(settings, json={"default_cluster_id": cluster}).json()["default_cluster_id"] == cluster
    assert http.patch(settings, json={"default_cluster_id": None}).status_code == 200
    assert http.get(settings).json()["default_cluster_id"] is None


@MUTANTS.plant(
    "state",
    operations="updateOrganizationPipelineSettings",
    title="null in an update of the pipeline settings means no change",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: pass null to clear the default cluster",
    witness=default_cluster_can_be_cleared,
)
async def null_does_not_clear(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PATCH", f"{ORGANIZATION_PATH}/pipeline-settings") is not None and isinstance(body, dict):
        request.json = {name: value for name, value in body.items() if value is not None}
    return await server.call(request)


def new_name_changes_slug(http: httpx.Client) -> None:
    pipeline = new_pipeline(http, "Name before")
    renamed = http.patch(f"{ORGANIZATION}/pipelines/{pipeline['slug']}", json={"name": "Name after"})
    assert renamed.status_code == 200
    assert renamed.json()["slug"] == "name-after"
    assert http.get(f"{ORGANIZATION}/pipelines/name-after").status_code == 200


@MUTANTS.plant(
    "state",
    operations="updatePipeline",
    title="a new name of a pipeline does not change its slug",
    source="pages/apis/rest_api/pipelines.md: with a new name without slug, the slug will be automatically updated",
    witness=new_name_changes_slug,
)
async def slug_stays_with_new_name(server: Server, request: Request) -> Response:
    values, body = request.values("PATCH", f"{ORGANIZATION_PATH}/pipelines/{{pipeline}}"), request.json
    if values is not None and isinstance(body, dict) and "name" in body and "slug" not in body:
        request.json = {**body, "slug": values["pipeline"]}
    return await server.call(request)


def copied_package_stays(http: httpx.Client) -> None:
    body = {
        "name": "Copies of files",
        "ecosystem": "files",
        "team_ids": [http.get(f"{ORGANIZATION}/teams").json()[0]["id"]],
    }
    target = http.post(REGISTRIES, json=body).json()["slug"]
    package = publish(http, "downloads", "copied-1.0.0.bin", b"twice").json()["url"]
    copy = http.post(f"{package}/copy", params={"to": target})
    assert copy.status_code == 200, copy.text
    assert http.get(package).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage",
    title="a package that is copied to another registry is removed from its own",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=copied_package_stays,
)
async def copy_moves(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{REGISTRIES_PATH}/{{registry}}/packages/{{package}}/copy"
    if request.values("POST", path) is not None and response.status == 200:
        await server.call(own(privileged(request), "DELETE", request.path.removesuffix("/copy")))
    return response


def same_address_is_invited_once(http: httpx.Client) -> None:
    body = {"emails": ["Once@guests.example", "once@guests.example"], "sso_mode": "optional"}
    created = http.post(f"{ORGANIZATION}/invitations", json=body)
    assert created.status_code == 201
    assert len(created.json()) == 1


@MUTANTS.plant(
    "state",
    operations="createOrganizationInvitations",
    title="an address that is given twice with different capitalization is invited twice",
    source="pages/apis/rest_api/organizations/invitations.md: duplicates are one address, regardless of capitalization",
    witness=same_address_is_invited_once,
)
async def capitalized_duplicates_are_invited(server: Server, request: Request) -> Response:
    body = request.json
    response = await server.call(request)
    if request.values("POST", f"{ORGANIZATION_PATH}/invitations") is not None and response.status == 201:
        created = response.json
        known = {invitation["email"] for invitation in created}
        for email in dict.fromkeys(body["emails"]):
            if email not in known:
                request.json = {**body, "emails": [email]}
                more = await server.call(request)
                created += more.json if more.status == 201 else []
        response.json = created
    return response
