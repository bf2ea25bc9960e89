"""Bugs of the class *errors*: statuses of failures, and what a failed request leaves behind."""

from __future__ import annotations

from typing import Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_a_support import (
    ACME,
    BUILD,
    ORG,
    PIPELINES,
    SETTINGS,
    as_admin,
    fetched,
    message_of,
    read,
    with_json,
    without_body,
)

MUTANTS: Final = Mutants()


def unknown_pipeline_is_invalid(http: httpx.Client) -> None:
    value = {"source_pipeline": "web", "target_pipeline": "no-such-pipeline"}
    response = http.post(f"{ACME}/rules", json={"type": "pipeline.trigger_build.pipeline", "value": value})
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createRule",
    title="a rule for a pipeline that does not exist is answered with 404",
    source="pages/apis/rest_api/rules.md#create-a-rule: 422, with the reason for the failure",
    witness=unknown_pipeline_is_invalid,
)
async def rule_of_unknown_pipeline_is_not_found(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_create = request.values("POST", f"{ORG}/rules") is not None
    if is_create and response.status == 422 and "is not a pipeline" in message_of(response):
        return with_json(response, {"message": "No pipeline found"}, 404)
    return response


def unknown_state_is_invalid(http: httpx.Client) -> None:
    response = http.get(f"{ACME}/pipelines/web/builds/30/artifacts", params={"state": "uploaded"})
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="listBuildArtifacts",
    title="an unknown `state` filters all artifacts out",
    source="pages/apis/rest_api/artifacts.md#list-artifacts-for-a-build: state, 422 for unknown values",
    witness=unknown_state_is_invalid,
)
async def unknown_state_finds_nothing(server: Server, request: Request) -> Response:
    if read(request, f"{BUILD}/artifacts") is None or "state" not in request.params:
        return await server.call(request)
    response = await fetched(server, request)
    return with_json(response, [], 200) if response.status == 422 else response


def revoked_only_once(http: httpx.Client) -> None:
    body = {"emails": ["radia@elsewhere.example"], "sso_mode": "optional"}
    made = http.post(f"{ACME}/invitations", json=body).json()[0]
    assert http.delete(f"{ACME}/invitations/{made['id']}").status_code == 204
    assert http.delete(f"{ACME}/invitations/{made['id']}").status_code == 422


@MUTANTS.plant(
    "errors",
    operations="revokeOrganizationInvitation",
    title="revoking an invitation that is not pending any more succeeds without an effect",
    source="pages/apis/rest_api/organizations/invitations.md#revoke-an-organization-invitation: 422, already "
    "accepted, revoked or expired",
    witness=revoked_only_once,
)
async def any_invitation_can_be_revoked(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("DELETE", f"{ORG}/invitations/{{invitation_uuid}}") is not None and response.status == 422:
        return without_body(response, 204)
    return response


def all_or_none_are_invited(http: httpx.Client) -> None:
    body = {"emails": ["hedy@elsewhere.example", "not an address"], "sso_mode": "optional"}
    assert http.post(f"{ACME}/invitations", json=body).status_code == 422
    pending = http.get(f"{ACME}/invitations", params={"per_page": 100}).json()["items"]
    assert "hedy@elsewhere.example" not in [invitation["email"] for invitation in pending]


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations",
    title="the addresses before an invalid one are invited, although the request fails",
    source="pages/apis/rest_api/organizations/invitations.md#create-organization-invitations: if any address is "
    "invalid, no invitations are created",
    witness=all_or_none_are_invited,
)
async def valid_addresses_are_invited(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    if request.values("POST", f"{ORG}/invitations") is None or response.status != 422 or not isinstance(body, dict):
        return response
    emails = body.get("emails")
    if isinstance(emails, list) and len(emails) > 1:
        for email in emails:
            single = evolve(request)
            single.json = {**body, "emails": [email]}
            if (await server.call(single)).status != 201:
                break
    return response


def malformed_id_is_bad(http: httpx.Client) -> None:
    assert http.get(f"{ACME}/repository_connections/github").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getRepositoryConnection",
    title="an id that is not a UUID is answered with 404",
    source="pages/apis/rest_api/organizations/repository_connections.md#get-a-repository-connection: 400, the "
    "connection ID is not a valid UUID",
    witness=malformed_id_is_bad,
)
async def malformed_connection_is_not_found(server: Server, request: Request) -> Response:
    if read(request, f"{ORG}/repository_connections/{{repository_connection_id}}") is None:
        return await server.call(request)
    response = await fetched(server, request)
    if response.status == 400:
        return with_json(response, {"message": "No repository connection found"}, 404)
    return response


def name_is_unique(http: httpx.Client) -> None:
    body = {
        "name": "Smoke tests",
        "repository": "git@github.com:acme/smoke.git",
        "cluster_id": http.get(f"{ACME}/clusters").json()[0]["id"],
        "configuration": "steps:\n  - command: make smoke\n",
    }
    assert http.post(f"{ACME}/pipelines", json=body).status_code == 201
    assert http.post(f"{ACME}/pipelines", json={**body, "slug": "smoke-again"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createPipeline",
    title="a name may be used twice if the request has a slug of its own",
    source="pages/apis/rest_api/pipelines.md#deriving-a-pipeline-slug: a name that matches an existing pipeline's "
    "name results in an error",
    witness=name_is_unique,
)
async def name_is_free_with_own_slug(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    if request.values("POST", PIPELINES) is None or response.status != 422 or not isinstance(body, dict):
        return response
    slug = body.get("slug")
    if not slug or response.json.get("errors") != [{"field": "name", "code": "already_exists"}]:
        return response
    other = evolve(request)
    other.json = {**body, "name": f"{body['name']} {slug}"}
    made = await server.call(other)
    if made.status != 201:
        return response
    names = {"name": body["name"], "slug": slug}
    renamed = await server.call(as_admin(request, "PATCH", path=f"{request.path}/{slug}", body=names))
    return with_json(made, renamed.json) if renamed.status == 200 else made


def location_is_not_blank(http: httpx.Client) -> None:
    url = f"{ACME}/pipeline-settings/build-export"
    http.put(url, json={"location": "acme-builds", "strategy_id": "s3"})
    assert http.put(url, json={"location": "", "strategy_id": "s3"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="configureBuildExport",
    title="a blank `location` turns the export off",
    source="pages/apis/rest_api/organizations/pipeline_settings.md#configure-build-export: 422, location is blank; to "
    "clear it, use disable build export",
    witness=location_is_not_blank,
)
async def blank_location_turns_export_off(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    is_configured = request.values("PUT", f"{SETTINGS}/build-export") is not None and isinstance(body, dict)
    if is_configured and response.status == 422:
        location = body.get("location")
        if isinstance(location, str) and not location.strip() and body.get("strategy_id") in ("s3", "gcs"):
            return await server.call(evolve(request, method="DELETE", body=b""))
    return response
