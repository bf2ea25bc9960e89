"""Bugs in the headers of responses."""

from __future__ import annotations

import time

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_b_support import (
    ACME,
    AGENT_TOKENS,
    JOB,
    ORGANIZATION,
    RSPEC,
    SUITE,
    cluster_named,
    command_job,
    fetch,
    found,
    links,
    query_of,
    read,
    set_links,
    with_query,
)

MUTANTS = Mutants()


def session_is_not_stored(http: httpx.Client) -> None:
    builds = found(http.get(f"{ACME}/pipelines/ios/builds", params={"state": "running"}))
    job = next(job for build in builds for job in build["jobs"] if job["state"] == "running")
    response = http.post(f"{ACME}/jobs/{job['id']}/vnc-session")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


@MUTANTS.plant(
    "headers",
    operations="createVncSession",
    title="credentials of a session may be cached: `Cache-Control` says `private` in place of `no-store`",
    source="pages/apis/rest_api/jobs.md: the response includes the Cache-Control: no-store header",
    witness=session_is_not_stored,
)
async def session_may_be_cached(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", f"{JOB}/vnc-session") is not None and "cache-control" in response.headers:
        response.headers["cache-control"] = "max-age=0, private, must-revalidate"
    return response


def pages_have_one_size(http: httpx.Client) -> None:
    path = f"{cluster_named(http, 'Default cluster')}/tokens"
    expected = [token["id"] for token in found(http.get(path))]
    response = http.get(path, params={"per_page": "1"})
    seen = [token["id"] for token in found(response)]
    while "next" in response.links:
        response = http.get(response.links["next"]["url"])
        seen += [token["id"] for token in found(response)]
    assert seen == expected


@MUTANTS.plant(
    "headers",
    operations="listClusterAgentTokens",
    title="the URLs in `Link` lack `per_page`, so that the next page has another size",
    source="pages/apis/rest_api.md: pagination, the next page of these results",
    witness=pages_have_one_size,
)
async def links_without_page_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    urls = links(response)
    if read(request, AGENT_TOKENS) is not None and "per_page" in request.params and urls:
        set_links(response, {rel: with_query(url, {"page": query_of(url)["page"]}) for rel, url in urls.items()})
    return response


def size_is_that_of_the_log(http: httpx.Client) -> None:
    path = f"{ACME}/jobs/{command_job(http, state='passed')['id']}/log"
    size = found(http.get(path))["size"]
    assert http.head(path).headers["Content-Length"] == str(size)


@MUTANTS.plant(
    "headers",
    operations="headJobLog",
    title="`Content-Length` is the size of the JSON form of the log",
    source="pages/apis/rest_api/jobs.md: Content-Length, the total size of the raw stored log bytes",
    witness=size_is_that_of_the_log,
)
async def size_of_json(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("HEAD", f"{JOB}/log") is not None and response.status == 200:
        response.headers["content-length"] = str(len((await fetch(server, request, request.path)).body))
    return response


def browser_may_read_links(http: httpx.Client) -> None:
    response = http.get(f"{RSPEC}/runs", params={"per_page": "1"}, headers={"Origin": "https://dashboard.example"})
    assert "next" in response.links
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in response.headers.get("Access-Control-Expose-Headers", "")


@MUTANTS.plant(
    "headers",
    operations="listTestRuns",
    title="scripts of other origins cannot read `Link`, because `Access-Control-Expose-Headers` is missing",
    source="pages/apis/rest_api.md: CORS headers, Access-Control-Expose-Headers: Link",
    witness=browser_may_read_links,
)
async def links_are_not_exposed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, f"{SUITE}/runs") is not None:
        response.headers.pop("access-control-expose-headers", None)
    return response


def window_ends_soon(http: httpx.Client) -> None:
    headers = http.get(ACME).headers
    assert 0 <= int(headers["RateLimit-Reset"]) <= 60
    assert 0 <= int(headers["RateLimit-User-Reset"]) <= 60


@MUTANTS.plant(
    "headers",
    operations="getOrganization",
    title="`RateLimit-Reset` is a Unix time in place of seconds",
    source="pages/apis/rest_api/rate_limits.md: RateLimit-Reset, the number of seconds until the window resets",
    witness=window_ends_soon,
)
async def reset_is_a_unix_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, ORGANIZATION) is not None and "ratelimit-reset" in response.headers:
        response.headers["ratelimit-reset"] = str(int(time.time()) + int(response.headers["ratelimit-reset"]))
    return response


def range_has_inclusive_end(http: httpx.Client) -> None:
    path = f"{ACME}/jobs/{command_job(http, state='passed')['id']}/log"
    response = http.get(path, headers={"Accept": "text/plain", "Range": "bytes=-20"})
    assert response.status_code == 206
    span, _, size = response.headers["Content-Range"].removeprefix("bytes ").partition("/")
    first, _, last = span.partition("-")
    assert int(last) - int(first) + 1 == len(response.content) == 20
    assert int(last) + 1 == int(size)


@MUTANTS.plant(
    "headers",
    operations="getJobLog",
    title="the last position in `Content-Range` is one too large",
    source="pages/apis/rest_api/jobs.md: Content-Range, for example bytes 900-999/1000",
    witness=range_has_inclusive_end,
)
async def range_with_exclusive_end(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{JOB}/log") is not None and response.status == 206:
        span, _, size = response.headers["content-range"].partition("/")
        response.headers["content-range"] = f"{span.partition('-')[0]}-{size}/{size}"
    return response
