"""Wrong handling of headers."""

from __future__ import annotations

import hashlib
import re

import httpx
from tests.conformance.planted.eleventh_set_a_support import BARBARA, BUILD, ORG, PIPELINE, SUITE, V2, WEB, matches
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
LOGS = (f"GET {V2}/jobs/{{job}}/log", f"GET {BUILD}/jobs/{{job}}/log")
ENVIRONMENTS = (f"GET {V2}/jobs/{{job}}/env", f"GET {BUILD}/jobs/{{job}}/env")


def log_of_failed_build(http: httpx.Client) -> str:
    """Return the URL of a log."""
    return str(http.get(f"{WEB}/builds/23").json()["jobs"][0]["log_url"])


def later_version(http: httpx.Client) -> None:
    tests = http.get(f"{SUITE}/tests", headers={"Buildkite-Version": "2026-09-15"}).json()
    assert all("reliability" in test for test in tests)


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="only the `Buildkite-Version` 2026-08-01 returns metrics, not a later date",
    source="pages/apis/rest_api/test_engine/tests.md: Set to 2026-08-01 or a later date to receive test metrics",
    witness=later_version,
)
async def later_version_is_unknown(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", version) and version != "2026-08-01":
        del request.headers["buildkite-version"]
    return await server.call(request)


def accepted_types(http: httpx.Client) -> None:
    log = http.get(log_of_failed_build(http), headers={"Accept": "text/plain, */*;q=0.1"})
    assert log.headers["content-type"].startswith("text/plain")


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild getJobEnv getJobEnvInBuild",
    title="an `Accept` header with several types, or with parameters, returns JSON",
    source="pages/apis/rest_api/jobs.md: Alternative formats (using Accept header or file extension)",
    witness=accepted_types,
)
async def accept_is_compared_as_text(server: Server, request: Request) -> Response:
    known = request.headers.get("accept") in ("text/plain", "text/html")
    if matches(request, *LOGS, *ENVIRONMENTS) and not known:
        request.headers["accept"] = "application/json"
    return await server.call(request)


def tag_follows_change(http: httpx.Client) -> None:
    tag = http.get(WEB).headers.get("etag")
    http.patch(WEB, json={"description": "Shop of Vienna"})
    assert http.get(WEB, headers={"If-None-Match": tag} if tag else {}).status_code == 200


@MUTANTS.plant(
    "headers",
    operations="getPipeline",
    title="the `ETag` of a pipeline stays after a change, so a cached copy is never refreshed",
    source="common sense of HTTP: an entity tag changes with the representation (RFC 9110, 8.8.3)",
    witness=tag_follows_change,
)
async def tag_of_pipeline_is_constant(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {PIPELINE}", f"HEAD {PIPELINE}") and response.status == 200:
        response.headers["etag"] = f'"{hashlib.sha256(request.path.encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == response.headers["etag"]:
            response.status, response.body = 304, b""
            response.headers.pop("content-type", None)
    return response


def limits_of_two_organizations(http: httpx.Client) -> None:
    before = int(http.get(ORG).headers["ratelimit-remaining"])
    for _ in range(5):
        assert http.get("/v2/organizations/globex", headers=BARBARA).status_code == 200
    assert before - int(http.get(ORG).headers["ratelimit-remaining"]) <= 1


@MUTANTS.plant(
    "headers",
    operations="getOrganization",
    title="requests to another organization count towards the rate limit of an organization",
    source="pages/apis/rest_api/rate_limits.md: limit of 200 requests per minute for each organization",
    witness=limits_of_two_organizations,
)
async def organizations_share_limit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = re.search(r"/organizations/([^/]+)", request.path)
    if found is None or "ratelimit-remaining" not in response.headers:
        return response
    remaining = int(response.headers["ratelimit-remaining"])
    counts, last = server.memory.setdefault("counts", {}), server.memory.setdefault("last", {})
    if remaining > last.get(found[1], remaining):
        counts.clear()
    counts[found[1]] = counts.get(found[1], 0) + 1
    last[found[1]] = remaining
    others = sum(counts.values()) - counts[found[1]]
    response.headers["ratelimit-remaining"] = str(max(0, remaining - others))
    if matches(request, f"GET {V2}/rate_limit") and response.status == 200:
        body = response.json
        body["scopes"]["rest"]["current"] += others
        response.json = body
    return response


def long_tail(http: httpx.Client) -> None:
    url = log_of_failed_build(http)
    whole = http.get(url, headers={"Accept": "text/plain"}).content
    tail = http.get(url, headers={"Accept": "text/plain", "Range": f"bytes=-{len(whole) + 1000}"})
    assert tail.status_code == 206
    assert tail.content == whole


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="a range that is longer than a log is refused as not satisfiable",
    source="pages/apis/rest_api/jobs.md: 416: The suffix range cannot be satisfied because the job log is empty",
    witness=long_tail,
)
async def long_range_is_refused(server: Server, request: Request) -> Response:
    response = await server.call(request)
    length = re.fullmatch(r"bytes=-(\d+)", request.headers.get("range", ""))
    size = response.headers.get("content-range", "").rpartition("/")[2]
    if matches(request, *LOGS) and response.status == 206 and length is not None and int(length[1]) > int(size):
        response.status, response.json = 416, {"message": "The suffix range cannot be satisfied"}
        response.headers |= {"content-type": "application/json; charset=utf-8", "content-range": f"bytes */{size}"}
    return response


def version_in_browser(http: httpx.Client) -> None:
    headers = {
        "Origin": "https://dashboard.acme.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization, buildkite-version",
    }
    allowed = http.options(f"{SUITE}/tests", headers=headers).headers["access-control-allow-headers"].lower()
    assert {"authorization", "buildkite-version"} <= set(re.split(r",\s*", allowed))


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="web pages may not send `Buildkite-Version`: the preflight response does not allow it",
    source="pages/apis/rest_api.md: CORS headers allowing you to use the API directly from the browser",
    witness=version_in_browser,
)
async def version_is_not_allowed_in_browsers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "OPTIONS" and "access-control-allow-headers" in response.headers:
        names = response.headers["access-control-allow-headers"].split(", ")
        kept = [name for name in names if name.lower() != "buildkite-version"]
        response.headers["access-control-allow-headers"] = ", ".join(kept)
    return response
