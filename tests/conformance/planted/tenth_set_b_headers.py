"""Wrong headers of responses, and request headers without their effect."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_b_support import JOBS, ORG, SUITE, V2, WEB, auth, found

MUTANTS = Mutants()


def limit_is_shared(http: httpx.Client) -> None:
    own = int(http.get(f"{ORG}/emojis").headers["RateLimit-Remaining"])
    other = int(http.get(f"{ORG}/emojis", headers=auth("read_only")).headers["RateLimit-Remaining"])
    assert other < own


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="`RateLimit-Remaining` counts only the requests of the user, not those of the organization",
    source="pages/apis/rest_api/rate_limits.md: An organization-level limit shared across all users",
    witness=limit_is_shared,
)
async def limit_of_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "ratelimit-user-remaining" in response.headers:
        response.headers["ratelimit-remaining"] = response.headers["ratelimit-user-remaining"]
    return response


def later_version_has_metrics(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]["url"]
    assert "executions_count" in http.get(test, headers={"Buildkite-Version": "2026-10-15"}).json()


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="a `Buildkite-Version` after that of the metrics selects the legacy format",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: Set to 2026-08-01 or a later date",
    witness=later_version_has_metrics,
)
async def later_version_is_legacy(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    if re.fullmatch(r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])", version) and version > "2026-08-01":
        request.headers["buildkite-version"] = "2026-01-01"
    return await server.call(request)


def browsers_can_read_refusals(http: httpx.Client) -> None:
    response = http.get("/v2/user", headers=auth("expired"))
    assert response.status_code == 401
    assert response.headers.get("Access-Control-Allow-Origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="getUser",
    title="responses with the status 401 have no CORS headers",
    source="pages/apis/rest_api.md: API responses include the following CORS headers",
    witness=browsers_can_read_refusals,
)
async def refusal_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 401:
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("access-control-")
        }
    return response


def members_are_unicode(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/members")
    assert "Jürgen" in response.content.decode(response.charset_encoding or "utf-8")


@MUTANTS.plant(
    "headers",
    operations="listOrganizationMembers getOrganizationMember",
    title="the media type of members names the charset ISO-8859-1, but the body is UTF-8",
    source="pages/apis/rest_api.md: All data is sent as JSON",
    witness=members_are_unicode,
)
async def members_are_latin(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if found(request, V2 + "/members", V2 + "/members/{user}") is not None and "content-type" in response.headers:
        response.headers["content-type"] = "application/json; charset=iso-8859-1"
    return response


def header_has_all_links(http: httpx.Client) -> None:
    first = http.get(f"{ORG}/audit_events", params={"per_page": 5}).json()
    second = http.get(first["links"]["next"])
    assert {"first", "prev", "next"} <= set(second.links)


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the header `Link` of audit events has only the next page, unlike `links` in the body",
    source="pages/apis/rest_api/organizations/audit_events.md: also includes these links in the HTTP Link header",
    witness=header_has_all_links,
)
async def header_has_next_link(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if found(request, V2 + "/audit_events") is not None and "link" in response.headers:
        links = [link for link in response.headers.pop("link").split(", ") if link.endswith('rel="next"')]
        if links:
            response.headers["link"] = links[0]
    return response


def location_is_that_of_the_body(http: httpx.Client) -> None:
    response = http.get(http.get(f"{WEB}/builds/3/artifacts").json()[0]["download_url"])
    assert response.headers["Location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download has no signature, unlike the URL in the body",
    source="pages/apis/rest_api/artifacts.md: in the response body and the Location HTTP header",
    witness=location_is_that_of_the_body,
)
async def location_without_signature(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if found(request, *(f"{job}/artifacts/{{artifact}}/download" for job in JOBS)) and "location" in response.headers:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response
