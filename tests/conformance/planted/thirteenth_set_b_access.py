"""Wrong decisions about who may do what."""

from __future__ import annotations

from copy import deepcopy

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_b_support import (
    ACME,
    ACME_REGISTRIES,
    BUILD,
    REGISTRY,
    V2,
    bearer,
    matches,
    privileged,
    scopes,
)

MUTANTS = Mutants()


def user_of_each_token(http: httpx.Client) -> None:
    users = [http.get("/v2/user", headers=headers).json()["id"] for headers in ({}, bearer("read_only"))]
    assert users[0] != users[1]


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="the user of the first token is cached for all tokens",
    source="pages/apis/rest_api/user.md: details about the user account that sent the request",
    witness=user_of_each_token,
)
async def user_is_cached(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET /v2/user") is not None and response.status == 200:
        response.json = server.memory.setdefault("user", response.json)
    return response


def scope_of_registry_tokens(http: httpx.Client) -> None:
    found = http.get(f"{ACME_REGISTRIES}/gems/tokens", headers=bearer("limited_4"))
    assert found.status_code == 403


@MUTANTS.plant(
    "access",
    operations="listRegistryTokens getRegistryToken",
    title="`write_registries` suffices to read the tokens of a registry",
    source="pages/apis/rest_api/package_registries/registry_tokens.md: Required scope: read_registries",
    witness=scope_of_registry_tokens,
)
async def writers_read_registry_tokens(server: Server, request: Request) -> Response:
    response = await server.call(request)
    tokens = f"{REGISTRY}/tokens"
    routes = [f"{method} {path}" for method in ("GET", "HEAD") for path in (tokens, f"{tokens}/{{token}}")]
    if matches(request, *routes) is None or response.status != 403:
        return response
    return await server.call(privileged(request)) if "write_registries" in await scopes(server, request) else response


def own_membership(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ACME}/members/{user}", json={"sso_mode": "required"}).status_code == 403


@MUTANTS.plant(
    "access",
    operations="updateOrganizationMember",
    title="an administrator can change their own membership",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership,
)
async def own_membership_can_be_changed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PATCH {V2}/members/{{user}}") is None or response.status != 403:
        return response
    if "own membership" in response.json["message"]:
        return await server.call(privileged(request))
    return response


def emojis_without_scopes(http: httpx.Client) -> None:
    assert http.get(f"{ACME}/emojis", headers=bearer("no_scopes")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listEmojis",
    title="the emojis need the scope `read_organizations`",
    source="pages/apis/rest_api/emojis.md: Required scope: none",
    witness=emojis_without_scopes,
)
async def emojis_need_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/emojis", f"HEAD {V2}/emojis") is None or response.status != 200:
        return response
    if "read_organizations" not in await scopes(server, request):
        response.status = 403
        response.json = {"message": "This access token does not have the scope read_organizations."}
        if request.method == "HEAD":
            response.body = b""
    return response


def webhook_url_needs_scope(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/web/builds/3", headers=bearer("limited_3")).json()
    assert build["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getBuild",
    title="a build shows the webhook URL of its pipeline to every token",
    source="pages/apis/rest_api/builds.md: only includes a webhook URL if … the write_pipelines scope",
    witness=webhook_url_needs_scope,
)
async def build_shows_webhook_url(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {BUILD}") is None or response.status != 200:
        return response
    provider = (response.json.get("pipeline") or {}).get("provider")
    if provider and not provider.get("webhook_url"):
        whole = await server.call(privileged(request))
        url = whole.json["pipeline"]["provider"]["webhook_url"]
        pipeline = response.json["pipeline"] | {"provider": provider | {"webhook_url": url}}
        response.json = response.json | {"pipeline": pipeline}
    return response


def revoked_token(http: httpx.Client) -> None:
    headers = bearer("revocable")
    assert http.get(ACME, headers=headers).status_code == 200
    assert http.delete("/v2/access-token", headers=headers).status_code == 204
    assert http.get(ACME, headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken getOrganization",
    title="a token that was revoked can still read the organization",
    source="pages/apis/rest_api/access_token.md: Once revoked, the token can no longer be used for further requests",
    witness=revoked_token,
)
async def organization_accepts_revoked_token(server: Server, request: Request) -> Response:
    token = request.headers.get("authorization", "")
    sent = deepcopy(request)
    response = await server.call(request)
    if matches(sent, "DELETE /v2/access-token") is not None and response.status == 204:
        server.memory[token] = True
    routes = (f"GET {V2}", f"HEAD {V2}")
    if matches(sent, *routes) is not None and response.status == 401 and token in server.memory:
        return await server.call(privileged(sent))
    return response
