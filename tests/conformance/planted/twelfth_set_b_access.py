"""Wrong access."""

from __future__ import annotations

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_b_support import (
    ANALYTICS,
    ANY_REGISTRY,
    ANY_SUITE,
    REGISTRIES,
    SUITE,
    authorization,
    matches,
    other,
    refused,
    scopes,
)

MUTANTS = Mutants()


def user_of_token(http: httpx.Client) -> None:
    assert http.get("/v2/user").json()["name"] == "Ada Lovelace"
    assert http.get("/v2/user", headers=authorization("read_only")).json()["name"] == "Grace Hopper"


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="the current user is cached for all tokens",
    source="pages/apis/rest_api/user.md: details about the user account that sent the request",
    witness=user_of_token,
)
async def cached_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and matches(request, "GET /v2/user"):
        response.json = server.memory.setdefault("user", response.json)
    return response


def muting_needs_scope(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]["id"]
    assert http.put(f"{SUITE}/tests/{test}/mute", headers=authorization("read_only")).status_code == 403


@MUTANTS.plant(
    "access",
    operations="muteTest",
    title="the state of a test and the tags of executions can be changed with the scope `read_suites`",
    source="pages/apis/rest_api/test_engine/{quarantine,execution_tags}.md: Required scope: write_suites",
    witness=muting_needs_scope,
)
async def readers_change_tests(server: Server, request: Request) -> Response:
    response = await server.call(request)
    states = [f"PUT {ANY_SUITE}/tests/{{test}}/{state}" for state in ("mute", "skip", "enable")]
    is_refused = response.status == 403 and matches(request, *states, f"PUT {ANY_SUITE}/execution-tags")
    if is_refused and "read_suites" in await scopes(server, request):
        return await server.call(evolve(request, headers=request.headers | authorization("all_scopes")))
    return response


def registries_need_their_scope(http: httpx.Client) -> None:
    headers = authorization("limited_2")
    assert http.get(f"{REGISTRIES}/gems", headers=headers).status_code == 200
    assert http.get(f"{REGISTRIES}/gems/tokens", headers=headers).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listRegistries",
    title="reading registries and their tokens requires the scope `read_packages`",
    source="pages/apis/rest_api/package_registries/{registry_tokens,registries}.md: Required scope: read_registries",
    witness=registries_need_their_scope,
)
async def registries_need_packages(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = [ANY_REGISTRY.removesuffix("/{registry}"), ANY_REGISTRY, f"{ANY_REGISTRY}/tokens"]
    routes += [f"{ANY_REGISTRY}/tokens/{{token}}"]
    is_read = response.status == 200 and matches(request, *(f"GET {route}" for route in routes))
    if is_read and "read_packages" not in await scopes(server, request):
        return await refused(server, request, 403, "This access token does not have the scope read_packages.")
    return response


def organizations_of_token(http: httpx.Client) -> None:
    assert [one["slug"] for one in http.get("/v2/organizations").json()] == ["acme"]


@MUTANTS.plant(
    "access",
    operations="listOrganizations",
    title="the list of organizations has those that the token has no access to",
    source="pages/apis/rest_api/organizations.md: organizations accessible by the user's access token",
    witness=organizations_of_token,
)
async def all_organizations(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/organizations") and "read_organizations" in await scopes(server, request):
        request.headers |= authorization("globex")
    return await server.call(request)


def meta_with_expired_token(http: httpx.Client) -> None:
    assert http.get("/v2/meta", headers=authorization("expired")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="the meta information is refused to invalid tokens, though not to requests without a token",
    source="pages/apis/rest_api/meta.md: It does not require authentication",
    witness=meta_with_expired_token,
)
async def meta_checks_token(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/meta") and "authorization" in request.headers:
        checked = await server.call(other(request, "GET", "/v2/access-token"))
        if checked.status == 401:
            return checked
    return await server.call(request)


def revoked_everywhere(http: httpx.Client) -> None:
    headers = authorization("revocable")
    assert http.delete("/v2/access-token", headers=headers).status_code == 204
    assert http.get(f"{ANALYTICS}/suites", headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations="listTestSuites getTestSuite",
    title="Test Engine still accepts a token that has been revoked",
    source="pages/apis/rest_api/access_token.md: Once revoked, the token can no longer be used for further requests",
    witness=revoked_everywhere,
)
async def revoked_in_pipelines_only(server: Server, request: Request) -> Response:
    token = request.headers.get("authorization", "")
    response = await server.call(request)
    if response.status == 204 and matches(request, "DELETE /v2/access-token"):
        server.memory[token] = True
    if response.status == 401 and token in server.memory and request.path.startswith("/v2/analytics/"):
        return await server.call(evolve(request, headers=request.headers | authorization("all_scopes")))
    return response
