"""Wrong access: credentials, scopes and secrets."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.eleventh_set_b_support import (
    ORG,
    REGISTRIES,
    REGISTRY,
    SUITE,
    SUITES,
    V2,
    bearer,
    matches,
    other,
    repaged,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def organizations_of_token(http: httpx.Client) -> None:
    assert [one["slug"] for one in http.get("/v2/organizations").json()] == ["acme"]


@MUTANTS.plant(
    "access",
    operations="listOrganizations",
    title="organizations are listed that the token has no access to",
    source="pages/apis/rest_api/organizations.md: organizations accessible by the user's access token",
    witness=organizations_of_token,
)
async def foreign_organizations_are_listed(server: Server, request: Request) -> Response:
    if not matches(request, "GET /v2/organizations"):
        return await server.call(request)

    def with_foreign(items: list[Any]) -> list[Any]:
        foreign = json.loads(json.dumps(items[0]).replace("acme", "globex"))
        foreign |= {"id": "01920000-0001-7001-8000-000000000002", "name": "Globex Corporation"}
        foreign["graphql_id"] = b64encode(f"Organization---{foreign['id']}".encode()).decode()
        return items if len(items) > 1 else [*items, foreign]

    return await repaged(server, request, with_foreign)


def token_of_suite_is_hidden(http: httpx.Client) -> None:
    assert "api_token" not in http.patch(f"{SUITES}/rspec", json={"application_name": "Shop"}).json()


@MUTANTS.plant(
    "access",
    operations="updateTestSuite",
    title="an update of a suite always returns its API token",
    source="pages/apis/rest_api/test_engine/suites.md: show_api_token: … Default value: false",
    witness=token_of_suite_is_hidden,
)
async def update_shows_token_of_suite(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PATCH {SUITE}") and response.status == 200 and "api_token" not in response.json:
        path = f"{request.path.rsplit('/', 1)[0]}/{response.json['slug']}"
        read = other(request, "GET", path, show_api_token="true")
        found = await server.call(evolve(read, headers=read.headers | bearer("all_scopes")))
        if found.status == 200:
            response.json = response.json | {"api_token": found.json["api_token"]}
    return response


def token_of_portal_is_shown_once(http: httpx.Client) -> None:
    created = http.post(f"{ORG}/portals", json={"name": "Viewer", "query": "{ viewer { id } }"}).json()
    assert created["token"]
    assert "token" not in http.put(f"{ORG}/portals/{created['slug']}", json={"description": "Other"}).json()


@MUTANTS.plant(
    "access",
    operations="updatePortal createPortal",
    title="an update of a portal returns its token again",
    source="pages/apis/rest_api/portals.md: The token field is only present in the response when creating a portal",
    witness=token_of_portal_is_shown_once,
)
async def update_shows_token_of_portal(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/portals") and response.status == 201:
        server.memory[response.json["uuid"]] = response.json["token"]
    if matches(request, f"PUT {V2}/portals/{{portal}}") and response.status == 200:
        token: Any = server.memory.get(response.json["uuid"])
        if token:
            response.json = response.json | {"token": token}
    return response


def token_in_header_only(http: httpx.Client) -> None:
    params = {"access_token": "bkua_mock_all_scopes"}
    with httpx.Client(base_url=http.base_url) as anonymous:
        assert anonymous.get("/v2/access-token", params=params).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getAccessToken getUser",
    title="a token is accepted in the query, as `access_token`",
    source="pages/apis/rest_api/access_token.md: All the endpoints expect the token … using the Authorization … header",
    witness=token_in_header_only,
)
async def token_in_query(server: Server, request: Request) -> Response:
    if "access_token" in request.params and "authorization" not in request.headers:
        request.headers["authorization"] = f"Bearer {request.params.pop('access_token')[-1]}"
    return await server.call(request)


def user_of_each_token(http: httpx.Client) -> None:
    assert http.get("/v2/user").json()["name"] == "Ada Lovelace"
    assert http.get("/v2/user", headers=bearer("read_only")).json()["name"] == "Grace Hopper"


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="the first user that is read is cached, and returned for every token",
    source="pages/apis/rest_api/user.md: Returns basic details about the user account that sent the request",
    witness=user_of_each_token,
)
async def user_is_cached_for_all_tokens(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET /v2/user") and response.status == 200:
        response.body = server.memory.setdefault("user", response.body)
    return response


def expired_token_reads_no_tokens(http: httpx.Client) -> None:
    assert http.get(f"{REGISTRIES}/gems/tokens", headers=bearer("expired")).status_code == 401


@MUTANTS.plant(
    "access",
    operations="listRegistryTokens",
    title="an expired token can list the tokens of a registry",
    source="pages/apis/managing_api_tokens.md: a Token Expiry duration that determines when the token expires",
    witness=expired_token_reads_no_tokens,
)
async def expired_token_lists_registry_tokens(server: Server, request: Request) -> Response:
    expired = request.headers.get("authorization") == bearer("expired")["authorization"]
    if expired and matches(request, f"GET {REGISTRY}/tokens"):
        request.headers |= bearer("all_scopes")
    return await server.call(request)
