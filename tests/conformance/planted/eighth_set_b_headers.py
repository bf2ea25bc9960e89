"""Eighth set: headers of requests and responses."""

import re
import time

import httpx
from tests.conformance.planted.eighth_set_b_support import ORG, PACKAGES, RSPEC, matching, page_of, reading
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()

READ = ("GET", "HEAD")


def last_pages(http: httpx.Client) -> None:
    team = http.get(f"{ORG}/teams").json()[0]
    first = http.get(f"{ORG}/teams/{team['id']}/members", params={"per_page": 1})
    assert http.get(first.links["last"]["url"]).json()


@MUTANTS.plant(
    "headers",
    operations="listTeamMembers listTeamPipelines",
    title="if the last page of members or pipelines of a team is full, rel=last leads to an empty page after it",
    source="pages/apis/rest_api.md: Pagination",
    witness=last_pages,
)
async def last_page_is_empty(server: Server, request: Request) -> Response:
    response = await server.call(request)
    team = "/v2/organizations/{org}/teams/{team}"
    found = matching(request, f"{team}/members", f"{team}/pipelines", methods=READ)
    last = re.search(r'[?&]page=(\d+)[^>]*>; rel="last"', response.headers.get("link", ""))
    if found and last is not None:
        size = page_of(request)[1]
        items = await server.call(reading(request, request.path, page=last[1], per_page=str(size)))
        if len(items.json) == size:
            link = response.headers["link"]
            response.headers["link"] = f"{link[: last.start(1)]}{int(last[1]) + 1}{link[last.end(1) :]}"
    return response


def links_of_invitations(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/invitations", params={"per_page": 1})
    assert response.links["next"]["url"] == response.json()["links"]["next"]


@MUTANTS.plant(
    "headers",
    operations="listOrganizationInvitations",
    title="the next page in the Link header of the invitations has the default size",
    source="pages/apis/rest_api/organizations/invitations.md: the response includes these links in the Link header",
    witness=links_of_invitations,
)
async def link_without_page_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, "/v2/organizations/{org}/invitations", methods=READ) and "link" in response.headers:
        response.headers["link"] = re.sub(r"&per_page=\d+", "", response.headers["link"])
    return response


def cors_of_errors(http: httpx.Client) -> None:
    response = http.get(f"{PACKAGES}/unknown")
    assert response.status_code == 404
    assert response.headers.get("access-control-allow-origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="getRegistry listPackages getPackage createRegistry",
    title="errors of package registries have no CORS headers",
    source="pages/apis/rest_api.md: CORS headers",
    witness=cors_of_errors,
)
async def errors_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/packages/") and response.status >= 400:
        for name in ("access-control-allow-origin", "access-control-expose-headers"):
            response.headers.pop(name, None)
    return response


def type_of_description(http: httpx.Client) -> None:
    described = http.get("/.well-known/api-catalog").json()["linkset"][0]["service-desc"][0]
    response = http.get("/v2/analytics/openapi.yaml")
    assert response.headers["content-type"].partition(";")[0] == described["type"]


@MUTANTS.plant(
    "headers",
    operations="getAnalyticsDescription",
    title="the OpenAPI document of Test Engine is sent as text/plain",
    source="pages/apis/rest_api.md: OpenAPI specification, type",
    witness=type_of_description,
)
async def plain_openapi_document(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, "/v2/analytics/openapi.yaml", methods=READ) is not None:
        response.headers["content-type"] = "text/plain; charset=utf-8"
    return response


def reset_after_deletion(http: httpx.Client) -> None:
    portal = http.post(f"{ORG}/portals", json={"name": "Short lived", "query": "{ viewer { id } }"}).json()
    response = http.delete(f"{ORG}/portals/{portal['slug']}")
    assert response.status_code == 204
    assert int(response.headers["ratelimit-user-reset"]) <= 60


@MUTANTS.plant(
    "headers",
    operations="deletePortal deleteRule deleteTeam deletePipelineSchedule deletePipelineTemplate",
    title="RateLimit-User-Reset of a deletion is a Unix time instead of the remaining seconds",
    source="pages/apis/rest_api/rate_limits.md: RateLimit-User-Reset",
    witness=reset_after_deletion,
)
async def reset_as_unix_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    reset = response.headers.get("ratelimit-user-reset")
    if request.method == "DELETE" and response.status == 204 and reset is not None:
        response.headers["ratelimit-user-reset"] = str(int(time.time()) + int(reset))
    return response


def later_version(http: httpx.Client) -> None:
    tests = http.get(f"{RSPEC}/tests", headers={"Buildkite-Version": "2026-12-01"}).json()
    assert all("duration_avg" in test for test in tests)


@MUTANTS.plant(
    "headers",
    operations="listTests",
    title="tests have metrics for the version 2026-08-01 only, not for later dates",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: 2026-08-01 or a later date",
    witness=later_version,
)
async def one_version_only(server: Server, request: Request) -> Response:
    path = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
    response = await server.call(request)
    version = request.headers.get("buildkite-version", "")
    if matching(request, path, methods=READ) and response.status == 200 and version > "2026-08-01":
        request.headers["buildkite-version"] = "2026-07-31"
        return await server.call(request)
    return response
