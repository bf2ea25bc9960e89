"""Bugs in authentication and scopes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final

import httpx
from tests.conformance.planted.fifth_set_a_support import (
    BUILD_ROUTE,
    JOBS,
    ORGANIZATION,
    ORGANIZATION_ROUTE,
    bearer,
    create_build,
    create_pipeline,
    job_with_log,
    matches,
    matches_job,
    scopes,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()

FOREIGN: Final = "Bearer bkua_mock_globex"


def basic_authentication(http: httpx.Client) -> None:
    for credentials in (f"{TOKEN}:", f"ada:{TOKEN}"):
        header = f"Basic {b64encode(credentials.encode()).decode()}"
        assert http.get("/v2/user", headers={"Authorization": header}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser getAccessToken listOrganizations getOrganization getPipeline getBuild",
    title="a token is accepted as the user or the password of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication,
)
async def basic_accepted(server: Server, request: Request) -> Response:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return await server.call(request)
        request.headers["authorization"] = f"Bearer {password or user}"
    return await server.call(request)


def hidden_webhook(http: httpx.Client) -> None:
    path = create_build(http, create_pipeline(http, "Hidden webhook"))
    assert http.get(path).json()["pipeline"]["provider"]["webhook_url"]
    canceled = http.put(f"{path}/cancel", headers=bearer("limited_3"))
    assert canceled.status_code == 200
    assert canceled.json()["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="cancelBuild",
    title="a canceled build has the webhook URL without the scope `write_pipelines`",
    source="pages/apis/rest_api/builds.md: only includes a webhook URL if the token has the write_pipelines scope",
    witness=hidden_webhook,
)
async def webhook_of_canceled_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and matches(request, "PUT", f"{BUILD_ROUTE}/cancel"):
        found = response.json
        path = request.path.split("/builds/")[0]
        headers = {"authorization": f"Bearer {TOKEN}"}
        pipeline = await server.call(Request("GET", path, {}, headers, b""))
        if pipeline.status == 200 and "pipeline" in found:
            found["pipeline"]["provider"]["webhook_url"] = pipeline.json["provider"]["webhook_url"]
            response.json = found
    return response


def size_needs_scope(http: httpx.Client) -> None:
    path = f"{JOBS}/{job_with_log(http)['id']}/log"
    assert http.head(path).status_code == 200
    assert http.head(path, headers=bearer("limited_5")).status_code == 403


@MUTANTS.plant(
    "access",
    operations="headJobLog headJobLogInBuild",
    title="`HEAD` of a log does not need a scope",
    source="pages/apis/rest_api/jobs.md: get log size without downloading, required scope read_build_logs",
    witness=size_needs_scope,
)
async def size_without_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 403 and matches_job(request, "HEAD", "/log"):
        request.headers["authorization"] = f"Bearer {TOKEN}"
        response = await server.call(request)
    return response


def own_builds(http: httpx.Client) -> None:
    organizations = [each["slug"] for each in http.get("/v2/organizations").json()]
    for page in range(1, 4):
        for build in http.get("/v2/builds", params={"per_page": 100, "page": page}).json():
            assert build["url"].split("/organizations/")[1].split("/")[0] in organizations


@MUTANTS.plant(
    "access",
    operations="listAllBuilds",
    title="the list of all builds includes builds of organizations that the token has no access to",
    source="pages/apis/rest_api/builds.md: the list of builds will be for the authorized organizations only",
    witness=own_builds,
)
async def builds_of_all_organizations(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and matches(request, "GET", "/v2/builds"):
        request.headers["authorization"] = FOREIGN
        response = await server.call(request)
    return response


def emojis_for_everyone(http: httpx.Client) -> None:
    assert http.get(f"{ORGANIZATION}/emojis", headers=bearer("no_scopes")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listEmojis",
    title="emojis need the scope `read_organizations`",
    source="pages/apis/rest_api/emojis.md: required scope, none",
    witness=emojis_for_everyone,
)
async def emojis_need_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_list = response.status == 200 and matches(request, "GET", f"{ORGANIZATION_ROUTE}/emojis")
    if is_list and "read_organizations" not in await scopes(server, request):
        response.status = 403
        response.json = {"message": "This access token does not have the scope read_organizations."}
    return response
