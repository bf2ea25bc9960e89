"""Bugs in headers and media types."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_b_support import (
    JOB,
    JOB_IN_BUILD,
    ORGANIZATION,
    WEB,
    job_in_state,
    matches,
)

MUTANTS = Mutants()


def page_before_the_third(http: httpx.Client) -> None:
    second = http.get(WEB, params={"page": 2, "per_page": 5, "exclude_jobs": "true"}).json()
    third = http.get(WEB, params={"page": 3, "per_page": 5, "exclude_jobs": "true"})
    assert http.get(third.links["prev"]["url"]).json() == second


@MUTANTS.plant(
    "headers",
    operations="listBuilds listOrganizationBuilds listAllBuilds",
    title="`prev` always leads to the first page",
    source="pages/apis/rest_api.md: Pagination, Link with rel prev",
    witness=page_before_the_third,
)
async def prev_is_the_first(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link", "")
    first = re.search(r'<([^>]*)>; rel="first"', link)
    if first and request.path.endswith("/builds"):
        response.headers["link"] = re.sub(r'<[^>]*>; rel="prev"', lambda _: f'<{first[1]}>; rel="prev"', link)
    return response


def end_of_a_log(http: httpx.Client) -> None:
    log = f"{ORGANIZATION}/jobs/{job_in_state(http, 'failed')['id']}/log"
    size = int(http.head(log).headers["content-length"])
    tail = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert tail.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` ends one byte behind the log",
    source="pages/apis/rest_api/jobs.md: Content-Range, bytes 900-999/1000",
    witness=end_of_a_log,
)
async def range_ends_behind_the_log(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 206:
        start, _, size = re.split(r"[-/]", response.headers["content-range"])
        response.headers["content-range"] = f"{start}-{size}/{size}"
    return response


def ranges_of_a_log(http: httpx.Client) -> None:
    job = job_in_state(http, "failed")
    head = http.head(f"{job['build']}/jobs/{job['id']}/log")
    assert head.headers.get("accept-ranges") == "bytes"


@MUTANTS.plant(
    "headers",
    operations="headJobLogInBuild",
    title="`HEAD` of a log below its build has no `Accept-Ranges`",
    source="pages/apis/rest_api/jobs.md: Get log size without downloading, Accept-Ranges: bytes",
    witness=ranges_of_a_log,
)
async def head_without_ranges(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "HEAD", f"{JOB_IN_BUILD}/log"):
        response.headers.pop("accept-ranges", None)
    return response


def limits_of_an_error(http: httpx.Client) -> None:
    response = http.get(f"{WEB}/999999")
    assert response.status_code == 404
    assert response.headers["ratelimit-scope"] == "rest"
    assert response.headers.get("ratelimit-user-scope") == "rest_user"


@MUTANTS.plant(
    "headers",
    operations="getBuild",
    title="errors have no headers of the limit per user",
    source="pages/apis/rest_api/rate_limits.md: every API response includes two independent sets",
    witness=limits_of_an_error,
)
async def errors_without_user_limits(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status >= 400:
        names = [name for name in response.headers if name.startswith("ratelimit-user-")]
        for name in names:
            del response.headers[name]
    return response


def location_of_an_artifact(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/10/artifacts").json()[0]
    response = http.get(artifact["download_url"])
    assert response.status_code == 302
    assert response.headers["location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download lacks the signature",
    source="pages/apis/rest_api/artifacts.md: the URL will be returned in the response body and the Location header",
    witness=location_of_an_artifact,
)
async def location_without_signature(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 302 and request.path.endswith("/download"):
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def environment_as_text(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/10").json()["jobs"][1]["id"]
    response = http.get(f"{ORGANIZATION}/jobs/{job}/env", headers={"Accept": "text/plain"})
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.startswith("CI=")


@MUTANTS.plant(
    "headers",
    operations="getJobEnv",
    title="`Accept: text/plain` has no effect on the environment of a job, only the extension has",
    source="pages/apis/rest_api/jobs.md: alternative formats, using Accept header or file extension",
    witness=environment_as_text,
)
async def environment_is_always_json(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{JOB}/env") and request.headers.get("accept") == "text/plain":
        request.headers["accept"] = "application/json"
    return await server.call(request)
