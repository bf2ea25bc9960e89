"""Third set of bugs, second half: credentials, scopes and secrets."""

from __future__ import annotations

import base64
import re
from typing import Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_b_tools import (
    DEFAULT_CLUSTER,
    FRONTEND,
    ORG,
    PACKAGES,
    UNKNOWN,
    bearer,
    get,
    scopes_of,
    with_json,
)
from tests.conformance.runner_support import TOKEN

ACCESS: Final = Mutants()

PORTALS: Final = "/v2/organizations/{org}/portals"


def deletion_has_its_own_scope(http: httpx.Client) -> None:
    writer = bearer("bkua_mock_limited_6")
    scopes = http.get("/v2/access-token", headers=writer).json()["scopes"]
    assert "write_packages" in scopes
    assert "delete_packages" not in scopes
    assert http.delete(f"{PACKAGES}/gems/packages/{UNKNOWN}", headers=writer).status_code == 403


@ACCESS.plant(
    "access",
    operations="deletePackage",
    title="the scope `write_packages` is enough to delete packages",
    source="pages/apis/rest_api/package_registries/packages.md: Delete a package, Required scope: delete_packages",
    witness=deletion_has_its_own_scope,
)
async def writers_delete_packages(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/packages/organizations/{org}/registries/{registry}/packages/{package}"
    is_refused = request.values("DELETE", path) is not None and response.status == 403
    if is_refused and "write_packages" in await scopes_of(server, request):
        return await server.call(evolve(request, headers={**request.headers, "authorization": f"Bearer {TOKEN}"}))
    return response


def readers_see_secrets(http: httpx.Client) -> None:
    found = http.get(f"{DEFAULT_CLUSTER}/secrets", headers=bearer("bkua_mock_read_only"))
    assert found.status_code == 200


@ACCESS.plant(
    "access",
    operations="listClusterSecrets getClusterSecret",
    title="reading secrets requires the scope `write_secrets`",
    source="pages/apis/rest_api/clusters/secrets.md: List secrets, Required scope: read_secret_details",
    witness=readers_see_secrets,
)
async def secrets_are_for_writers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_read = re.fullmatch(r"/v2/organizations/[^/]+/clusters/[^/]+/secrets(/[^/]+)?", request.path) is not None
    if is_read and request.method in ("GET", "HEAD") and response.status == 200:
        if "write_secrets" in await scopes_of(server, request):
            return response
        headers = {name: value for name, value in response.headers.items() if name != "link"}
        message = "This access token does not have the scope write_secrets."
        return with_json(evolve(response, headers=headers), 403, {"message": message})
    return response


def portal_tokens_are_shown_once(http: httpx.Client) -> None:
    made = http.post(f"{ORG}/portals", json={"name": "Shown once", "query": "query V { viewer { user { name } } }"})
    assert made.json()["token"]
    assert "token" not in get(http, f"{ORG}/portals/{made.json()['slug']}")


@ACCESS.plant(
    "access",
    operations="getPortal",
    title="the token of a portal can be read after its creation",
    source="pages/apis/rest_api/portals.md: token, Only returned when creating a portal",
    witness=portal_tokens_are_shown_once,
)
async def portal_token_stays_readable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    tokens: dict[str, str] = server.memory.setdefault("tokens", {})
    if request.values("POST", PORTALS) is not None and response.status == 201:
        tokens[response.json["uuid"]] = response.json["token"]
    if request.values("GET", PORTALS + "/{portal}") is not None and response.status == 200:
        body = response.json
        if body["uuid"] in tokens:
            response.json = {**body, "token": tokens[body["uuid"]]}
    return response


def expired_tokens_are_refused(http: httpx.Client) -> None:
    found = http.get(f"{FRONTEND}/members", headers=bearer("bkua_mock_expired"))
    assert found.status_code == 401


@ACCESS.plant(
    "access",
    operations="listTeamMembers getTeamMember createTeamMember updateTeamMember deleteTeamMember",
    title="an expired token is accepted for the members of a team",
    source="pages/apis/rest_api.md: Authentication; pages/apis/managing_api_tokens.md",
    witness=expired_tokens_are_refused,
)
async def members_for_expired_tokens(server: Server, request: Request) -> Response:
    is_member = re.match(r"/v2/organizations/[^/]+/teams/[^/]+/members", request.path) is not None
    if is_member and request.headers.get("authorization") == "Bearer bkua_mock_expired":
        request = evolve(request, headers={**request.headers, "authorization": f"Bearer {TOKEN}"})
    return await server.call(request)


def basic_authentication_is_refused(http: httpx.Client) -> None:
    for credentials in ((TOKEN, ""), ("api", TOKEN)):
        assert http.get("/v2/organizations", auth=httpx.BasicAuth(*credentials)).status_code == 401


@ACCESS.plant(
    "access",
    operations="listOrganizations getOrganization",
    title="a token is also accepted as user name or password of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication_is_refused,
)
async def organizations_accept_basic(server: Server, request: Request) -> Response:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic" and re.fullmatch(r"/v2/organizations(/[^/]+)?", request.path):
        try:
            user, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return await server.call(request)
        token = f"Bearer {password or user}"
        return await server.call(evolve(request, headers={**request.headers, "authorization": token}))
    return await server.call(request)
