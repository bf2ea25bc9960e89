"""Requests that the credential does not allow, and requests that need none."""

from __future__ import annotations

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_a_support import (
    ORG,
    REGISTRIES,
    REGISTRY,
    SUITES,
    TWO_ORGANIZATIONS,
    V2,
    bearer,
    fetch,
    matches,
    with_limits,
)

MUTANTS = Mutants()


def emojis_need_no_scope(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/emojis", headers=bearer("bkua_mock_no_scopes")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listEmojis",
    title="the emojis of an organization cannot be read without the scope `read_organizations`",
    source="pages/apis/rest_api/emojis.md: Required scope: none",
    witness=emojis_need_no_scope,
)
async def emojis_need_a_scope(server: Server, request: Request) -> Response:
    if request.values(request.method, f"{V2}/emojis") is not None and request.method in {"GET", "HEAD"}:
        allowed = await server.call(evolve(request, path=request.path.removesuffix("/emojis")))
        if allowed.status == 403:
            return allowed
    return await server.call(request)


def meta_needs_no_token(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}/v2/meta").status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="`/v2/meta` requires a token",
    source="pages/apis/rest_api/meta.md: It does not require authentication",
    witness=meta_needs_no_token,
)
async def meta_needs_a_token(server: Server, request: Request) -> Response:
    if request.values(request.method, "/v2/meta") is not None and request.method in {"GET", "HEAD"}:
        known = await server.call(evolve(request, path="/v2/access-token"))
        if known.status == 401:
            return known
    return await server.call(request)


def only_organizations_of_the_token_are_listed(http: httpx.Client) -> None:
    for organization in http.get("/v2/organizations").json():
        assert http.get(organization["url"]).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listOrganizations",
    title="the list of organizations has those that the token is not limited to",
    source="pages/apis/rest_api/organizations.md: organizations accessible by the user's access token",
    witness=only_organizations_of_the_token_are_listed,
)
async def organizations_of_other_tokens(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET /v2/organizations") is None or response.status != 200:
        return response
    headers = request.headers | {"authorization": f"Bearer {TWO_ORGANIZATIONS}"}
    return with_limits(await server.call(evolve(request, headers=headers)), response)


def own_membership_stays(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    member = f"{ORG}/members/{user}"
    mode = {"required": "optional", "optional": "required"}[http.get(member).json()["sso_mode"]]
    assert http.patch(member, json={"sso_mode": mode}).status_code == 403


@MUTANTS.plant(
    "access",
    operations="updateOrganizationMember",
    title="users can change the SSO mode of their own membership",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership_stays,
)
async def own_sso_mode_can_be_changed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    own = matches(request, f"PATCH {V2}/members/{{user}}") is not None and "own membership" in response.body.decode()
    if own and response.status == 403 and isinstance(body, dict) and set(body) == {"sso_mode"}:
        headers = request.headers | {"authorization": f"Bearer {TWO_ORGANIZATIONS}"}
        return with_limits(await server.call(evolve(request, headers=headers)), response)
    return response


def deletion_of_registry_has_a_scope(http: httpx.Client) -> None:
    registry = http.get(REGISTRIES).json()[0]["url"]
    assert http.delete(registry, headers=bearer("bkua_mock_limited_4")).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deleteRegistry",
    title="the scope `write_registries` allows the deletion of a registry",
    source="pages/apis/rest_api/package_registries/registries.md: Delete a registry: Required scope: delete_registries",
    witness=deletion_of_registry_has_a_scope,
)
async def writing_registries_deletes_them(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"DELETE {REGISTRY}") is None or response.status != 403:
        return response
    token = await server.call(Request("GET", "/v2/access-token", {}, request.headers, b""))
    if token.status == 200 and "write_registries" in token.json["scopes"]:
        return with_limits(await fetch(server, request, request.path, method="DELETE"), response)
    return response


def token_of_suite_is_shown_on_demand(http: httpx.Client) -> None:
    suite = http.get(SUITES).json()[0]["url"]
    assert "api_token" not in http.get(suite, params={"show_api_token": "false"}).json()


@MUTANTS.plant(
    "access",
    operations="getTestSuite",
    title="`show_api_token=false` shows the API token of a suite",
    source="pages/apis/rest_api/test_engine/suites.md: show_api_token: Default value: false",
    witness=token_of_suite_is_shown_on_demand,
)
async def every_value_shows_token_of_suite(server: Server, request: Request) -> Response:
    if request.path.startswith("/v2/analytics/") and "false" in request.params.get("show_api_token", []):
        request.params["show_api_token"] = ["true"]
    return await server.call(request)
