"""Bugs in authentication and scopes."""

import base64
import binascii

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_a_support import (
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    WEB,
    copy,
    error,
    is_request,
    scopes,
)
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def bearer(name: str) -> dict[str, str]:
    """Return the header of a token of the mock server."""
    return {"Authorization": f"Bearer bkua_mock_{name}"}


def meta_is_public(http: httpx.Client) -> None:
    assert httpx.get(http.base_url.join("/v2/meta")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="meta information requires a token",
    source="pages/apis/rest_api/meta.md: it does not require authentication",
    witness=meta_is_public,
)
async def meta_with_authentication(server: Server, request: Request) -> Response:
    if is_request(request, "GET HEAD", "/v2/meta"):
        found = await server.call(copy(request, "GET", "/v2/access-token"))
        if found.status == 401:
            return found
    return await server.call(request)


def emojis_need_no_scope(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/emojis", headers=bearer("no_scopes")).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listEmojis",
    title="emojis require the scope read_organizations",
    source="pages/apis/rest_api/emojis.md: Required scope: none",
    witness=emojis_need_no_scope,
)
async def emojis_with_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET HEAD", "/v2/organizations/{org}/emojis") and response.status == 200:
        held = await scopes(server, request)
        if "read_organizations" not in held:
            return error(response, 403, "This access token does not have the scope read_organizations.")
    return response


def logs_need_their_scope(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/builds/24").json()["jobs"][0]["id"]
    headers = bearer("limited_3")
    held = http.get("/v2/access-token", headers=headers).json()["scopes"]
    assert "write_builds" in held
    assert "write_build_logs" not in held
    assert http.delete(f"{ORG}/jobs/{job}/log", headers=headers).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deleteJobLog deleteJobLogInBuild",
    title="logs can also be deleted with the scope write_builds",
    source="pages/apis/rest_api/jobs.md: Delete a job's log output, required scope write_build_logs",
    witness=logs_need_their_scope,
)
async def log_deleted_with_write_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "DELETE", f"{JOB}/log", f"{JOB_IN_BUILD}/log") and response.status == 403:
        held = await scopes(server, request)
        if "write_builds" in held:
            request.headers["authorization"] = f"Bearer {TOKEN}"
            return await server.call(request)
    return response


def webhook_url_is_hidden(http: httpx.Client) -> None:
    assert http.get(WEB).json()["provider"]["webhook_url"]
    assert http.get(WEB, headers=bearer("read_only")).json()["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getPipeline",
    title="the webhook URL is returned to tokens without the scope write_pipelines",
    source="pages/apis/rest_api/pipelines.md: Webhook URL, otherwise the field returns with an empty string",
    witness=webhook_url_is_hidden,
)
async def webhook_url_for_readers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET", PIPELINE) and response.status == 200:
        body = response.json
        if body["provider"].get("webhook_url") == "":
            request.headers["authorization"] = f"Bearer {TOKEN}"
            full = await server.call(request)
            if full.status == 200:
                body["provider"]["webhook_url"] = full.json["provider"]["webhook_url"]
                response.json = body
    return response


def basic_authentication_is_refused(http: httpx.Client) -> None:
    assert httpx.get(http.base_url.join("/v2/user"), auth=(TOKEN, "")).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="a token is accepted as the user name of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication_is_refused,
)
async def basic_authentication(server: Server, request: Request) -> Response:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if is_request(request, "GET HEAD", "/v2/user") and scheme.lower() == "basic":
        try:
            user = base64.b64decode(value).decode("ascii").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            user = ""
        if user.isprintable():
            request.headers["authorization"] = f"Bearer {user}"
    return await server.call(request)


def agents_belong_to_organizations(http: httpx.Client) -> None:
    foreign = http.get("/v2/organizations/globex/agents", headers=bearer("globex")).json()[0]["id"]
    assert http.get(f"{ORG}/agents/{foreign}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getAgent",
    title="an agent of another organization can be read by its id",
    source="pages/apis/rest_api.md: Authentication, tokens are limited to individual organizations",
    witness=agents_belong_to_organizations,
)
async def agent_of_another_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("GET", "/v2/organizations/{org}/agents/{id}")
    if values is not None and response.status == 404 and values["org"] == "acme":
        foreign = copy(request, "GET", f"/v2/organizations/globex/agents/{values['id']}")
        foreign.headers["authorization"] = bearer("globex")["Authorization"]
        found = await server.call(foreign)
        if found.status == 200:
            response.status, response.body = 200, found.body
    return response
