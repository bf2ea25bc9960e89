"""Bugs in the headers of responses."""

from __future__ import annotations

import httpx
from tests.conformance.planted.fifth_set_a_support import (
    BUILD_ROUTE,
    JOBS,
    ORGANIZATION,
    PIPELINES,
    builds,
    job_with_log,
    matches,
    matches_job,
    path_of,
    relinked,
    with_values,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def tail(http: httpx.Client) -> None:
    path = f"{JOBS}/{job_with_log(http)['id']}/log"
    size = int(http.head(path).headers["content-length"])
    found = http.get(path, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert found.status_code == 206
    assert found.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` of the tail of a log ends behind the last byte",
    source="pages/apis/rest_api/jobs.md: Content-Range, bytes 900-999/1000",
    witness=tail,
)
async def exclusive_content_range(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 206 and "content-range" in response.headers:
        start, rest = response.headers["content-range"].split("-")
        end, size = rest.split("/")
        response.headers["content-range"] = f"{start}-{int(end) + 1}/{size}"
    return response


def same_location(http: httpx.Client) -> None:
    artifact = next(
        each
        for build in builds(http, state="passed")
        for each in http.get(f"{path_of(build['url'])}/artifacts", params={"state": "finished"}).json()
    )
    found = http.get(path_of(artifact["download_url"]))
    assert (found.status_code, found.headers["location"]) == (302, found.json()["url"])


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download lacks the signature that the URL in the body has",
    source="pages/apis/rest_api/artifacts.md: the URL is returned in the response body and the Location header",
    witness=same_location,
)
async def location_without_signature(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 302 and matches_job(request, "GET", "/artifacts/{artifact}/download"):
        response.headers["location"] = response.headers["location"].split("?")[0]
    return response


def ranges_accepted(http: httpx.Client) -> None:
    job = job_with_log(http)
    for path in (f"{JOBS}/{job['id']}/log", path_of(job["log_url"])):
        found = http.head(path)
        assert (found.status_code, found.headers.get("accept-ranges")) == (200, "bytes")


@MUTANTS.plant(
    "headers",
    operations="headJobLogInBuild",
    title="`HEAD` of a log by its build does not announce range requests",
    source="pages/apis/rest_api/jobs.md: a successful response includes Accept-Ranges: bytes",
    witness=ranges_accepted,
)
async def no_accept_ranges(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "HEAD", f"{BUILD_ROUTE}/jobs/{{job}}/log"):
        response.headers.pop("accept-ranges", None)
    return response


def limits_of_errors(http: httpx.Client) -> None:
    found = http.get(f"{PIPELINES}/no-such-pipeline")
    assert found.status_code == 404
    names = ("Scope", "Remaining", "Limit", "Reset")
    assert all(f"RateLimit-{name}" in found.headers and f"RateLimit-User-{name}" in found.headers for name in names)


@MUTANTS.plant(
    "headers",
    operations="getPipeline getBuild getJob getAgent getPortal getRule getPipelineTemplate updatePipeline createBuild",
    title="errors have no headers of the limit per user",
    source="pages/apis/rest_api/rate_limits.md: every API response includes two independent sets of rate limit headers",
    witness=limits_of_errors,
)
async def errors_without_user_limit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status >= 400:
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-user-")
        }
    return response


def previous_page(http: httpx.Client) -> None:
    build = next(
        path_of(build["url"])
        for build in builds(http, state="passed")
        if len(http.get(f"{path_of(build['url'])}/artifacts").json()) > 3
    )
    pages = f"{build}/artifacts", {"per_page": 1, "page": 3}
    previous = http.get(pages[0], params=pages[1]).links["prev"]["url"]
    assert http.get(previous).json() == http.get(pages[0], params={"per_page": 1, "page": 2}).json()


@MUTANTS.plant(
    "headers",
    operations="listBuildArtifacts",
    title="the link to the previous page of artifacts always leads to the first page",
    source="pages/apis/rest_api.md: Link with next, prev, first and last",
    witness=previous_page,
)
async def previous_is_first(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{BUILD_ROUTE}/artifacts"):
        relinked(response, lambda relation, url: with_values(url, "page", ["1"]) if relation == "prev" else url)
    return response


def not_stored(http: httpx.Client) -> None:
    agents = http.get(f"{ORGANIZATION}/agents", params={"per_page": 100}).json()
    jobs = [agent["job"] for agent in agents if agent["job"] and agent["os_id"] == "darwin"]
    found = [http.post(f"{JOBS}/{job['id']}/ssh-session") for job in jobs]
    sessions = [each for each in found if each.status_code == 200]
    assert sessions
    assert all(each.headers["cache-control"] == "no-store" for each in sessions)


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="the credentials of an SSH session may be stored by a private cache",
    source="pages/apis/rest_api/jobs.md: the response includes the Cache-Control: no-store header",
    witness=not_stored,
)
async def private_cache(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and matches_job(request, "POST", "/ssh-session"):
        response.headers["cache-control"] = "private, max-age=0"
    return response
