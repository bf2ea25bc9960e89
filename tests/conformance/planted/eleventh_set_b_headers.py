"""Wrong headers."""

from __future__ import annotations

import httpx
from tests.conformance.planted.eleventh_set_b_support import CLUSTER, ORG, V2, cluster, matches, number_of, url
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def range_of_log(http: httpx.Client) -> None:
    log = http.get(f"{ORG}/pipelines/web/builds/3").json()["jobs"][2]["log_url"]
    response = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-20"})
    first, last = response.headers["content-range"].removeprefix("bytes ").split("/")[0].split("-")
    assert int(last) - int(first) + 1 == len(response.content) == 20


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` of the tail of a log ends one byte too late",
    source="pages/apis/rest_api/jobs.md: Content-Range: the byte range returned (for example, bytes 900-999/1000)",
    witness=range_of_log,
)
async def range_ends_after_log(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "content-range" in response.headers and response.status == 206:
        span, size = response.headers["content-range"].split("/")
        response.headers["content-range"] = f"{span.split('-')[0]}-{size}/{size}"
    return response


def links_in_header(http: httpx.Client) -> None:
    following = http.get(f"{ORG}/audit_events", params={"per_page": 5}).json()["links"]["next"]
    response = http.get(following)
    assert response.links.get("prev", {}).get("url") == response.json()["links"]["prev"]


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the `Link` header of audit events has only the next page",
    source="pages/apis/rest_api/organizations/audit_events.md: also includes these links in the HTTP Link header",
    witness=links_in_header,
)
async def link_has_only_next_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.endswith("/audit_events") and "link" in response.headers:
        links = [link for link in response.headers.pop("link").split(", ") if 'rel="next"' in link]
        if links:
            response.headers["link"] = links[0]
    return response


def limits_of_test_engine(http: httpx.Client) -> None:
    response = http.get("/v2/analytics/organizations/acme/suites")
    assert response.headers.get("ratelimit-scope") == "rest"
    assert "ratelimit-user-remaining" in response.headers


@MUTANTS.plant(
    "headers",
    operations="listTestSuites getTestSuite listTestRuns getTestRun",
    title="responses of Test Engine have no headers of the rate limits",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two … sets of rate limit headers",
    witness=limits_of_test_engine,
)
async def test_engine_hides_rate_limits(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/analytics/"):
        kept = {name: value for name, value in response.headers.items() if not name.startswith("ratelimit-")}
        response.headers = kept
    return response


def errors_are_readable_in_browser(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/pipelines/unknown")
    assert response.status_code == 404
    assert response.headers.get("access-control-allow-origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="getPipeline",
    title="errors have no CORS headers",
    source="pages/apis/rest_api.md: API responses include the following CORS headers",
    witness=errors_are_readable_in_browser,
)
async def errors_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method != "OPTIONS" and response.status >= 400:
        for name in ("access-control-allow-origin", "access-control-expose-headers"):
            response.headers.pop(name, None)
    return response


def emojis_are_counted(http: httpx.Client) -> None:
    first, second = (http.get(f"{ORG}/emojis").headers for _ in range(2))
    for name in ("ratelimit-remaining", "ratelimit-user-remaining"):
        assert int(first[name]) - int(second[name]) == 1


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="requests for emojis do not count towards the rate limits",
    source="pages/apis/rest_api/rate_limits.md: A request counts towards both the per-user limit and the …",
    witness=emojis_are_counted,
)
async def emojis_are_free(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "ratelimit-reset" not in response.headers:
        return response
    reset = int(response.headers["ratelimit-reset"])
    if reset > server.memory.get("reset", reset):
        server.memory["free"] = 0
    free = server.memory.get("free", 0) + matches(request, f"GET {V2}/emojis")
    server.memory.update({"reset": reset, "free": free})
    for name in ("ratelimit-remaining", "ratelimit-user-remaining"):
        if name in response.headers:
            response.headers[name] = str(int(response.headers[name]) + free)
    return response


def no_page_after_last(http: httpx.Client) -> None:
    tokens = f"{cluster(http, 'Default cluster')}/tokens"
    count = len(http.get(tokens).json())
    assert "next" not in http.get(tokens, params={"per_page": count}).links


@MUTANTS.plant(
    "headers",
    operations="listClusterAgentTokens",
    title="a full last page of agent tokens links to an empty next page",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Returns a paginated list of a cluster's agent tokens",
    witness=no_page_after_last,
)
async def full_page_has_next_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"GET {CLUSTER}/tokens") or response.status != 200:
        return response
    link = response.headers.get("link", "")
    if 'rel="next"' not in link and len(response.json) == number_of(request, "per_page", 30):
        following = f'<{url(request, number_of(request, "page", 1) + 1)}>; rel="next"'
        response.headers["link"] = f"{link}, {following}" if link else following
    return response
