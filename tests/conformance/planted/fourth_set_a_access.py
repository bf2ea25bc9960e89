"""Bugs in credentials, scopes and values that need a scope."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from tests.conformance.planted.fourth_set_a_support import (
    BUILD,
    DOCS,
    ORGANIZATION,
    WEB,
    at_job,
    bearer,
    failed_build,
    get,
    jobs_in,
    path_of,
    privileged,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def deletion_needs_scope_of_logs(http: httpx.Client) -> None:
    token = bearer("bkua_mock_limited_3")
    scopes = http.get("/v2/access-token", headers=token).json()["scopes"]
    assert "write_builds" in scopes
    assert "write_build_logs" not in scopes
    assert http.delete(f"{path_of(jobs_in(http, 'failed')[0])}/log", headers=token).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deleteJobLog deleteJobLogInBuild",
    title="write_builds is enough to delete a log",
    source=f"{DOCS}/rest_api/jobs.md: Required scope: write_build_logs",
    witness=deletion_needs_scope_of_logs,
)
async def log_deleted_with_scope_of_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if at_job(request, "DELETE", "/log") is not None and response.status == 403:
        token = (await get(server, request, "/v2/access-token")).json
        if "write_builds" in token.get("scopes", []):
            return await privileged(server, request)
    return response


def webhook_url_needs_scope(http: httpx.Client) -> None:
    path = f"{WEB}/builds/{failed_build(http)['number']}"
    assert http.get(path).json()["pipeline"]["provider"]["webhook_url"]
    found = http.get(path, headers=bearer("bkua_mock_read_only")).json()
    assert found["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getBuild",
    title="the webhook URL of the pipeline of a build needs no scope",
    source=f"{DOCS}/rest_api/builds.md: Otherwise, the field returns with an empty string",
    witness=webhook_url_needs_scope,
)
async def webhook_url_of_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("GET", BUILD)
    if values is None or response.status != 200:
        return response
    path = f"/v2/organizations/{values['org']}/pipelines/{values['pipeline']}"
    pipeline = (await get(server, request, path, TOKEN)).json

    def restore(provider: dict[str, Any]) -> None:
        provider["webhook_url"] = pipeline["provider"]["webhook_url"]

    build = response.json
    if "provider" in (pipeline or {}) and "provider" in (build.get("pipeline") or {}):
        restore(build["pipeline"]["provider"])
        response.json = build
    return response


def revoked_token_is_refused(http: httpx.Client) -> None:
    token = bearer("bkua_mock_revocable")
    assert http.get(f"{ORGANIZATION}/emojis", headers=token).status_code == 200
    assert http.delete("/v2/access-token", headers=token).status_code == 204
    assert http.get(f"{ORGANIZATION}/emojis", headers=token).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken listEmojis",
    title="a revoked token still lists emojis",
    source=f"{DOCS}/rest_api/access_token.md: Once revoked, the token can no longer be used for further requests",
    witness=revoked_token_is_refused,
)
async def emojis_for_revoked_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    token = request.headers.get("authorization", "")
    if request.values("DELETE", "/v2/access-token") is not None and response.status == 204:
        server.memory[token] = True
    is_list = request.values("GET", "/v2/organizations/{org}/emojis") is not None
    if is_list and response.status == 401 and token in server.memory:
        return await privileged(server, request)
    return response


def basic_authentication_is_refused(http: httpx.Client) -> None:
    encoded = base64.b64encode(f"{TOKEN}:".encode()).decode()
    assert http.get("/v2/user", headers={"Authorization": f"Basic {encoded}"}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="basic authentication with the token as name or password is accepted",
    source=f"{DOCS}/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication_is_refused,
)
async def accepted_basic_authentication(server: Server, request: Request) -> Response:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if request.values("GET", "/v2/user") is not None and scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return await server.call(request)
        token = name if name.startswith("bkua_") else password
        request.headers["authorization"] = f"Bearer {token}"
    return await server.call(request)
