"""Rights that are not checked, and objects of others."""

from __future__ import annotations

from base64 import b64decode

import httpx
from tests.conformance.planted.fifteenth_set_a_support import (
    ACME,
    ORG,
    PIPELINE,
    RSPEC,
    SUITE,
    WEB,
    all_pages,
    as_token,
    related,
    scopes_of,
    whole_list,
    without,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

from buildkite_rest.mock.resources.access_tokens import (
    ALL_SCOPES_TOKEN,
    GLOBEX_TOKEN,
    NO_SCOPES_TOKEN,
    READ_ONLY_TOKEN,
    REVOCABLE_TOKEN,
)

MUTANTS = Mutants()


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def settings_need_a_scope(http: httpx.Client) -> None:
    assert http.get(f"{ACME}/api-settings", headers=_bearer(NO_SCOPES_TOKEN)).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getOrganizationApiSettings",
    title="a token without scopes can read the API settings",
    source="pages/apis/rest_api/organizations/api_settings.md: required scope read_organization_settings",
    witness=settings_need_a_scope,
)
async def settings_without_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORG}/api-settings") is not None and response.status == 403:
        return await server.call(as_token(request, ALL_SCOPES_TOKEN))
    return response


def skipping_needs_scope_to_write(http: httpx.Client) -> None:
    test = http.get(f"{RSPEC}/tests").json()[0]
    response = http.put(f"{RSPEC}/tests/{test['id']}/skip", headers=_bearer(READ_ONLY_TOKEN))
    assert response.status_code == 403
    assert test["id"] not in [one["id"] for one in http.get(f"{RSPEC}/tests/skipped").json()]


@MUTANTS.plant(
    "access",
    operations="skipTest",
    title="a token that may only read suites can skip a test",
    source="pages/apis/rest_api/test_engine/quarantine.md: Skip test, required scope write_suites",
    witness=skipping_needs_scope_to_write,
)
async def reading_scope_skips(server: Server, request: Request) -> Response:
    response = await server.call(request)
    skips = request.values("PUT", f"{SUITE}/tests/{{test_id}}/skip") is not None
    if skips and response.status == 403 and "read_suites" in await scopes_of(server, request):
        return await server.call(as_token(request, ALL_SCOPES_TOKEN))
    return response


def schedule_belongs_to_pipeline(http: httpx.Client) -> None:
    schedule = http.get(f"{WEB}/schedules").json()[0]
    assert http.get(f"{ACME}/pipelines/api/schedules/{schedule['id']}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getPipelineSchedule",
    title="a schedule can be read through any pipeline",
    source="pages/apis/rest_api/pipeline_schedules.md: manage scheduled builds for a pipeline; the path names it",
    witness=schedule_belongs_to_pipeline,
)
async def schedule_of_any_pipeline(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("GET", f"{PIPELINE}/schedules/{{schedule_id}}")
    if found is None or response.status != 404:
        return response
    pipelines = f"/v2/organizations/{found['org']}/pipelines"
    slugs = [one["slug"] for one in await whole_list(server, related(request, "GET", pipelines))]
    if found["pipeline"] in slugs:
        for slug in slugs:
            path = f"{pipelines}/{slug}/schedules/{found['schedule_id']}"
            other = await server.call(related(request, "GET", path))
            if other.status == 200:
                return other
    return response


def revoked_token_is_invalid(http: httpx.Client) -> None:
    assert http.delete("/v2/access-token", headers=_bearer(REVOCABLE_TOKEN)).status_code == 204
    assert http.get("/v2/access-token", headers=_bearer(REVOCABLE_TOKEN)).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken",
    title="a revoked token is still valid",
    source="pages/apis/rest_api/access_token.md: once revoked, the token can no longer be used",
    witness=revoked_token_is_invalid,
)
async def revoked_token_is_valid(server: Server, request: Request) -> Response:
    if request.values("DELETE", "/v2/access-token") is not None:
        found = await server.call(related(request, "GET", "/v2/access-token"))
        if found.status == 200:
            return Response(204, without(found.headers, "content-type", "content-length"))
    return await server.call(request)


def basic_authentication_is_rejected(http: httpx.Client) -> None:
    request = http.build_request("GET", "/v2/organizations")
    response = http.send(request, auth=httpx.BasicAuth(ALL_SCOPES_TOKEN, ""))
    assert response.status_code == 401


@MUTANTS.plant(
    "access",
    operations="listOrganizations",
    title="a token is accepted as the user name of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication_is_rejected,
)
async def basic_authentication(server: Server, request: Request) -> Response:
    if request.values("GET", "/v2/organizations") is not None:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                user = b64decode(credential).decode("ascii").partition(":")[0]
            except ValueError:
                user = ""
            if user:
                request = as_token(request, user)
    return await server.call(request)


def builds_are_of_own_organizations(http: httpx.Client) -> None:
    own = {organization["slug"] for organization in all_pages(http, "/v2/organizations")}
    found = all_pages(http, "/v2/builds", exclude_jobs="true")
    assert {httpx.URL(build["url"]).path.split("/")[3] for build in found} <= own


@MUTANTS.plant(
    "access",
    operations="listAllBuilds",
    title="the list of all builds has those of organizations that the token has no access to",
    source="pages/apis/rest_api/builds.md: the list of builds will be for the authorized organizations only",
    witness=builds_are_of_own_organizations,
)
async def builds_of_all_organizations(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/v2/builds") is not None and response.status == 200:
        other = await server.call(as_token(request, GLOBEX_TOKEN))
        if other.status == 200:
            response.headers = without(response.headers, "link")
            if "link" in other.headers:
                response.headers["link"] = other.headers["link"]
            response.json = other.json
            if "write_pipelines" not in await scopes_of(server, request):
                response.json = [_without_webhook(build) for build in other.json]
    return response


def _without_webhook(build: dict[str, object]) -> dict[str, object]:
    """Hide the URL that only tokens with another scope may see, which is not the subject of the bug."""
    pipeline = build.get("pipeline")
    provider = pipeline.get("provider") if isinstance(pipeline, dict) else None
    if isinstance(provider, dict) and "webhook_url" in provider:
        provider["webhook_url"] = ""
    return build
