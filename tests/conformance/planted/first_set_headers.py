"""Wrong headers."""

from __future__ import annotations

import re
import time

import httpx
from tests.conformance.planted.first_set_tools import (
    BUILD,
    ORG,
    REGISTRIES,
    SUITE,
    V2,
    WEB,
    job_id,
    matches,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
PACKAGES = """listRegistries getRegistry createRegistry updateRegistry deleteRegistry listRegistryTokens
createRegistryToken getRegistryToken updateRegistryToken deleteRegistryToken listPackages getPackage publishPackage
createPackageUpload copyPackage deletePackage"""


def next_page_is_filtered(http: httpx.Client) -> None:
    page = http.get(f"{WEB}/builds", params={"state": "passed", "per_page": 2})
    assert {build["state"] for build in http.get(page.links["next"]["url"]).json()} == {"passed"}


@MUTANTS.plant(
    "headers",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="`Link` of a filtered list of builds lacks the filter `state`",
    source="pages/apis/rest_api.md: the pagination information can be found in the Link HTTP response header",
    witness=next_page_is_filtered,
)
async def link_without_state(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = ("GET /v2/builds", f"GET {V2}/builds", f"GET {V2}/pipelines/{{pipeline}}/builds")
    if matches(request, *routes) and "link" in response.headers:
        response.headers["link"] = re.sub(r"&state(%5B%5D|\[\])?=[^&>]*", "", response.headers["link"])
    return response


def previous_page(http: httpx.Client) -> None:
    first = http.get(f"{ORG}/members", params={"per_page": 2})
    second = http.get(first.links["next"]["url"])
    assert http.get(second.links["prev"]["url"]).json() == first.json()


@MUTANTS.plant(
    "headers",
    operations="listOrganizationMembers",
    title="the link to the previous page of members is that of the same page",
    source="pages/apis/rest_api.md: next, prev, first and last",
    witness=previous_page,
)
async def prev_is_this_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    page = request.params.get("page", ["1"])[0]
    if matches(request, f"GET {V2}/members") and "link" in response.headers:
        links = response.headers["link"].split(", ")
        links = [re.sub(r"\bpage=\d+", f"page={page}", link) if 'rel="prev"' in link else link for link in links]
        response.headers["link"] = ", ".join(links)
    return response


def limits_of_user(http: httpx.Client) -> None:
    assert "ratelimit-user-remaining" in http.get(f"{SUITE}/runs").headers


@MUTANTS.plant(
    "headers",
    operations="listTestRuns getTestRun listFailedExecutions",
    title="runs of suites have no `RateLimit-User-*` headers",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets",
    witness=limits_of_user,
)
async def runs_without_limits_of_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if re.match(r"/v2/analytics/organizations/[^/]+/suites/[^/]+/runs", request.path):
        response.headers = {k: v for k, v in response.headers.items() if not k.startswith("ratelimit-user-")}
    return response


def errors_allow_web_pages(http: httpx.Client) -> None:
    error = http.get(f"{REGISTRIES}/nothing", headers={"Origin": "https://web.example"})
    assert (error.status_code, error.headers.get("access-control-allow-origin")) == (404, "*")


@MUTANTS.plant(
    "headers",
    operations=PACKAGES,
    title="errors of the packages API have no CORS headers",
    source="pages/apis/rest_api.md: API responses include the following CORS headers",
    witness=errors_allow_web_pages,
)
async def errors_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/packages/") and response.status >= 400:
        response.headers = {k: v for k, v in response.headers.items() if not k.startswith("access-control-")}
    return response


def location_is_url(http: httpx.Client) -> None:
    found = http.get(http.get(f"{WEB}/builds/3/artifacts").json()[0]["download_url"])
    assert found.status_code == 302
    assert found.headers["location"] == found.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download is cut off before the signature",
    source="pages/apis/rest_api/artifacts.md: returned in the response body and the Location HTTP header",
    witness=location_is_url,
)
async def unsigned_location(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.endswith("/download") and response.status == 302:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def env_as_text(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/jobs/{job_id(http, 'failed')}/env", headers={"Accept": "text/plain"})
    assert found.headers["content-type"].startswith("text/plain")


@MUTANTS.plant(
    "headers",
    operations="getJobEnv getJobEnvInBuild",
    title="`Accept: text/plain` has no effect on the environment of a job",
    source="pages/apis/rest_api/jobs.md: Alternative formats (using Accept header or file extension)",
    witness=env_as_text,
)
async def env_is_always_json(server: Server, request: Request) -> Response:
    if matches(request, f"GET {V2}/jobs/{{job}}/env", f"GET {BUILD}/jobs/{{job}}/env"):
        request.headers["accept"] = "application/json"
    return await server.call(request)


def range_of_log(http: httpx.Client) -> None:
    headers = {"Accept": "text/plain", "Range": "bytes=-10"}
    found = http.get(f"{ORG}/jobs/{job_id(http, 'failed')}/log", headers=headers)
    first, last, total = map(int, re.findall(r"\d+", found.headers["content-range"]))
    assert (last - first + 1, last + 1) == (len(found.content), total)


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="the end of `Content-Range` is the position after the last byte",
    source="pages/apis/rest_api/jobs.md: bytes 900-999/1000",
    witness=range_of_log,
)
async def content_range_ends_too_late(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "content-range" in response.headers and response.status == 206:
        first, last, total = re.findall(r"\d+", response.headers["content-range"])
        response.headers["content-range"] = f"bytes {first}-{int(last) + 1}/{total}"
    return response


def reset_is_a_duration(http: httpx.Client) -> None:
    assert int(http.get("/v2/user").headers["ratelimit-reset"]) <= 60


@MUTANTS.plant(
    "headers",
    operations="getUser getAccessToken",
    title="`RateLimit-Reset` is a Unix time",
    source="pages/apis/rest_api/rate_limits.md: The number of seconds remaining",
    witness=reset_is_a_duration,
)
async def reset_is_a_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path in {"/v2/user", "/v2/access-token"} and "ratelimit-reset" in response.headers:
        response.headers["ratelimit-reset"] = str(int(time.time()) + int(response.headers["ratelimit-reset"]))
    return response


def preflight_of_emojis(http: httpx.Client) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    answer = http.options(f"{ORG}/emojis", headers={"Origin": "https://web.example"} | asked)
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="web pages may not send `Authorization` to list emojis",
    source="pages/apis/rest_api.md: allowing you to use the API directly from the browser … Emojis API example",
    witness=preflight_of_emojis,
)
async def preflight_without_authorization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"OPTIONS {V2}/emojis"):
        response.headers["access-control-allow-headers"] = "Accept, Content-Type"
    return response


def allowed_methods(http: httpx.Client) -> None:
    assert "GET" in http.put(f"{ORG}/rate_limit").headers.get("allow", "")


@MUTANTS.plant(
    "headers",
    operations="getRateLimit getOrganization listOrganizations",
    title="405 has no `Allow` for organizations",
    source="RFC 9110, 15.5.6: The origin server MUST generate an Allow header field in a 405 response",
    witness=allowed_methods,
)
async def missing_allow(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if re.fullmatch(r"/v2/organizations(/[^/]+(/rate_limit)?)?", request.path) and response.status == 405:
        response.headers.pop("allow", None)
    return response
