"""Bugs in headers, of requests and of responses."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.fifth_set_b_support import (
    ORGANIZATION,
    REGISTRIES,
    SUITES,
    cluster_path,
    new_pipeline,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def empty_responses_have_limits(http: httpx.Client) -> None:
    response = http.delete(new_pipeline(http, "Planted limits"))
    assert response.status_code == 204
    assert {"ratelimit-remaining", "ratelimit-user-remaining"} <= set(response.headers)


@MUTANTS.plant(
    "headers",
    operations="deletePipeline deleteTeam deleteCluster stopAgent pauseAgent",
    title="responses without content have no rate limits",
    source="pages/apis/rest_api/rate_limits.md: every API response includes",
    witness=empty_responses_have_limits,
)
async def no_limits_without_content(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 204:
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-")
        }
    return response


def links_stay_in_the_pipeline(http: httpx.Client) -> None:
    path = f"{ORGANIZATION}/pipelines/web/builds"
    link = http.get(path, params={"per_page": 2}).headers["link"]
    assert all(httpx.URL(url).path == path for url in re.findall(r"<([^>]*)>", link))


@MUTANTS.plant(
    "headers",
    operations="listBuilds",
    title="the links of the builds of a pipeline lead to those of the organization",
    source="pages/apis/rest_api.md: Pagination, the example",
    witness=links_stay_in_the_pipeline,
)
async def links_to_all_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/pipelines/{pipeline}/builds"
    if (request.values("GET", template) or request.values("HEAD", template)) and "link" in response.headers:
        response.headers["link"] = re.sub(r"/pipelines/[^/?>]+/builds", "/builds", response.headers["link"])
    return response


def errors_expose_links(http: httpx.Client) -> None:
    response = http.get(f"{ORGANIZATION}/teams/00000000-0000-4000-8000-000000000000")
    assert response.status_code == 404
    assert response.headers.get("access-control-expose-headers") == "Link"


@MUTANTS.plant(
    "headers",
    operations="getTeam getCluster getPipeline getAgent getTestSuite getRegistry",
    title="errors have no `Access-Control-Expose-Headers`",
    source="pages/apis/rest_api.md: CORS headers",
    witness=errors_expose_links,
)
async def errors_without_exposed_headers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status >= 400:
        response.headers.pop("access-control-expose-headers", None)
    return response


def no_warning_while_requests_remain(http: httpx.Client) -> None:
    response = http.get(REGISTRIES)
    assert int(response.headers["ratelimit-user-remaining"]) > 0
    assert "ratelimit-user-warning" not in response.headers


@MUTANTS.plant(
    "headers",
    operations="listRegistries getRegistry listPackages getPackage listRegistryTokens",
    title="`RateLimit-User-Warning` is present while requests remain",
    source="pages/apis/rest_api/rate_limits.md: only present while the relevant limit is exhausted",
    witness=no_warning_while_requests_remain,
)
async def premature_warning(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/packages/") and "ratelimit-user-remaining" in response.headers:
        response.headers["ratelimit-user-warning"] = "You have exceeded your API rate limit."
    return response


def later_versions_have_metrics(http: httpx.Client) -> None:
    for version in ("2026-08-01", "2026-09-30"):
        tests = http.get(f"{SUITES}/rspec/tests", headers={"Buildkite-Version": version}).json()
        assert "reliability" in tests[0]


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="a `Buildkite-Version` after 2026-08-01 has no metrics",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: or a later date",
    witness=later_versions_have_metrics,
)
async def only_one_version(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", version) and version > "2026-08-01":
        request.headers["buildkite-version"] = "2026-07-31"
    return await server.call(request)


def previous_page_is_adjacent(http: httpx.Client) -> None:
    params = {"per_page": 1, "page": 3}
    response = http.get(f"{cluster_path(http, 'Default cluster')}/queues", params=params)
    assert httpx.URL(response.links["prev"]["url"]).params["page"] == "2"


@MUTANTS.plant(
    "headers",
    operations="listClusterQueues listClusterSecrets listClusterAgentTokens",
    title="the link to the previous page of lists below a cluster skips a page",
    source="pages/apis/rest_api.md: Pagination, `prev`",
    witness=previous_page_is_adjacent,
)
async def previous_but_one(server: Server, request: Request) -> Response:
    def earlier(found: re.Match[str]) -> str:
        return f"{found[1]}{max(1, int(found[2]) - 1)}{found[3]}"

    response = await server.call(request)
    template = "/v2/organizations/{org}/clusters/{cluster}/{kind}"
    if (request.values("GET", template) or request.values("HEAD", template)) and "link" in response.headers:
        pattern = r'([?&]page=)(\d+)([^>,]*>; rel="prev")'
        response.headers["link"] = re.sub(pattern, earlier, response.headers["link"])
    return response
