"""Wrong headers."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    REGISTRIES,
    SUITE,
    TESTS,
    jobs,
    matches,
)

SPEC: Final = Path(__file__).parents[3] / "generated/_buildkite_rest/openapi.yaml"
ALL: Final = " ".join(sorted(set(re.findall(r"operationId: (\w+)", SPEC.read_text().partition("\nwebhooks:")[0]))))
"""Ids of all operations, for bugs of the whole server."""

MUTANTS = Mutants()


def readable_errors(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/pipelines/missing", headers={"Origin": "https://dashboard.example"})
    assert response.status_code == 404
    assert response.headers.get("Access-Control-Allow-Origin") == "*"


@MUTANTS.plant(
    "headers",
    operations=ALL,
    title="errors lack `Access-Control-Allow-Origin`",
    source="pages/apis/rest_api.md: CORS headers, API responses include …",
    witness=readable_errors,
)
async def errors_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status >= 400:
        response.headers.pop("access-control-allow-origin", None)
        response.headers.pop("access-control-expose-headers", None)
    return response


def described_type(http: httpx.Client) -> None:
    (description,) = http.get("/.well-known/api-catalog").json()["linkset"][0]["service-desc"]
    assert http.get("/v2/analytics/openapi.yaml").headers["Content-Type"].startswith(description["type"])


@MUTANTS.plant(
    "headers",
    operations="getAnalyticsDescription",
    title="the description of Test Engine is sent as plain text",
    source="pages/apis/rest_api.md: OpenAPI specification, type application/openapi+yaml",
    witness=described_type,
)
async def description_as_plain_text(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/analytics/openapi.yaml"):
        response.headers["content-type"] = "text/plain; charset=utf-8"
    return response


def limits_of_users(http: httpx.Client) -> None:
    for path in (f"{SUITE}/runs", f"{SUITE}/tests"):
        assert http.get(path).headers.get("RateLimit-User-Scope") == "rest_user"


@MUTANTS.plant(
    "headers",
    operations="listTestSuites getTestSuite listTestRuns getTestRun listFailedExecutions listTests getTest findTest "
    "listMutedTests listSkippedTests listFlakyTests listBuildTests",
    title="responses of Test Engine lack the headers of the limit per user",
    source="pages/apis/rest_api/rate_limits.md: every API response includes two independent sets of headers",
    witness=limits_of_users,
)
async def analytics_without_limits_of_users(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/analytics/organizations/") and request.method in ("GET", "HEAD"):
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-user-")
        }
    return response


def seconds_until_reset(http: httpx.Client) -> None:
    assert 0 <= int(http.get(f"{REGISTRIES}/gems").headers["RateLimit-Reset"]) <= 60


@MUTANTS.plant(
    "headers",
    operations="listPackages getPackage publishPackage deletePackage copyPackage createPackageUpload listRegistries "
    "getRegistry createRegistry updateRegistry deleteRegistry listRegistryTokens getRegistryToken createRegistryToken "
    "updateRegistryToken deleteRegistryToken",
    title="`RateLimit-Reset` of packages and registries is a Unix time",
    source="pages/apis/rest_api/rate_limits.md: RateLimit-Reset, the number of seconds remaining",
    witness=seconds_until_reset,
)
async def package_limits_reset_at_a_unix_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/packages/"):
        for name in {"ratelimit-reset", "ratelimit-user-reset"} & response.headers.keys():
            response.headers[name] = str(int(time.time()) + int(response.headers[name]))
    return response


def falling_limit(http: httpx.Client) -> None:
    first, second = (http.get(f"{ORG}/emojis").headers for _ in range(2))
    if int(second["RateLimit-Reset"]) <= int(first["RateLimit-Reset"]):
        assert int(second["RateLimit-Remaining"]) < int(first["RateLimit-Remaining"])


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="emojis are cached with the rate limit headers of the first response",
    source="pages/apis/rest_api/rate_limits.md: RateLimit-Remaining, the remaining requests",
    witness=falling_limit,
)
async def emojis_with_cached_rate_limit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/emojis") and response.status == 200:
        headers = {name: value for name, value in response.headers.items() if name.startswith("ratelimit-")}
        response.headers.update(server.memory.setdefault(request.path, headers))
    return response


def last_page(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/rules", params={"per_page": 2})
    assert http.get(response.links["last"]["url"]).json()


@MUTANTS.plant(
    "headers",
    operations="listRules",
    title="the last page in `Link` is empty if all pages are full",
    source="pages/apis/rest_api.md: Link, last",
    witness=last_page,
)
async def last_page_of_rules_is_empty(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link", "")
    size = request.params.get("per_page", ["30"])[0]
    if matches(request, "GET", "/v2/organizations/{org}/rules") and 'rel="last"' in link and size.isdigit():
        total = await server.call(Request("GET", request.path, {"per_page": ["100"]}, request.headers, b""))
        page = len(total.json) // int(size) + 1
        response.headers["link"] = re.sub(
            r'([?&]page=)\d+([^>]*>; rel="last")', lambda found: f"{found[1]}{page}{found[2]}", link
        )
    return response


def temporary_download(http: httpx.Client) -> None:
    artifact = http.get(f"{PIPELINE}/builds/30/artifacts").json()[0]
    assert http.get(artifact["download_url"], follow_redirects=False).status_code == 302


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="the redirect to an artifact is permanent",
    source="pages/apis/rest_api/artifacts.md: returns a 302 response to a URL that is valid for 60 seconds",
    witness=temporary_download,
)
async def permanent_redirect_to_an_artifact(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paths = f"{JOB}/artifacts/{{id}}/download", f"{JOB_IN_BUILD}/artifacts/{{id}}/download"
    if matches(request, "GET", *paths) and response.status == 302:
        response.status = 301
    return response


def range_of_a_log(http: httpx.Client) -> None:
    headers = {"Accept": "text/plain", "Range": "bytes=-20"}
    response = http.get(f"{ORG}/jobs/{jobs(http, 30)[0]['id']}/log", headers=headers)
    first, last, size = map(int, re.findall(r"\d+", response.headers["Content-Range"]))
    assert (last - first + 1, last + 1) == (20, size)


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` counts from one",
    source="pages/apis/rest_api/jobs.md: Content-Range, bytes 900-999/1000",
    witness=range_of_a_log,
)
async def content_range_counts_from_one(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{JOB}/log", f"{JOB_IN_BUILD}/log") and response.status == 206:
        first, last, size = map(int, re.findall(r"\d+", response.headers["content-range"]))
        response.headers["content-range"] = f"bytes {first + 1}-{last + 1}/{size}"
    return response


def environment_as_text(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/jobs/{jobs(http, 30)[0]['id']}/env", headers={"Accept": "text/plain"})
    assert response.headers["Content-Type"].startswith("text/plain")


@MUTANTS.plant(
    "headers",
    operations="getJobEnv getJobEnvInBuild",
    title="`Accept: text/plain` has no effect on the environment; only `.txt` has",
    source="pages/apis/rest_api/jobs.md: alternative formats (using Accept header or file extension)",
    witness=environment_as_text,
)
async def environment_ignores_accept(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{JOB}/env", f"{JOB_IN_BUILD}/env"):
        request.headers.pop("accept", None)
    return await server.call(request)


def older_version(http: httpx.Client) -> None:
    (test, *_) = http.get(f"{SUITE}/tests", headers={"Buildkite-Version": "2026-07-31"}).json()
    assert "duration_avg" not in test


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="each `Buildkite-Version` gets metrics, also one before 2026-08-01",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: with a date before 2026-08-01, the legacy format",
    witness=older_version,
)
async def metrics_for_older_versions(server: Server, request: Request) -> Response:
    if matches(request, "GET", TESTS, f"{TESTS}/{{test}}"):
        version = request.headers.get("buildkite-version", "")
        if re.fullmatch(r"\d{4}-\d\d-\d\d", version):
            request.headers["buildkite-version"] = max(version, "2026-08-01")
    return await server.call(request)
