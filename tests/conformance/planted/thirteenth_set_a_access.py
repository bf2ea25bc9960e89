"""Access that tokens should not have."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_a_support import (
    ADA,
    ALL_SCOPES,
    BUILD,
    GLOBEX,
    ORG,
    REGISTRIES,
    REGISTRY,
    V2,
    WEB,
    ask,
    each,
    route,
    sent,
    token,
    with_token,
)

MUTANTS = Mutants()


def basic(value: str) -> dict[str, str]:
    """Return the header for basic authentication with a token as the user."""
    return {"authorization": "Basic " + base64.b64encode(f"{value}:".encode()).decode()}


def with_limits(response: Response, own: Response) -> Response:
    """Return a response to another token with the rate limits of the own one."""
    response.headers |= {name: value for name, value in own.headers.items() if name.startswith("ratelimit-")}
    return response


def no_basic_authentication(http: httpx.Client) -> None:
    assert http.get("/v2/user", headers=basic("bkua_mock_all_scopes")).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser getAccessToken listPipelines",
    title="basic authentication with the token as the user is accepted",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=no_basic_authentication,
)
async def basic_authentication(server: Server, request: Request) -> Response:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return await server.call(request)
        request = with_token(request, {"authorization": f"Bearer {user or password}"})
    return await server.call(request)


def nothing_after_revocation(http: httpx.Client) -> None:
    headers = token("revocable")
    assert http.delete("/v2/access-token", headers=headers).status_code == 204
    assert http.get(f"{ORG}/emojis", headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken listEmojis",
    title="a revoked token can still list emojis, which need no scope",
    source="pages/apis/rest_api/access_token.md: Once revoked, the token can no longer be used for further requests",
    witness=nothing_after_revocation,
)
async def emojis_after_revocation(server: Server, request: Request) -> Response:
    owner = request.headers.get("authorization", "")
    if route(request, f"GET {V2}/emojis") is not None and owner in server.memory:
        request = with_token(request, ALL_SCOPES)
    response = await server.call(request)
    if route(request, "DELETE /v2/access-token") is not None and response.status == 204:
        server.memory[owner] = True
    return response


def deletion_of_registry(http: httpx.Client) -> None:
    headers = token("limited_1")
    assert "delete_registries" not in http.get("/v2/access-token", headers=headers).json()["scopes"]
    assert http.delete(f"{REGISTRIES}/images", headers=headers).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deleteRegistry",
    title="the scope `write_registries` is enough to delete a registry",
    source="pages/apis/rest_api/package_registries/registries.md: Required scope: `delete_registries`",
    witness=deletion_of_registry,
)
async def deletion_with_write_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, f"DELETE {REGISTRY}") is None or response.status != 403:
        return response
    scopes = ((await ask(server, request, "GET", "/v2/access-token")).json or {}).get("scopes", [])
    if "write_registries" not in scopes or "delete_registries" in scopes:
        return response
    return await server.call(with_token(request, ALL_SCOPES))


def no_webhook_of_builds(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds", headers=token("read_only")).json()[0]
    assert build["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="listBuilds getBuild",
    title="the pipeline of a build has its webhook URL also for a token without `write_pipelines`",
    source="pages/apis/rest_api/builds.md: Otherwise, the field returns with an empty string",
    witness=no_webhook_of_builds,
)
async def webhook_of_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = route(request, f"GET {V2}/pipelines/{{pipeline}}/builds", f"GET {BUILD}")
    if found is None or b'"webhook_url":""' not in response.body:
        return response
    path = f"/v2/organizations/{found['org']}/pipelines/{found['pipeline']}"
    pipeline = (await ask(server, with_token(request, ALL_SCOPES), "GET", path)).json or {}
    url = (pipeline.get("provider") or {}).get("webhook_url", "")

    def reveal(build: Any) -> None:
        provider = (build.get("pipeline") or {}).get("provider") or {}
        if provider.get("webhook_url") == "":
            provider["webhook_url"] = url

    return each(response, reveal)


def own_membership(http: httpx.Client) -> None:
    assert http.patch(f"{ORG}/members/{ADA}", json={"sso_mode": "required"}).status_code == 403


@MUTANTS.plant(
    "access",
    operations="updateOrganizationMember",
    title="a user can change the `sso_mode` of their own membership",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership,
)
async def own_sso_mode(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, f"PATCH {V2}/members/{{user}}") is None or response.status != 403:
        return response
    if b"own membership" not in response.body or list(sent(request)) != ["sso_mode"]:
        return response
    return with_limits(await server.call(with_token(request, GLOBEX)), response)


def job_of_other_organization(http: httpx.Client) -> None:
    job = http.get("/v2/organizations/globex/builds", headers=GLOBEX).json()[0]["jobs"][0]["id"]
    assert http.get(f"{ORG}/jobs/{job}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getJob",
    title="a job can be read by its id below another organization than its own, without access to its own",
    source="pages/apis/rest_api/jobs.md: Get a job … `404 Not Found`: No job found",
    witness=job_of_other_organization,
)
async def job_of_any_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = route(request, f"GET {V2}/jobs/{{job}}")
    if found is None or response.status != 404 or found["org"] != "acme":
        return response
    path = f"/v2/organizations/globex/jobs/{found['job']}"
    other = await server.call(with_token(evolve(request, path=path), GLOBEX))
    return with_limits(other, response) if other.status == 200 else response
