"""Ninth set of planted bugs: response headers, and headers of requests."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_a_support import (
    ANALYTICS,
    ORG,
    SCHEDULES_PATH,
    SUITE_PATH,
    VERSION,
    labeled_test,
)

MUTANTS = Mutants()


def last_page_of_suites(http: httpx.Client) -> None:
    page = http.get(f"{ANALYTICS}/suites", params={"per_page": 1})
    assert http.get(page.links["last"]["url"]).json()


@MUTANTS.plant(
    "headers",
    operations="listTestSuites",
    title="the link to the last page of suites leads to the page after it",
    source="pages/apis/rest_api.md: Pagination, `last`",
    witness=last_page_of_suites,
)
async def beyond_last_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/v2/analytics/organizations/{org}/suites") is not None and "link" in response.headers:
        response.headers["link"] = re.sub(
            r'([?&]page=)(\d+)([^>]*>; rel="last")',
            lambda found: f"{found[1]}{int(found[2]) + 1}{found[3]}",
            response.headers["link"],
        )
    return response


def exposed_headers(http: httpx.Client) -> None:
    assert http.get(f"{ANALYTICS}/suites").headers.get("Access-Control-Expose-Headers") == "Link"


@MUTANTS.plant(
    "headers",
    operations="listTestSuites listTests listTestRuns listFlakyTests",
    title="web pages cannot read the `Link` header of the analytics lists",
    source="pages/apis/rest_api.md: `Access-Control-Expose-Headers: Link`",
    witness=exposed_headers,
)
async def hidden_link(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/analytics/organizations/"):
        response.headers.pop("access-control-expose-headers", None)
    return response


def type_of_specification(http: httpx.Client) -> None:
    catalog = http.get("/.well-known/api-catalog").json()["linkset"][0]["service-desc"][0]
    kind = http.get("/v2/analytics/openapi.yaml").headers["Content-Type"]
    assert kind.partition(";")[0] == catalog["type"]


@MUTANTS.plant(
    "headers",
    operations="getAnalyticsDescription",
    title="the OpenAPI document is served as `text/yaml`",
    source="pages/apis/rest_api.md: OpenAPI specification, `type` of `service-desc`",
    witness=type_of_specification,
)
async def specification_as_text(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.path == "/v2/analytics/openapi.yaml":
        response.headers["content-type"] = "text/yaml"
    return response


def pages_of_rules(http: httpx.Client) -> None:
    page = http.get(f"{ORG}/rules", params={"per_page": 1})
    found = [rule["uuid"] for rule in page.json()]
    while "next" in page.links:
        page = http.get(page.links["next"]["url"])
        found += [rule["uuid"] for rule in page.json()]
    assert found == [rule["uuid"] for rule in http.get(f"{ORG}/rules").json()]


@MUTANTS.plant(
    "headers",
    operations="listRules",
    title="the link to the next page of rules lacks `per_page`",
    source="pages/apis/rest_api.md: Pagination, `next`",
    witness=pages_of_rules,
)
async def next_rules_without_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/v2/organizations/{org}/rules") is not None and "link" in response.headers:
        response.headers["link"] = re.sub(r'&per_page=\d+(>; rel="next")', r"\1", response.headers["link"])
    return response


def limits_of_missing_portal(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/portals/no-such-portal")
    assert response.status_code == 404
    assert response.headers.get("RateLimit-User-Scope") == "rest_user"
    assert "RateLimit-User-Remaining" in response.headers


@MUTANTS.plant(
    "headers",
    operations="getPortal updatePortal deletePortal",
    title="the response for an unknown portal has no limits of the user",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets",
    witness=limits_of_missing_portal,
)
async def no_user_limits_of_missing_portal(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 404 and "/portals/" in request.path:
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-user-")
        }
    return response


def no_warning(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/pipelines/web/schedules")
    assert int(response.headers["RateLimit-User-Remaining"]) > 0
    assert "RateLimit-User-Warning" not in response.headers


@MUTANTS.plant(
    "headers",
    operations="listPipelineSchedules createPipelineSchedule",
    title="schedules are returned with a warning of the user limit, which is not exhausted",
    source="pages/apis/rest_api/rate_limits.md: These warning headers are only present while … exhausted",
    witness=no_warning,
)
async def warning_without_reason(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values(request.method, SCHEDULES_PATH) is not None and "ratelimit-user-limit" in response.headers:
        response.headers["ratelimit-user-warning"] = "You have exceeded your API rate limit."
    return response


def earlier_version(http: httpx.Client) -> None:
    path = labeled_test(http)
    assert "reliability" in http.get(path, headers=VERSION).json()
    assert "reliability" not in http.get(path, headers={"Buildkite-Version": "2026-07-31"}).json()


@MUTANTS.plant(
    "headers",
    operations="getTest",
    title="a test has metrics for any `Buildkite-Version`, also one before 2026-08-01",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: or with a date before `2026-08-01`",
    witness=earlier_version,
)
async def metrics_of_any_version(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    if request.values("GET", SUITE_PATH + "/tests/{test}") and re.fullmatch(r"\d{4}-\d\d-\d\d", version):
        response = await server.call(request)
        if response.status == 200:
            request.headers["buildkite-version"] = "2026-08-01"
            return await server.call(request)
        return response
    return await server.call(request)
