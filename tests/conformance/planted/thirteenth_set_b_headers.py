"""Wrong headers, media types and representations."""

from __future__ import annotations

from copy import deepcopy

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_b_support import ACME, BUILD, RSPEC, SUITE, V2, job_of, matches

MUTANTS = Mutants()

LOGS = (f"{V2}/jobs/{{job}}/log", f"{BUILD}/jobs/{{job}}/log")


def later_version(http: httpx.Client) -> None:
    test = http.get(f"{RSPEC}/tests", headers={"Buildkite-Version": "2026-10-15"}).json()[0]
    assert "executions_count" in test


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="a date after 2026-08-01 in `Buildkite-Version` returns the legacy format",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: Set to 2026-08-01 or a later date",
    witness=later_version,
)
async def only_one_version_has_metrics(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = [f"{method} {SUITE}/tests{test}" for method in ("GET", "HEAD") for test in ("", "/{test}")]
    if matches(request, *routes) is None or response.status != 200:
        return response
    if request.headers.get("buildkite-version", "") > "2026-08-01":
        request.headers.pop("buildkite-version")
        return await server.call(request)
    return response


def limits_of_user(http: httpx.Client) -> None:
    for path in ("pipelines/web", "pipelines/unknown", "teams/00000000-0000-4000-8000-000000000000"):
        assert "RateLimit-User-Remaining" in http.get(f"{ACME}/{path}").headers


@MUTANTS.plant(
    "headers",
    operations="getPipeline getTeam getPortal getAgent getJob",
    title="a response with the status 404 lacks the limits of the user",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets of … headers",
    witness=limits_of_user,
)
async def unknown_object_has_no_user_limits(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 404:
        for name in [name for name in response.headers if name.startswith("ratelimit-user-")]:
            response.headers.pop(name)
    return response


def range_of_tail(http: httpx.Client) -> None:
    log = f"{job_of(http, 'passed')}/log"
    size = int(http.head(log).headers["Content-Length"])
    tail = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert tail.headers["Content-Range"] == f"bytes {size - 10}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` of the end of a log counts from its beginning",
    source="pages/apis/rest_api/jobs.md: Content-Range: the byte range returned … (bytes 900-999/1000)",
    witness=range_of_tail,
)
async def range_starts_at_zero(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, *(f"GET {log}" for log in LOGS)) is not None and "content-range" in response.headers:
        total = response.headers["content-range"].rpartition("/")[2]
        response.headers["content-range"] = f"bytes 0-{len(response.body) - 1}/{total}"
    return response


def size_of_raw_log(http: httpx.Client) -> None:
    log = f"{job_of(http, 'passed')}/log"
    tail = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert http.head(log).headers["Content-Length"] == tail.headers["Content-Range"].rpartition("/")[2]


@MUTANTS.plant(
    "headers",
    operations="headJobLog headJobLogInBuild",
    title="`HEAD` of a log returns the size of the JSON document with the log",
    source="pages/apis/rest_api/jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=size_of_raw_log,
)
async def head_has_size_of_document(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, *(f"HEAD {log}" for log in LOGS)) is not None and response.status == 200:
        document = deepcopy(request)
        document.method = "GET"
        document.headers["accept"] = "application/json"
        response.headers["content-length"] = str(len((await server.call(document)).body))
    return response


def location_is_url(http: httpx.Client) -> None:
    artifact = http.get(f"{ACME}/pipelines/web/builds/3/artifacts").json()[0]
    found = http.get(artifact["download_url"])
    assert found.status_code == 302
    assert found.json()["url"] == found.headers["Location"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download lacks the signature that the URL in the body has",
    source="pages/apis/rest_api/artifacts.md: The URL will be returned in the response body and the Location header",
    witness=location_is_url,
)
async def location_is_not_signed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paths = [f"{job}/artifacts/{{artifact}}/download" for job in (f"{V2}/jobs/{{job}}", f"{BUILD}/jobs/{{job}}")]
    routes = [f"{method} {path}" for method in ("GET", "HEAD") for path in paths]
    if matches(request, *routes) is not None and "location" in response.headers:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def exposed_links(http: httpx.Client) -> None:
    found = http.get(f"{ACME}/invitations", params={"per_page": 1})
    assert "next" in found.links
    assert found.headers.get("Access-Control-Expose-Headers") == "Link"


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents listOrganizationInvitations listNotificationServices",
    title="lists with cursors do not expose `Link` to web pages",
    source="pages/apis/rest_api.md: Access-Control-Expose-Headers: Link",
    witness=exposed_links,
)
async def links_of_cursors_are_hidden(server: Server, request: Request) -> Response:
    response = await server.call(request)
    lists = ("audit_events", "invitations", "services")
    routes = [f"{method} {V2}/{name}" for method in ("GET", "HEAD") for name in lists]
    if matches(request, *routes) is not None and response.status == 200:
        response.headers.pop("access-control-expose-headers", None)
    return response
