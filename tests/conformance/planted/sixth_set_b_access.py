"""Requests with too much access, and secrets in responses."""

import base64

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_b_support import (
    A_BUILD,
    ORG,
    PAGES,
    RETRIED,
    fetched,
    job_values,
    jobs_of,
    path_of,
)
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()

READ_ONLY = {"Authorization": "Bearer bkua_mock_read_only"}
WITHOUT_LOGS = {"Authorization": "Bearer bkua_mock_limited_5"}


def basic(http: httpx.Client) -> None:
    assert http.get("/v2/user", auth=("ada", TOKEN)).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser getAccessToken",
    title="the token is accepted as the password of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic,
)
async def basic_authentication_b(server: Server, request: Request) -> Response:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            password = base64.b64decode(value).decode("latin-1").partition(":")[2]
        except ValueError:
            return await server.call(request)
        request.headers["authorization"] = f"Bearer {password}"
    return await server.call(request)


def token_in_query(http: httpx.Client) -> None:
    with httpx.Client(base_url=http.base_url) as anonymous:
        assert anonymous.get("/v2/access-token", params={"access_token": TOKEN}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getAccessToken revokeAccessToken",
    title="the token is also accepted as the query parameter `access_token`",
    source=f"{PAGES}/access_token.md: all the endpoints expect the token in the Authorization HTTP header",
    witness=token_in_query,
)
async def token_in_query_b(server: Server, request: Request) -> Response:
    token = request.params.pop("access_token", [""])[0] if request.path == "/v2/access-token" else ""
    if token and "authorization" not in request.headers:
        request.headers["authorization"] = f"Bearer {token}"
    return await server.call(request)


def size_of_log(http: httpx.Client) -> None:
    path = f"{ORG}/jobs/{jobs_of(http)[0]['id']}/log"
    assert http.head(path, headers=WITHOUT_LOGS).status_code == 403


@MUTANTS.plant(
    "access",
    operations="headJobLog headJobLogInBuild",
    title="the size of a log needs no scope",
    source=f"{PAGES}/jobs.md: get log size without downloading, required scope `read_build_logs`",
    witness=size_of_log,
)
async def size_without_scope_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (values := job_values(request, "HEAD", "/log")) and response.status == 403:
        emojis = await fetched(server, request, f"/v2/organizations/{values['org']}/emojis")
        if emojis.status != 200:
            return response
        request.headers["authorization"] = f"Bearer {TOKEN}"
        return await server.call(request)
    return response


def token_of_portal(http: httpx.Client) -> None:
    given = {"name": "Sixth portal", "query": "query { viewer { id } }"}
    portal = http.post(f"{ORG}/portals", json=given).json()
    assert portal["token"]
    assert "token" not in http.put(f"{ORG}/portals/{portal['slug']}", json={"description": "Sixth"}).json()


@MUTANTS.plant(
    "access",
    operations="updatePortal",
    title="the update of a portal returns its token",
    source=f"{PAGES}/portals.md: the `token` field is only present in the response when creating a portal",
    witness=token_of_portal,
)
async def token_of_portal_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = response.json
    if request.values("POST", "/v2/organizations/{org}/portals") and response.status == 201:
        server.memory[body["uuid"]] = body["token"]
    if request.values("PUT", "/v2/organizations/{org}/portals/{slug}") and response.status == 200:
        response.json = {**body, "token": server.memory.get(body["uuid"], f"bkpt_{body['uuid'].replace('-', '')}")}
    return response


def webhook_of_build(http: httpx.Client) -> None:
    pipeline = http.get(RETRIED, headers=READ_ONLY).json()["pipeline"]
    assert pipeline["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getBuild",
    title="the pipeline of a build has its webhook without `write_pipelines`",
    source=f"{PAGES}/builds.md: only if the token has the `write_pipelines` scope, otherwise an empty string",
    witness=webhook_of_build,
)
async def webhook_of_build_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = response.json
    if request.values("GET", A_BUILD) and isinstance(body, dict) and isinstance(body.get("pipeline"), dict):
        provider = body["pipeline"].get("provider")
        if isinstance(provider, dict) and provider.get("webhook_url") == "":
            headers = {"host": request.headers.get("host", ""), "authorization": f"Bearer {TOKEN}"}
            found = await server.call(Request("GET", path_of(body["pipeline"]["url"]), {}, headers, b""))
            provider["webhook_url"] = found.json["provider"]["webhook_url"]
            response.json = body
    return response
