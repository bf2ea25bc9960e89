"""Seventh set of planted bugs, second half: wrong access."""

from __future__ import annotations

from copy import deepcopy

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.seventh_set_b_support import (
    ANY_ORG,
    FOREIGN_TOKEN,
    JOBS,
    NO_SCOPE_TOKEN,
    ORG,
    READ_ONLY_TOKEN,
    WEB,
    bearer,
    get,
    is_for,
    reads,
    with_token,
)
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def rule_and_read_scope(http: httpx.Client) -> None:
    path = f"{ORG}/rules/{http.get(f'{ORG}/rules').json()[0]['uuid']}"
    assert http.get(path, headers=bearer(READ_ONLY_TOKEN)).status_code == 200
    assert http.delete(path, headers=bearer(READ_ONLY_TOKEN)).status_code == 403
    assert http.get(path).status_code == 200


@MUTANTS.plant(
    "access",
    operations="deleteRule",
    title="a token that may only read rules can delete one",
    source="pages/apis/rest_api/rules.md: Delete a rule, required scope write_rules",
    witness=rule_and_read_scope,
)
async def rule_deleted_by_reader_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    is_refused = is_for(request, "DELETE", ANY_ORG + "/rules/{uuid}") and response.status == 403
    if is_refused and (await get(server, request, request.path)).status == 200:
        return await with_token(server, request, TOKEN)
    return response


def download_and_scope(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/24/artifacts").json()[0]
    path = f"{ORG}/jobs/{artifact['job_id']}/artifacts/{artifact['id']}"
    for url in (path, f"{path}/download"):
        assert http.get(url, headers=bearer(NO_SCOPE_TOKEN)).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="a token without the scope `read_artifacts` can download artifacts",
    source="pages/apis/rest_api/artifacts.md: Download an artifact, required scope read_artifacts",
    witness=download_and_scope,
)
async def download_without_scope_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    if reads(request, *(job + "/artifacts/{id}/download" for job in JOBS)) and response.status == 403:
        return await with_token(server, request, TOKEN)
    return response


def foreign_portal(http: httpx.Client) -> None:
    portals = "/v2/organizations/globex/portals"
    portal = http.get(portals, headers=bearer(FOREIGN_TOKEN)).json()[0]
    assert http.get(f"{portals}/{portal['slug']}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getPortal",
    title="a portal of an organization that the token has no access to can be read",
    source="pages/apis/rest_api.md: Authentication, limit their access to individual organizations",
    witness=foreign_portal,
)
async def foreign_portal_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    if reads(request, ANY_ORG + "/portals/{slug}") and response.status == 404:
        other = await with_token(server, request, FOREIGN_TOKEN)
        return other if other.status == 200 else response
    return response


def hidden_webhooks(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/pipelines", headers=bearer(READ_ONLY_TOKEN)).json()
    assert {pipeline["provider"].get("webhook_url", "") for pipeline in found} == {""}


@MUTANTS.plant(
    "access",
    operations="listPipelines",
    title="the list of pipelines has webhook URLs for a token without the scope `write_pipelines`",
    source="pages/apis/rest_api/pipelines.md: Webhook URL, otherwise the field returns with an empty string",
    witness=hidden_webhooks,
)
async def visible_webhooks_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    if is_for(request, "GET", ANY_ORG + "/pipelines") and response.status == 200:
        known = await with_token(server, request, TOKEN)
        if known.status == 200:
            providers = {pipeline["id"]: pipeline["provider"] for pipeline in known.json}
            response.json = [
                {**pipeline, "provider": providers.get(pipeline["id"], pipeline["provider"])}
                for pipeline in response.json
            ]
    return response


def public_meta(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}/v2/meta").status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="the list of IP addresses requires a token",
    source="pages/apis/rest_api/meta.md: it does not require authentication",
    witness=public_meta,
)
async def private_meta_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if reads(request, "/v2/meta") and not request.headers.get("authorization"):
        response.status = 401
        response.json = {"message": "Authentication required. Please supply a valid API access token."}
    return response
