"""Third set of bugs, second half: headers of requests and responses."""

from __future__ import annotations

import re
import time
from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_b_tools import (
    ANALYTICS,
    DEFAULT_CLUSTER,
    METRICS,
    ORG,
    PACKAGES,
    get,
)

HEADERS: Final = Mutants()

TESTS: Final = "/v2/analytics/organizations/{org}/suites/{suite}/tests"


def links_are_in_the_header(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/audit_events", params={"per_page": 1})
    assert found.links.get("next", {}).get("url") == found.json()["links"]["next"]


@HEADERS.plant(
    "headers",
    operations="listAuditEvents",
    title="the list of audit events has no `Link` header",
    source="pages/apis/rest_api/organizations/audit_events.md: The response also includes these links in the header",
    witness=links_are_in_the_header,
)
async def audit_events_without_link(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.endswith("/audit_events") and request.method in ("GET", "HEAD"):
        response.headers.pop("link", None)
    return response


def last_page_has_items(http: httpx.Client) -> None:
    found = http.get(f"{DEFAULT_CLUSTER}/queues", params={"per_page": 2})
    assert http.get(found.links["last"]["url"]).json()


@HEADERS.plant(
    "headers",
    operations="listClusterQueues",
    title="the link `last` of the queues leads to the page after the last one",
    source="pages/apis/rest_api.md: Pagination, last",
    witness=last_page_has_items,
)
async def queues_after_the_last_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if re.fullmatch(r"/v2/organizations/[^/]+/clusters/[^/]+/queues", request.path) and "link" in response.headers:
        parts = response.headers["link"].split(", ")
        response.headers["link"] = ", ".join(
            re.sub(r"(?<=[?&]page=)\d+", lambda page: str(int(page[0]) + 1), part) if 'rel="last"' in part else part
            for part in parts
        )
    return response


def both_limits_are_reported(http: httpx.Client) -> None:
    found = http.get(f"{PACKAGES}/gems/packages")
    assert found.headers["RateLimit-Scope"] == "rest"
    assert found.headers.get("RateLimit-User-Scope") == "rest_user"


@HEADERS.plant(
    "headers",
    operations="listRegistries getRegistry listPackages getPackage listRegistryTokens getRegistryToken",
    title="responses about package registries lack the limit of the user",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets of headers",
    witness=both_limits_are_reported,
)
async def packages_without_user_limit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/packages/"):
        kept = {name: value for name, value in response.headers.items() if not name.startswith("ratelimit-user-")}
        response.headers = kept
    return response


def errors_have_cors_headers(http: httpx.Client) -> None:
    found = http.get(f"{ANALYTICS}/suites/no-such-suite")
    assert found.status_code == 404
    assert found.headers.get("Access-Control-Allow-Origin") == "*"


@HEADERS.plant(
    "headers",
    operations="getTestSuite listTestRuns getTestRun listTests getTest",
    title="errors of Test Engine lack `Access-Control-Allow-Origin`",
    source="pages/apis/rest_api.md: CORS headers",
    witness=errors_have_cors_headers,
)
async def suite_errors_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/analytics/organizations/") and response.status >= 400:
        response.headers.pop("access-control-allow-origin", None)
    return response


def reset_is_a_duration(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/members")
    assert 0 <= int(found.headers["RateLimit-Reset"]) <= 60


@HEADERS.plant(
    "headers",
    operations="listOrganizationMembers getOrganizationMember",
    title="`RateLimit-Reset` in responses about members is a Unix time",
    source="pages/apis/rest_api/rate_limits.md: RateLimit-Reset, the number of seconds remaining",
    witness=reset_is_a_duration,
)
async def members_reset_at_a_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if re.match(r"/v2/organizations/[^/]+/members", request.path) and "ratelimit-reset" in response.headers:
        response.headers["ratelimit-reset"] = str(int(time.time()) + int(response.headers["ratelimit-reset"]))
    return response


def next_page_has_the_same_size(http: httpx.Client) -> None:
    path = f"{ORG}/teams/01920000-0001-701e-8000-000000000001/pipelines"
    assert len(get(http, path)) > 4
    found = http.get(path, params={"per_page": 2})
    assert len(http.get(found.links["next"]["url"]).json()) == 2


@HEADERS.plant(
    "headers",
    operations="listTeamPipelines",
    title="the link `next` of the pipelines of a team lacks `per_page`",
    source="pages/apis/rest_api.md: Pagination, next and per_page",
    witness=next_page_has_the_same_size,
)
async def team_pipelines_change_page_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if re.fullmatch(r"/v2/organizations/[^/]+/teams/[^/]+/pipelines", request.path) and "link" in response.headers:
        parts = response.headers["link"].split(", ")
        response.headers["link"] = ", ".join(
            re.sub(r"&per_page=\d+|(?<=\?)per_page=\d+&", "", part) if 'rel="next"' in part else part for part in parts
        )
    return response


def later_versions_have_metrics(http: httpx.Client) -> None:
    path = f"{ANALYTICS}/suites/rspec/tests"
    for headers in (METRICS, {"Buildkite-Version": "2026-10-15"}):
        assert "executions_count" in http.get(path, headers=headers).json()[0]


@HEADERS.plant(
    "headers",
    operations="listTests getTest",
    title="a `Buildkite-Version` after 2026-08-01 returns tests without metrics",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: 2026-08-01 or a later date",
    witness=later_versions_have_metrics,
)
async def only_one_version_has_metrics(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", version) is not None
    if is_date and version > METRICS["Buildkite-Version"] and re.search(r"/suites/[^/]+/tests", request.path):
        response = await server.call(request)
        if response.status != 200:
            return response
        del request.headers["buildkite-version"]
    return await server.call(request)
