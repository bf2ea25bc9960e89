"""Wrong headers."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_b_support import (
    ANY_ORG,
    ANY_SUITE,
    CLUSTER,
    ORG,
    SUITE,
    WEB,
    matches,
)

MUTANTS = Mutants()


def metrics_of_later_version(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]["id"]
    found = http.get(f"{SUITE}/tests/{test}", headers={"Buildkite-Version": "2026-09-15"}).json()
    assert "reliability" in found


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="`Buildkite-Version` adds metrics to a test only if it is exactly 2026-08-01",
    source="pages/apis/rest_api/test_engine/tests.md, _tests_version_header.md: 2026-08-01 or a later date",
    witness=metrics_of_later_version,
)
async def only_first_version(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    is_later = version > "2026-08-01" and re.fullmatch(r"\d{4}-\d\d-\d\d", version)
    if is_later and matches(request, f"GET {ANY_SUITE}/tests", f"GET {ANY_SUITE}/tests/{{test}}"):
        del request.headers["buildkite-version"]
    return await server.call(request)


def limits_of_deletion(http: httpx.Client) -> None:
    token = http.post(f"{CLUSTER}/tokens", json={"description": "Windows agents"}).json()["url"]
    headers = http.delete(token).headers
    assert (headers.get("ratelimit-scope"), headers.get("ratelimit-user-scope")) == ("rest", "rest_user")


@MUTANTS.plant(
    "headers",
    operations="deleteTeam",
    title="responses with status 204 have no `RateLimit` headers",
    source="pages/apis/rest_api/rate_limits.md, organizations/rate_limits.md: Every API response includes …",
    witness=limits_of_deletion,
)
async def no_limits_without_content(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 204:
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-")
        }
    return response


def link_of_invitations(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/invitations", params={"per_page": 1})
    assert found.links["next"]["url"] == found.json()["links"]["next"]


@MUTANTS.plant(
    "headers",
    operations="listOrganizationInvitations",
    title="the `Link` header of invitations does not have the `per_page` of the request",
    source="pages/apis/rest_api/organizations/invitations.md: also includes these links in the HTTP Link header",
    witness=link_of_invitations,
)
async def link_without_page_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "link" in response.headers and matches(request, f"GET {ANY_ORG}/invitations"):
        response.headers["link"] = re.sub(r"&per_page=\d+|(?<=\?)per_page=\d+&", "", response.headers["link"])
    return response


def range_of_log(http: httpx.Client) -> None:
    log = http.get(f"{WEB}/builds/3").json()["jobs"][0]["log_url"]
    found = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    first, last, total = re.split(r"[-/]", found.headers["content-range"].removeprefix("bytes "))
    assert (int(first), int(last)) == (int(total) - 10, int(total) - 1)


@MUTANTS.plant(
    "headers",
    operations="getJobLog",
    title="`Content-Range` of a log ends one byte after the last one",
    source="pages/apis/rest_api/jobs.md: Content-Range: for example, bytes 900-999/1000",
    witness=range_of_log,
)
async def range_ends_too_late(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 206 and "content-range" in response.headers:
        response.headers["content-range"] = re.sub(r"-\d+/(\d+)$", r"-\1/\1", response.headers["content-range"])
    return response


def location_of_artifact(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/3/artifacts").json()[0]
    found = http.get(artifact["download_url"])
    assert found.headers["location"] == found.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload",
    title="`Location` of the download of an artifact does not have the signature in its query",
    source="pages/apis/rest_api/artifacts.md: returned in the response body and the Location HTTP header",
    witness=location_of_artifact,
)
async def location_without_signature(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 302 and re.search(r"/artifacts/[^/]+/download$", request.path):
        response.headers["location"] = response.headers["location"].split("?")[0]
    return response


def exposed_headers_of_error(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/pipelines/unknown")
    assert found.status_code == 404
    assert found.headers.get("access-control-expose-headers") == "Link"


@MUTANTS.plant(
    "headers",
    operations="getUser getTeam",
    title="errors have no `Access-Control-Expose-Headers`",
    source="pages/apis/rest_api.md: API responses include the following CORS headers",
    witness=exposed_headers_of_error,
)
async def errors_expose_nothing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status >= 400:
        response.headers.pop("access-control-expose-headers", None)
    return response
