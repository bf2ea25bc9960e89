"""Headers that are missing, wrong or ignored."""

from __future__ import annotations

import re
from typing import Final

import httpx
from tests.conformance.planted.fifteenth_set_a_support import (
    ACME,
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    RSPEC,
    SUITE,
    all_pages,
    cluster,
    jobs,
    related,
    values_of,
    without,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def size_of_log_is_that_of_its_bytes(http: httpx.Client) -> None:
    job = next(jobs(http, "web", lambda job: job["finished_at"] is not None and job["started_at"] is not None))
    path = f"{ACME}/jobs/{job['id']}/log"
    head = http.head(path)
    assert head.status_code == 200
    assert int(head.headers["Content-Length"]) == http.get(path).json()["size"]


@MUTANTS.plant(
    "headers",
    operations="headJobLog headJobLogInBuild",
    title="the length of a log is that of its JSON",
    source="pages/apis/rest_api/jobs.md: Content-Length, the total size of the raw stored log bytes",
    witness=size_of_log_is_that_of_its_bytes,
)
async def head_has_length_of_json(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if values_of(request, "HEAD", f"{JOB}/log", f"{JOB_IN_BUILD}/log") is not None and response.status == 200:
        found = await server.call(related(request, "GET", request.path))
        response.headers["content-length"] = str(len(found.body))
    return response


def credentials_are_not_stored(http: httpx.Client) -> None:
    job = next(jobs(http, "ios", lambda job: job["state"] == "running"))
    response = http.post(f"{ACME}/jobs/{job['id']}/vnc-session")
    assert response.status_code == 200
    assert response.headers.get("Cache-Control") == "no-store"


@MUTANTS.plant(
    "headers",
    operations="createVncSession",
    title="the credentials of a session may be cached",
    source="pages/apis/rest_api/jobs.md: the response includes the Cache-Control: no-store header",
    witness=credentials_are_not_stored,
)
async def vnc_session_may_be_stored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", f"{JOB}/vnc-session") is not None:
        response.headers.pop("cache-control", None)
    return response


def links_keep_size_of_pages(http: httpx.Client) -> None:
    path = f"{cluster(http, 'Default cluster')}/tokens"
    every = [token["id"] for token in http.get(path).json()]
    assert [token["id"] for token in all_pages(http, path, per_page="1")] == every


@MUTANTS.plant(
    "headers",
    operations="listClusterAgentTokens",
    title="the links to other pages have lost `per_page`",
    source="pages/apis/rest_api.md: Pagination, the Link header keeps the other parameters",
    witness=links_keep_size_of_pages,
)
async def links_lose_size_of_pages(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{CLUSTER}/tokens") is not None and "link" in response.headers:
        response.headers["link"] = re.sub(r"&per_page=[^&>]*|(?<=\?)per_page=[^&>]*&", "", response.headers["link"])
    return response


def environment_is_text(http: httpx.Client) -> None:
    job = next(jobs(http, "web", lambda job: job["state"] == "passed"))
    response = http.get(f"{ACME}/jobs/{job['id']}/env", headers={"Accept": "text/plain"})
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "BUILDKITE_JOB_ID=" in response.text


@MUTANTS.plant(
    "headers",
    operations="getJobEnv getJobEnvInBuild",
    title="`Accept: text/plain` is ignored",
    source="pages/apis/rest_api/jobs.md: alternative formats of the environment, using the Accept header",
    witness=environment_is_text,
)
async def environment_is_always_json(server: Server, request: Request) -> Response:
    if values_of(request, "GET", f"{JOB}/env", f"{JOB_IN_BUILD}/env") is not None:
        request.headers = without(request.headers, "accept")
    return await server.call(request)


_METRICS: Final = "2026-08-01"


def later_versions_have_metrics(http: httpx.Client) -> None:
    tests = http.get(f"{RSPEC}/tests", headers={"Buildkite-Version": "2026-09-15"}).json()
    assert tests
    assert all("reliability" in test for test in tests)


@MUTANTS.plant(
    "headers",
    operations="listTests",
    title="a Buildkite-Version after 2026-08-01 returns tests without metrics",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: set to 2026-08-01 or a later date",
    witness=later_versions_have_metrics,
)
async def later_versions_are_unknown(server: Server, request: Request) -> Response:
    if request.values("GET", f"{SUITE}/tests") is not None:
        version = request.headers.get("buildkite-version", "").strip()
        response = await server.call(request)
        if response.status != 200 or version <= _METRICS:
            return response
        request.headers = without(request.headers, "buildkite-version")
    return await server.call(request)


def limit_of_user_is_reported(http: httpx.Client) -> None:
    headers = http.get("/v2/user").headers
    for name in ("Scope", "Remaining", "Limit", "Reset"):
        assert f"RateLimit-User-{name}" in headers
    assert headers["RateLimit-User-Scope"] == "rest_user"


@MUTANTS.plant(
    "headers",
    operations="getUser",
    title="the headers about the limit of the user are missing",
    source="pages/apis/rest_api/rate_limits.md: every API response includes two sets of rate limit headers",
    witness=limit_of_user_is_reported,
)
async def limit_of_user_is_missing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/v2/user") is not None:
        own = [name for name in response.headers if name.startswith("ratelimit-user-")]
        response.headers = without(response.headers, *own)
    return response
