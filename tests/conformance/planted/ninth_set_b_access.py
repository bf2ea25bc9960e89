"""Bugs in authentication, scopes and the bounds of organizations."""

from __future__ import annotations

import base64
import binascii

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_b_support import (
    BUILD,
    JOB,
    JOB_IN_BUILD,
    NO_SCOPES,
    ORGANIZATION,
    READ_ONLY,
    WEB,
    has_scope,
    job_in_state,
    matches,
    with_all_scopes,
)
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def webhook_without_the_scope(http: httpx.Client) -> None:
    assert http.get(f"{WEB}/10").json()["pipeline"]["provider"]["webhook_url"]
    assert http.get(f"{WEB}/10", headers=READ_ONLY).json()["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getBuild",
    title="a build shows the webhook URL without the scope `write_pipelines`",
    source="pages/apis/rest_api/builds.md: Webhook URL, otherwise the field returns with an empty string",
    witness=webhook_without_the_scope,
)
async def webhook_for_everyone(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, "GET", BUILD) or response.status != 200:
        return response
    build = response.json
    if build.get("pipeline", {}).get("provider", {}).get("webhook_url") == "":
        found = await server.call(with_all_scopes(request))
        if found.status == 200:
            build["pipeline"]["provider"] = found.json["pipeline"]["provider"]
            response.json = build
    return response


def artifact_without_the_scope(http: httpx.Client) -> None:
    url = http.get(f"{WEB}/10/artifacts").json()[0]["download_url"]
    tried = 0
    for n in range(1, 7):
        headers = {"Authorization": f"Bearer bkua_mock_limited_{n}"}
        scopes = http.get("/v2/access-token", headers=headers).json()["scopes"]
        if "read_builds" in scopes and "read_artifacts" not in scopes:
            tried += 1
            assert http.get(url, headers=headers).status_code == 403
    assert tried


@MUTANTS.plant(
    "access",
    operations="getArtifactDownloadInBuild",
    title="the scope `read_builds` is enough to download an artifact below its build",
    source="pages/apis/rest_api/artifacts.md: Download an artifact, required scope read_artifacts",
    witness=artifact_without_the_scope,
)
async def download_of_readable_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_download = matches(request, "GET", f"{JOB_IN_BUILD}/artifacts/{{id}}/download")
    if is_download and response.status == 403 and await has_scope(server, request, "read_builds"):
        return await server.call(with_all_scopes(request))
    return response


def size_without_the_scope(http: httpx.Client) -> None:
    log = f"{ORGANIZATION}/jobs/{job_in_state(http, 'failed')['id']}/log"
    assert http.head(log, headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="headJobLog headJobLogInBuild",
    title="the size of a log needs no scope",
    source="pages/apis/rest_api/jobs.md: Get log size without downloading, required scope read_build_logs",
    witness=size_without_the_scope,
)
async def size_for_everyone(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 403 and matches(request, "HEAD", f"{JOB}/log", f"{JOB_IN_BUILD}/log"):
        return await server.call(with_all_scopes(request))
    return response


def token_after_its_end(http: httpx.Client) -> None:
    headers = {"Authorization": "Bearer bkua_mock_revocable"}
    agents = f"{ORGANIZATION}/agents"
    assert http.get(agents, headers=headers).status_code == 200
    assert http.delete("/v2/access-token", headers=headers).status_code == 204
    assert http.get("/v2/user", headers=headers).status_code == 401
    assert http.get(agents, headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken",
    title="a revoked token can still read what it has read before",
    source="pages/apis/rest_api/access_token.md: once revoked, the token can no longer be used",
    witness=token_after_its_end,
)
async def reads_after_the_end(server: Server, request: Request) -> Response:
    token = request.headers.get("authorization", "")
    response = await server.call(request)
    if request.method != "GET" or not request.path.startswith("/v2/organizations/"):
        return response
    if response.status == 200:
        server.memory.setdefault(token, set()).add(request.path)
    elif response.status == 401 and request.path in server.memory.get(token, ()):
        return await server.call(with_all_scopes(request))
    return response


def token_as_a_password(http: httpx.Client) -> None:
    assert http.get("/v2/user", auth=httpx.BasicAuth("", TOKEN)).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="basic authentication with the token as password is accepted",
    source="pages/apis/rest_api.md: basic HTTP authentication is not supported",
    witness=token_as_a_password,
)
async def basic_authentication(server: Server, request: Request) -> Response:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        try:
            password = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            password = ""
        if password.isascii():
            request = evolve(request, headers={**request.headers, "authorization": f"Bearer {password}"})
    return await server.call(request)


def job_of_another_organization(http: httpx.Client) -> None:
    job = job_in_state(http, "failed")["id"]
    headers = {"Authorization": "Bearer bkua_mock_globex"}
    assert http.get("/v2/organizations/globex", headers=headers).status_code == 200
    assert http.get(f"/v2/organizations/globex/jobs/{job}", headers=headers).status_code == 404


@MUTANTS.plant(
    "access",
    operations="getJob",
    title="a job is found below any organization of the token",
    source="pages/apis/rest_api/jobs.md: Get a job, 404, No job found; the organization-scoped route",
    witness=job_of_another_organization,
)
async def job_below_any_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("GET", JOB)
    if values is None or response.status != 404 or b"No job" not in response.body:
        return response
    for org in ("acme", "globex"):
        path = f"/v2/organizations/{org}/jobs/{values['job']}"
        found = await server.call(evolve(request, path=path))
        if found.status == 200:
            return found
    return response
