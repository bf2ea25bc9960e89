"""Bugs of the class *access*: who may do or see what."""

from __future__ import annotations

from typing import Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_a_support import (
    ACME,
    ACME_REGISTRIES,
    ACME_SUITES,
    ORG,
    PIPELINE,
    REGISTRY,
    SUITES,
    as_admin,
    fetched,
    message_of,
    read,
    with_json,
    with_token,
)

from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES_TOKEN, GLOBEX_TOKEN, READ_ONLY_TOKEN

MUTANTS: Final = Mutants()


def meta_is_public(http: httpx.Client) -> None:
    assert httpx.get(http.base_url.join("/v2/meta")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="meta information needs a token",
    source="pages/apis/rest_api/meta.md: it does not require authentication",
    witness=meta_is_public,
)
async def meta_needs_token(server: Server, request: Request) -> Response:
    if read(request, "/v2/meta") is None or "authorization" in request.headers:
        return await server.call(request)
    response = await fetched(server, request)
    if response.status == 200:
        return with_json(response, {"message": "Authentication required. Please supply a valid API access token."}, 401)
    return response


def deleting_needs_scope_to_write(http: httpx.Client) -> None:
    tokens = f"{ACME_REGISTRIES}/wheels/tokens"
    made = http.post(tokens, json={"description": "Build servers"}).json()
    assert http.delete(f"{tokens}/{made['id']}", headers=with_token(READ_ONLY_TOKEN)).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deleteRegistryToken",
    title="the scope `read_registries` is enough to delete a registry token",
    source="pages/apis/rest_api/package_registries/registry_tokens.md#delete-a-registry-token: required scope "
    "`write_registries`",
    witness=deleting_needs_scope_to_write,
)
async def readers_delete_registry_tokens(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_deletion = request.values("DELETE", f"{REGISTRY}/tokens/{{token_id}}") is not None
    if is_deletion and response.status == 403 and "write_registries" in message_of(response):
        found = await server.call(evolve(request, method="GET"))
        if found.status in (200, 404):
            deleted = await server.call(as_admin(request, "DELETE"))
            return deleted if deleted.status == found.status else response
    return response


def token_of_suite_is_on_request(http: httpx.Client) -> None:
    assert "api_token" in http.get(f"{ACME_SUITES}/go", params={"show_api_token": "true"}).json()
    assert "api_token" not in http.get(f"{ACME_SUITES}/go").json()


@MUTANTS.plant(
    "access",
    operations="getTestSuite",
    title="a suite always shows its API token",
    source="pages/apis/rest_api/test_engine/_suites_query_strings.md: show_api_token, false by default",
    witness=token_of_suite_is_on_request,
)
async def suite_always_shows_token(server: Server, request: Request) -> Response:
    if read(request, f"{SUITES}/{{suite_slug}}") is None or "show_api_token" in request.params:
        return await server.call(request)
    response = await fetched(server, request)
    if response.status == 200:
        full = await server.call(evolve(as_admin(request, "GET"), params={"show_api_token": ["true"]}))
        if full.status == 200:
            return with_json(response, {**response.json, "api_token": full.json["api_token"]})
    return response


def connections_are_for_administrators(http: httpx.Client) -> None:
    name = http.get("/v2/access-token", headers=with_token(GLOBEX_TOKEN)).json()["user"]["name"]
    user = next(each for each in http.get(f"{ACME}/members").json() if each["name"] == name)
    assert http.patch(f"{ACME}/members/{user['id']}", json={"role": "member"}).status_code == 200
    assert http.get(f"{ACME}/repository_connections", headers=with_token(GLOBEX_TOKEN)).status_code == 403


@MUTANTS.plant(
    "access",
    operations="listRepositoryConnections",
    title="any member with the scope may list repository connections",
    source="pages/apis/rest_api/organizations/repository_connections.md#list-repository-connections: required "
    "permission, organization administrator access",
    witness=connections_are_for_administrators,
)
async def members_list_connections(server: Server, request: Request) -> Response:
    if read(request, f"{ORG}/repository_connections") is None:
        return await server.call(request)
    response = await fetched(server, request)
    if response.status == 403 and "administrators" in message_of(response):
        full = await server.call(as_admin(request, "GET"))
        return full if full.status == 200 else response
    return response


def invitation_is_of_one_organization(http: httpx.Client) -> None:
    invitation = http.get(f"{ACME}/invitations").json()["items"][0]
    other = f"/v2/organizations/globex/invitations/{invitation['id']}"
    assert http.get(other, headers=with_token(GLOBEX_TOKEN)).status_code == 404


@MUTANTS.plant(
    "access",
    operations="getOrganizationInvitation",
    title="an invitation of another organization is found, too",
    source="pages/apis/rest_api/organizations/invitations.md#get-an-organization-invitation: 404, the UUID belongs to "
    "a different organization",
    witness=invitation_is_of_one_organization,
)
async def invitations_of_others_are_found(server: Server, request: Request) -> Response:
    values = read(request, f"{ORG}/invitations/{{invitation_uuid}}")
    if values is None:
        return await server.call(request)
    response = await fetched(server, request)
    if response.status != 404 or "invitation" not in message_of(response):
        return response
    org, token = ("globex", GLOBEX_TOKEN) if values["org"] == "acme" else ("acme", ALL_SCOPES_TOKEN)
    path = f"/v2/organizations/{org}/invitations/{values['invitation_uuid']}"
    headers = {**request.headers, "authorization": f"Bearer {token}"}
    other = await server.call(Request("GET", path, {}, headers, b""))
    return with_json(response, other.json, 200) if other.status == 200 else response


def webhook_is_for_writers(http: httpx.Client) -> None:
    pipeline = http.get(f"{ACME}/pipelines/web", headers=with_token(READ_ONLY_TOKEN)).json()
    assert pipeline["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getPipeline",
    title="one pipeline shows its webhook URL to tokens that only read",
    source="pages/apis/rest_api/pipelines.md#get-a-pipeline: the webhook URL only if the token has the scope "
    "`write_pipelines`, otherwise an empty string",
    witness=webhook_is_for_writers,
)
async def readers_see_webhook(server: Server, request: Request) -> Response:
    if read(request, PIPELINE) is None:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status == 200 and body["provider"].get("webhook_url") == "":
        full = await server.call(as_admin(request, "GET"))
        if full.status == 200:
            body["provider"]["webhook_url"] = full.json["provider"]["webhook_url"]
            return with_json(response, body)
    return response
