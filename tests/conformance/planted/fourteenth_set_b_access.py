"""Wrong decisions about who may do or see something."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error

import httpx
from attrs import evolve
from tests.conformance.planted.fourteenth_set_b_support import (
    BUILDS,
    ORG,
    PACKAGES,
    V2,
    as_token,
    bearer,
    edited,
    matches,
    read,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def user_of_token(http: httpx.Client) -> None:
    assert http.get("/v2/user").json()["name"] == "Ada Lovelace"
    assert http.get("/v2/user", headers=bearer("read_only")).json()["name"] == "Grace Hopper"


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="the user of the first request is cached for all tokens",
    source="pages/apis/rest_api/user.md: basic details about the user account that sent the request",
    witness=user_of_token,
)
async def cached_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET /v2/user") and response.status == 200:
        response.json = server.memory.setdefault("user", response.json)
    return response


def hidden_webhook(http: httpx.Client) -> None:
    body = {"commit": "HEAD", "branch": "main"}
    build = http.post(f"{ORG}/pipelines/docs/builds", json=body, headers=bearer("limited_5")).json()
    assert build["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="createBuild",
    title="a new build shows the webhook URL of its pipeline to a token without `write_pipelines`",
    source="pages/apis/rest_api/builds.md: a webhook URL … if … the API access token has the write_pipelines scope",
    witness=hidden_webhook,
)
async def new_build_shows_webhook(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {BUILDS}") and response.status == 201:
        pipeline = await server.call(read(as_token(request, "all_scopes"), request.path.rstrip("/").rsplit("/", 1)[0]))
        if pipeline.status == 200:
            provider = pipeline.json["provider"]
            edited(response, lambda build: build | {"pipeline": build["pipeline"] | {"provider": provider}})
    return response


def copy_needs_both_scopes(http: httpx.Client) -> None:
    packages = "/v2/packages/organizations/acme/registries/gems/packages"
    package = http.get(packages).json()["items"][0]["id"]
    copy = http.post(f"{packages}/{package}/copy", params={"to": "gems-stable"}, headers=bearer("limited_6"))
    assert copy.status_code == 403


@MUTANTS.plant(
    "access",
    operations="copyPackage",
    title="a package can be copied without the scope `read_packages`",
    source="pages/apis/rest_api/package_registries/packages.md: Required scopes: read_packages, write_packages",
    witness=copy_needs_both_scopes,
)
async def copy_without_read_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {PACKAGES}/{{package}}/copy") and response.status == 403:
        token = await server.call(read(request, "/v2/access-token"))
        if token.status == 200 and "write_packages" in token.json["scopes"]:
            return await server.call(as_token(request, "all_scopes"))
    return response


def revoked_token(http: httpx.Client) -> None:
    token = bearer("revocable")
    assert http.get("/v2/access-token", headers=token).status_code == 200
    assert http.delete("/v2/access-token", headers=token).status_code == 204
    assert http.get("/v2/access-token", headers=token).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getAccessToken revokeAccessToken",
    title="the details of a token are cached and returned after its revocation",
    source="pages/apis/rest_api/access_token.md: Once revoked, the token can no longer be used for further requests",
    witness=revoked_token,
)
async def revoked_token_is_cached(server: Server, request: Request) -> Response:
    response = await server.call(request)
    token = request.headers.get("authorization", "")
    if matches(request, "GET /v2/access-token") and response.status == 200:
        server.memory[token] = response.json
    elif matches(request, "GET /v2/access-token") and response.status == 401 and token in server.memory:
        response.status = 200
        response.json = server.memory[token]
    return response


def meta_without_valid_token(http: httpx.Client) -> None:
    assert http.get("/v2/meta", headers=bearer("expired")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="the meta API refuses an expired token",
    source="pages/apis/rest_api/meta.md: It does not require authentication",
    witness=meta_without_valid_token,
)
async def meta_checks_token(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/meta") and "authorization" in request.headers:
        token = await server.call(read(request, "/v2/access-token"))
        if token.status == 401:
            return token
    return await server.call(request)


def invitation_of_other_organization(http: httpx.Client) -> None:
    found = http.get("/v2/organizations/globex/invitations", headers=bearer("globex")).json()["items"][0]["id"]
    assert http.get(f"{ORG}/invitations/{found}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getOrganizationInvitation",
    title="an invitation to another organization can be read below one's own",
    source="pages/apis/rest_api/organizations/invitations.md: 404: belongs to a different organization",
    witness=invitation_of_other_organization,
)
async def invitation_of_any_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("GET", f"{V2}/invitations/{{invitation}}")
    if found is None or response.status != 404 or b"invitation" not in response.body:
        return response
    for organization, token in (("acme", "all_scopes"), ("globex", "globex")):
        path = f"/v2/organizations/{organization}/invitations/{found['invitation']}"
        other = await server.call(read(as_token(request, token), path))
        if other.status == 200:
            return other
    return response


def basic_authentication(http: httpx.Client) -> None:
    token = http.headers["Authorization"].removeprefix("Bearer ")
    assert http.get("/v2/organizations", auth=(token, "")).status_code == 401


@MUTANTS.plant(
    "access",
    operations="listOrganizations getOrganization getUser getAccessToken",
    title="a token is accepted as the user name of HTTP basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication,
)
async def token_as_user_name_is_accepted(server: Server, request: Request) -> Response:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            token = b64decode(value, validate=True).decode("ascii").split(":")[0]
        except (Error, UnicodeDecodeError):
            return await server.call(request)
        request = evolve(request, headers=request.headers | {"authorization": f"Bearer {token}"})
    return await server.call(request)
