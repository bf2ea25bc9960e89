"""Wrong headers, and request headers without effect."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

import httpx
from tests.conformance.planted.fourteenth_set_a_support import BUILD, CLUSTER, ORG, SUITE, TESTS, V2, WEB, matches
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def links_with_both_states(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/builds", params={"state[]": ["passed", "failed"], "per_page": 2})
    assert httpx.URL(response.links["next"]["url"]).params.get_list("state[]") == ["passed", "failed"]


@MUTANTS.plant(
    "headers",
    operations="listOrganizationBuilds",
    title="the links to other pages have only the last value of a parameter with several ones",
    source="pages/apis/rest_api.md: the pagination information can be found in the Link HTTP response header",
    witness=links_with_both_states,
)
async def links_lose_values(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link")
    if not matches(request, f"GET {V2}/builds", f"HEAD {V2}/builds") or not link:
        return response

    def shorten(found: re.Match[str]) -> str:
        return "?" + urlencode(dict(parse_qsl(found[1], keep_blank_values=True))) + ">"

    response.headers["link"] = re.sub(r"\?([^>]*)>", shorten, link)
    return response


def same_download_url(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/3/artifacts").json()[0]
    response = http.get(artifact["download_url"])
    assert response.json()["url"] == response.headers["location"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download lacks the signature that the URL in the body has",
    source="pages/apis/rest_api/artifacts.md: returned in the response body and the Location HTTP header",
    witness=same_download_url,
)
async def location_without_signature(server: Server, request: Request) -> Response:
    response = await server.call(request)
    download = "/jobs/{job}/artifacts/{artifact}/download"
    if matches(request, f"GET {V2}{download}", f"GET {BUILD}{download}") and response.status == 302:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def range_of_log(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/builds/3/jobs").json()["items"][0]["id"]
    headers = {"Accept": "text/plain", "Range": "bytes=-100"}
    response = http.get(f"{ORG}/jobs/{job}/log", headers=headers)
    first, last, size = map(int, re.findall(r"\d+", response.headers["content-range"]))
    assert (last - first + 1, last) == (100, size - 1)


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="the end of `Content-Range` is the size of the log, not its last byte",
    source="pages/apis/rest_api/jobs.md: Content-Range: … (for example, bytes 900-999/1000)",
    witness=range_of_log,
)
async def end_of_content_range(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = (f"GET {V2}/jobs/{{job}}/log", f"GET {BUILD}/jobs/{{job}}/log")
    if matches(request, *routes) and "content-range" in response.headers:
        response.headers["content-range"] = re.sub(r"-\d+/(\d+)", r"-\1/\1", response.headers["content-range"])
    return response


def session_is_not_stored(http: httpx.Client) -> None:
    job = http.get(f"{ORG}/pipelines/ios/builds/6/jobs").json()["items"][0]["id"]
    response = http.post(f"{ORG}/jobs/{job}/ssh-session")
    assert response.status_code == 200
    assert "no-store" in response.headers["cache-control"]


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="caches may store an SSH session: `Cache-Control` is `private, max-age=0`",
    source="pages/apis/rest_api/jobs.md: The response includes the Cache-Control: no-store header",
    witness=session_is_not_stored,
)
async def session_may_be_stored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/jobs/{{job}}/ssh-session") and response.status == 200:
        response.headers["cache-control"] = "private, max-age=0"
    return response


def limits_of_errors(http: httpx.Client) -> None:
    response = http.post(f"{ORG}/clusters", json={})
    assert response.status_code == 422
    assert "ratelimit-user-remaining" in response.headers


@MUTANTS.plant(
    "headers",
    operations="getCluster createCluster updateCluster deleteCluster",
    title="errors of clusters have no headers of the limit per user",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets of … headers",
    witness=limits_of_errors,
)
async def errors_without_limit_per_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = [f"{method} {CLUSTER}" for method in ("GET", "HEAD", "PUT", "DELETE")]
    if matches(request, f"POST {V2}/clusters", *routes) and response.status in (404, 422):
        for name in [name for name in response.headers if name.startswith("ratelimit-user-")]:
            del response.headers[name]
    return response


def later_version(http: httpx.Client) -> None:
    tests = http.get(f"{SUITE}/tests", headers={"Buildkite-Version": "2026-09-15"}).json()
    assert "reliability" in tests[0]


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="only the `Buildkite-Version` 2026-08-01 returns metrics, no later one",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: Set to 2026-08-01 or a later date",
    witness=later_version,
)
async def later_version_is_legacy(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    is_later = re.fullmatch(r"\d{4}-\d\d-\d\d", version) and version > "2026-08-01"
    if is_later and matches(request, f"GET {TESTS}/tests", f"GET {TESTS}/tests/{{test}}"):
        request.headers["buildkite-version"] = "2026-07-31"
    return await server.call(request)
