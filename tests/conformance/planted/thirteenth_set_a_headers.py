"""Wrong headers, and request headers without their effect."""

from __future__ import annotations

import re

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_a_support import BUILD, ORG, RSPEC, SUITE, V2, WEB, route, scripts

MUTANTS = Mutants()

LAST = re.compile(r'([?&]page=)(\d+)([^>]*>; rel="last")')
TESTS = {"Buildkite-Version": "2026-11-01"}


def last_page_has_builds(http: httpx.Client) -> None:
    last = http.get(f"{WEB}/builds", params={"state": "failed", "per_page": 2}).links["last"]["url"]
    assert http.get(last).json()


@MUTANTS.plant(
    "headers",
    operations="listBuilds listOrganizationBuilds",
    title="the link to the last page of a filtered list of builds is that of the whole list",
    source="pages/apis/rest_api.md: the pagination information can be found in the `Link` HTTP response header",
    witness=last_page_has_builds,
)
async def last_page_of_whole_list(server: Server, request: Request) -> Response:
    response = await server.call(request)
    pages = {name: values for name, values in request.params.items() if name in ("page", "per_page")}
    if route(request, f"GET {V2}/builds", f"GET {V2}/pipelines/{{pipeline}}/builds") is None or pages == request.params:
        return response
    whole = LAST.search((await server.call(evolve(request, params=pages))).headers.get("link", ""))
    if whole is not None and "link" in response.headers:
        response.headers["link"] = LAST.sub(rf"\g<1>{whole[2]}\g<3>", response.headers["link"])
    return response


def redirect_for_browsers(http: httpx.Client) -> None:
    download = http.get(f"{WEB}/builds/24/artifacts").json()[0]["download_url"]
    response = http.get(download, headers={"Origin": "https://board.acme.example"})
    assert (response.status_code, response.headers.get("access-control-allow-origin")) == (302, "*")


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="the redirect to an artifact has no CORS headers",
    source="pages/apis/rest_api.md: API responses include the following CORS headers",
    witness=redirect_for_browsers,
)
async def redirect_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    artifact = "jobs/{job}/artifacts/{artifact}/download"
    if route(request, f"GET {V2}/{artifact}", f"GET {BUILD}/{artifact}") is not None and response.status == 302:
        for name in ("access-control-allow-origin", "access-control-expose-headers"):
            response.headers.pop(name, None)
    return response


def size_of_next_page(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/audit_events", params={"per_page": 2})
    assert response.links["next"]["url"] == response.json()["links"]["next"]


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the next page of audit events in the header `Link` has lost its `per_page`",
    source="pages/apis/rest_api/organizations/audit_events.md: also includes these links in the HTTP `Link` header",
    witness=size_of_next_page,
)
async def next_page_of_default_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, f"GET {V2}/audit_events") is not None and "link" in response.headers:
        response.headers["link"] = re.sub(r"&per_page=\d+|per_page=\d+&", "", response.headers["link"])
    return response


def limit_of_user_after_error(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/pipelines/unknown")
    assert (response.status_code, response.headers.get("ratelimit-user-scope")) == (404, "rest_user")


@MUTANTS.plant(
    "headers",
    operations="getPipeline getBuild getCluster getTeam",
    title="a response with the status 404 has no limit of the user",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets of … headers",
    witness=limit_of_user_after_error,
)
async def no_limit_of_user_after_error(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 404:
        for name in [name for name in response.headers if name.startswith("ratelimit-user-")]:
            del response.headers[name]
    return response


def size_of_log(http: httpx.Client) -> None:
    log = f"{ORG}/jobs/{scripts(http, 24)[0]}/log"
    size = len(http.get(log, headers={"Accept": "text/plain"}).content)
    part = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-20"})
    assert part.headers["content-range"] == f"bytes {size - 20}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` of the end of a log has `*` instead of the size of the log",
    source="pages/apis/rest_api/jobs.md: `Content-Range`: the byte range returned and total log size",
    witness=size_of_log,
)
async def range_without_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    logs = (f"GET {V2}/jobs/{{job}}/log", f"GET {BUILD}/jobs/{{job}}/log")
    if route(request, *logs) is not None and response.status == 206:
        response.headers["content-range"] = re.sub(r"/\d+$", "/*", response.headers["content-range"])
    return response


def later_version_has_metrics(http: httpx.Client) -> None:
    test = http.get(f"{RSPEC}/tests").json()[0]["url"]
    assert "executions_count" in http.get(test, headers=TESTS).json()


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="only the very date 2026-08-01 in `Buildkite-Version` selects the format with metrics",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: Set to `2026-08-01` or a later date",
    witness=later_version_has_metrics,
)
async def later_version_is_legacy(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    tests = (f"GET {SUITE}/tests", f"GET {SUITE}/tests/{{test}}")
    if route(request, *tests) is not None and re.fullmatch(r"\d{4}-\d\d-\d\d", version) and version > "2026-08-01":
        del request.headers["buildkite-version"]
    return await server.call(request)
