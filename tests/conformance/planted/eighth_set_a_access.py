"""Bugs in authentication and scopes."""

from __future__ import annotations

import base64
import binascii

import httpx
from tests.conformance.planted.eighth_set_a_support import (
    BUILD_JOB,
    CLUSTER,
    MUTANTS,
    ORG,
    ORG_JOB,
    WEB,
    as_owner,
    build_in,
    job_of,
    matching,
    scopes,
)
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

NO_SCOPES = {"Authorization": "Bearer bkua_mock_no_scopes"}
READ_ONLY = {"Authorization": "Bearer bkua_mock_read_only"}
WITHOUT_SECRETS = {"Authorization": "Bearer bkua_mock_limited_1"}


def emojis_without_scopes(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/emojis", headers=NO_SCOPES).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listEmojis",
    title="emojis need the scope `read_organizations`",
    source="pages/apis/rest_api/emojis.md: Required scope: none",
    witness=emojis_without_scopes,
)
async def scope_of_emojis(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, request.method, "/v2/organizations/{org}/emojis")
    if found is None or response.status != 200 or request.method not in ("GET", "HEAD"):
        return response
    if "read_organizations" not in await scopes(server, request):
        response.status = 403
        response.json = {"message": "This access token does not have the scope read_organizations."}
        if request.method == "HEAD":
            response.headers["content-length"] = str(len(response.body))
            response.body = b""
    return response


def scope_of_secrets(http: httpx.Client) -> None:
    token = http.get("/v2/access-token", headers=WITHOUT_SECRETS).json()["scopes"]
    assert "read_clusters" in token
    assert "read_secrets_details" not in token
    cluster = http.get(f"{ORG}/clusters").json()[0]["id"]
    assert http.get(f"{ORG}/clusters/{cluster}/secrets", headers=WITHOUT_SECRETS).status_code == 403


@MUTANTS.plant(
    "access",
    operations="listClusterSecrets getClusterSecret",
    title="`read_clusters` allows reading secrets too",
    source="pages/apis/rest_api/clusters/secrets.md: Required scope: read_secret_details; "
    "pages/apis/managing_api_tokens.md: read_secrets_details",
    witness=scope_of_secrets,
)
async def secrets_with_scope_of_clusters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, "GET", f"{CLUSTER}/secrets", f"{CLUSTER}/secrets/{{secret}}")
    if response.status == 403 and found is not None and "read_clusters" in await scopes(server, request):
        return await as_owner(server, request)
    return response


def scope_of_log_size(http: httpx.Client) -> None:
    url = f"{ORG}/jobs/{job_of(http, build_in(http, 'running'), 'passed')['id']}/log"
    assert http.head(url).status_code == 200
    assert http.head(url, headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="headJobLog headJobLogInBuild",
    title="`HEAD` of a log needs no scope",
    source="pages/apis/rest_api/jobs.md: Get log size without downloading, Required scope: read_build_logs",
    witness=scope_of_log_size,
)
async def log_size_without_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, "HEAD", f"{ORG_JOB}/log", f"{BUILD_JOB}/log")
    return await as_owner(server, request) if response.status == 403 and found is not None else response


def webhook_urls(http: httpx.Client) -> None:
    for url in ("/v2/builds", f"{ORG}/builds", f"{WEB}/builds"):
        builds = http.get(url, headers=READ_ONLY).json()
        assert builds
        assert all(build["pipeline"]["provider"].get("webhook_url", "") == "" for build in builds)


@MUTANTS.plant(
    "access",
    operations="listAllBuilds",
    title="the list of all builds has webhook URLs for tokens without `write_pipelines`",
    source="pages/apis/rest_api/builds.md: Webhook URL: only if the API access token has the `write_pipelines` scope. "
    "Otherwise, the field returns with an empty string.",
    witness=webhook_urls,
)
async def webhook_urls_of_all_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status != 200 or request.values("GET", "/v2/builds") is None:
        return response
    builds = response.json
    secret: dict[str, str] = {}
    for build in (await as_owner(server, request)).json or []:
        provider = build.get("pipeline", {}).get("provider") or {}
        secret[build["id"]] = provider.get("webhook_url", "")
    for build in builds:
        provider = build.get("pipeline", {}).get("provider") or {}
        if provider.get("webhook_url") == "":
            provider["webhook_url"] = secret.get(build["id"], "")
    response.json = builds
    return response


def basic_authentication(http: httpx.Client) -> None:
    for pair in (f"ada:{TOKEN}", f"{TOKEN}:"):
        encoded = base64.b64encode(pair.encode()).decode()
        assert http.get("/v2/user", headers={"Authorization": f"Basic {encoded}"}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser listOrganizations listBuilds",
    title="a token may be the password of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported.",
    witness=basic_authentication,
)
async def token_as_password(server: Server, request: Request) -> Response:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            password = base64.b64decode(encoded, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return await server.call(request)
        request.headers["authorization"] = f"Bearer {password}"
    return await server.call(request)
