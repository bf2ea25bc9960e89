"""Requests that are accepted although they are invalid, or refused although they are valid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_a_lists import hosted_cluster
from tests.conformance.planted.twelfth_set_a_support import (
    CLUSTER,
    ORG,
    V2,
    WEB,
    fetch,
    matches,
    text_replaced,
    with_body,
)

MUTANTS = Mutants()


def volume_is_deleted_by_its_tag(http: httpx.Client) -> None:
    volumes = f"{hosted_cluster(http)}/cache_volumes"
    body = {"tag": http.get(volumes).json()[0]["id"]}
    assert http.request("DELETE", volumes, json=body).status_code == 404


@MUTANTS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="a cache volume can be deleted by its id",
    source="pages/apis/rest_api/clusters/cache_volumes.md: Use the tag from a list response, not the cache volume id",
    witness=volume_is_deleted_by_its_tag,
)
async def id_of_volume_as_tag(server: Server, request: Request) -> Response:
    if matches(request, f"DELETE {CLUSTER}/cache_volumes") is not None and isinstance(request.json, dict):
        volumes = await fetch(server, request, request.path)
        tags = {one["id"]: one["tag"] for one in volumes.json} if volumes.status == 200 else {}
        tag = request.json.get("tag")
        if isinstance(tag, str) and tag in tags:
            request = with_body(request, {"tag": tags[tag]})
    return await server.call(request)


def prefix_of_secret_is_reserved(http: httpx.Client) -> None:
    body = {"key": "BUILDKITE_TOKEN", "value": "secret"}
    response = http.post(f"{http.get(f'{ORG}/clusters').json()[0]['url']}/secrets", json=body)
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="the key of a secret may start with a reserved prefix in capital letters",
    source="pages/apis/rest_api/clusters/secrets.md: Cannot start with buildkite or bk (case insensitive)",
    witness=prefix_of_secret_is_reserved,
)
async def reserved_prefix_in_capitals(server: Server, request: Request) -> Response:
    body: Any = request.json
    if matches(request, f"POST {CLUSTER}/secrets") is not None and isinstance(body, dict):
        key = body.get("key")
        if isinstance(key, str) and key.startswith(("BUILDKITE", "BK")):
            server.memory[f"Planted{len(key)}_{key}"] = key
            request = with_body(request, body | {"key": f"Planted{len(key)}_{key}"})
    response = await server.call(request)
    for stored, key in server.memory.items():
        response = text_replaced(response, stored, key)
    return response


def year_of_inactivity_is_accepted(http: httpx.Client) -> None:
    response = http.patch(f"{ORG}/api-settings", json={"revoke_inactive_tokens_after_days": 365})
    assert response.status_code == 200


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="365 days of inactivity are refused",
    source="pages/apis/rest_api/organizations/api_settings.md: Accepted values are 30, 60, 90, 180, and 365",
    witness=year_of_inactivity_is_accepted,
)
async def year_of_inactivity_is_refused(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, f"PATCH {V2}/api-settings") is None or not isinstance(body, dict):
        return await server.call(request)
    if body.get("revoke_inactive_tokens_after_days") == 365:
        request = with_body(request, body | {"revoke_inactive_tokens_after_days": 366})
    return text_replaced(await server.call(request), "90, 180 or 365", "90 or 180")


def address_is_invited_once(http: httpx.Client) -> None:
    emails = ["new@elsewhere.example", "New@elsewhere.example"]
    response = http.post(f"{ORG}/invitations", json={"emails": emails, "sso_mode": "required"})
    assert response.status_code == 201
    assert len(response.json()) == 1


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations",
    title="an email address that occurs twice, with other capital letters, is refused",
    source="pages/apis/rest_api/organizations/invitations.md: treats duplicate email addresses as one address",
    witness=address_is_invited_once,
)
async def duplicate_address_is_refused(server: Server, request: Request) -> Response:
    body = request.json
    emails = body.get("emails") if isinstance(body, dict) else None
    if matches(request, f"POST {V2}/invitations") is None or not isinstance(emails, list):
        return await server.call(request)
    texts = {email for email in emails if isinstance(email, str)}
    if len(texts) == len({text.lower() for text in texts}):
        return await server.call(request)
    refused = await server.call(with_body(request, body | {"emails": ["not an address"]}))
    if refused.status == 422:
        refused.json = {"message": "Validation failed: emails are not unique"}
    return refused


def malformed_connection_is_a_bad_request(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/repository_connections/github").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getRepositoryConnection",
    title="an id of a repository connection that is not a UUID is not found, instead of a bad request",
    source="pages/apis/rest_api/organizations/repository_connections.md: The connection ID is not a valid UUID",
    witness=malformed_connection_is_a_bad_request,
)
async def malformed_connection_is_not_found(server: Server, request: Request) -> Response:
    found = request.values(request.method, f"{V2}/repository_connections/{{connection}}")
    if found is not None and not _is_uuid(found["connection"]):
        request.path = f"/v2/organizations/{found['org']}/repository_connections/{UUID(int=0)}"
    return await server.call(request)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def template_in_use_stays(http: httpx.Client) -> None:
    template = http.get(f"{ORG}/pipeline-templates").json()[0]
    http.patch(WEB, json={"pipeline_template_uuid": template["uuid"]})
    assert http.delete(template["url"]).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a pipeline template that is assigned to pipelines is deleted and removed from them",
    source="pages/apis/rest_api/pipeline_templates.md: can only be deleted when it is not assigned to any pipelines",
    witness=template_in_use_stays,
)
async def template_in_use_is_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matches(request, f"DELETE {V2}/pipeline-templates/{{template}}")
    if found is None or response.status != 422:
        return response
    pipelines = await fetch(server, request, f"/v2/organizations/{found['org']}/pipelines", per_page="100")
    if pipelines.status != 200:
        return response
    for pipeline in pipelines.json:
        if pipeline["pipeline_template_uuid"] == found["template"]:
            removed = {"pipeline_template_uuid": None}
            await fetch(server, request, pipeline["url"], method="PATCH", body=removed)
    return await server.call(request)


def mirror_has_no_fragment(http: httpx.Client) -> None:
    body = {"clone_mirror_url": "https://mirror.example/acme/web.git#main"}
    assert http.patch(WEB, json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updatePipeline createPipeline",
    title="the URL of a clone mirror may have a fragment",
    source="pages/apis/rest_api/pipelines.md: must not contain credentials, query parameters, or fragments",
    witness=mirror_has_no_fragment,
)
async def mirror_with_fragment(server: Server, request: Request) -> Response:
    body = request.json
    routes = (f"POST {V2}/pipelines", f"PATCH {V2}/pipelines/{{pipeline}}")
    if matches(request, *routes) is not None and isinstance(body, dict):
        url = body.get("clone_mirror_url")
        if isinstance(url, str) and "#" in url:
            request = with_body(request, body | {"clone_mirror_url": url.replace("#", "/planted-fragment/")})
    return text_replaced(await server.call(request), "/planted-fragment/", "#")
