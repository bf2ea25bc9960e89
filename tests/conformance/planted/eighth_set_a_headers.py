"""Bugs in headers."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.eighth_set_a_support import (
    BUILD_JOB,
    BUILDS,
    MUTANTS,
    ORG,
    ORG_JOB,
    WEB,
    build_in,
    job_of,
    matching,
    path_of,
)
from tests.conformance.planted.mutant import Request, Response, Server


def last_page_has_builds(http: httpx.Client) -> None:
    total = len(http.get(f"{WEB}/builds", params={"per_page": 100}).json())
    assert total % 10 == 0
    first = http.get(f"{WEB}/builds", params={"per_page": 10})
    assert http.get(first.links["last"]["url"]).json()


@MUTANTS.plant(
    "headers",
    operations="listBuilds",
    title="if all pages are full, the link to the last page leads to an empty one",
    source="pages/apis/rest_api.md: the pagination information can be found in the `Link` HTTP response header "
    "containing zero or more of `next`, `prev`, `first` and `last`",
    witness=last_page_has_builds,
)
async def link_beyond_last_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link", "")
    last = re.search(r'[?&]page=(\d+)[^>]*>; rel="last"', link)
    if last is None or request.values(request.method, BUILDS) is None:
        return response
    size = int(request.params.get("per_page", ["30"])[-1])
    params = {**request.params, "page": [last[1]], "per_page": [str(size)]}
    page = await server.call(Request("GET", request.path, params, dict(request.headers), b""))
    if page.status == 200 and len(page.json) == size:
        changed = last[0].replace(f"page={last[1]}", f"page={int(last[1]) + 1}", 1)
        response.headers["link"] = link.replace(last[0], changed)
    return response


def range_of_tail(http: httpx.Client) -> None:
    url = f"{ORG}/jobs/{job_of(http, build_in(http, 'running'), 'passed')['id']}/log"
    size = int(http.head(url).headers["content-length"])
    tail = http.get(url, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert tail.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="the end of `Content-Range` is one too large",
    source="pages/apis/rest_api/jobs.md: Content-Range: the byte range returned and total log size (for example, "
    "`bytes 900-999/1000`)",
    witness=range_of_tail,
)
async def range_beyond_end(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("content-range", ""))
    if response.status == 206 and found is not None:
        response.headers["content-range"] = f"bytes {found[1]}-{int(found[2]) + 1}/{found[3]}"
    return response


def sessions_are_not_stored(http: httpx.Client) -> None:
    agents = http.get(f"{ORG}/agents", params={"per_page": 100}).json()
    jobs = [each["job"]["id"] for each in agents if each["os_id"] == "darwin" and each["job"]]
    sessions = [http.post(f"{ORG}/jobs/{job}/ssh-session") for job in jobs]
    created = [each for each in sessions if each.status_code == 200]
    assert created
    assert all(each.headers.get("cache-control") == "no-store" for each in created)


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="an SSH session may be cached",
    source="pages/apis/rest_api/jobs.md: The response includes the `Cache-Control: no-store` header.",
    witness=sessions_are_not_stored,
)
async def stored_session(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", f"{ORG_JOB}/ssh-session") is not None and "cache-control" in response.headers:
        response.headers["cache-control"] = "max-age=0, private, must-revalidate"
    return response


def limits_of_user_in_errors(http: httpx.Client) -> None:
    unknown = http.get(f"{ORG}/clusters/00000000-0000-0000-0000-000000000000")
    assert unknown.status_code == 404
    assert unknown.headers.get("ratelimit-user-scope") == "rest_user"
    assert int(unknown.headers.get("ratelimit-user-remaining", "-1")) >= 0


@MUTANTS.plant(
    "headers",
    operations="getCluster getBuild getAgent",
    title="404 has only the limits of the organization",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets of rate limit headers",
    witness=limits_of_user_in_errors,
)
async def errors_without_limits_of_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 404:
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-user-")
        }
    return response


def type_of_html_log(http: httpx.Client) -> None:
    url = f"{ORG}/jobs/{job_of(http, build_in(http, 'running'), 'passed')['id']}/log"
    for found in (http.get(f"{url}.html"), http.get(url, headers={"Accept": "text/html"})):
        assert found.status_code == 200
        assert found.headers["content-type"].startswith("text/html")


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="a log with the extension `.html` has the type of plain text",
    source="pages/apis/rest_api/jobs.md: Alternative formats (using `Accept` header or file extension): "
    "text/html, .html",
    witness=type_of_html_log,
)
async def html_log_as_text(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, request.method, f"{ORG_JOB}/log.html", f"{BUILD_JOB}/log.html")
    if found is not None and response.status == 200:
        response.headers["content-type"] = "text/plain; charset=utf-8"
    return response


def location_of_artifact(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/{build_in(http, 'passed')}/artifacts").json()[0]
    found = http.get(path_of(artifact["download_url"]))
    assert found.status_code == 302
    assert found.headers["location"] == found.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download lacks the signature",
    source="pages/apis/rest_api/artifacts.md: The URL will be returned in the response body and the `Location` HTTP "
    "header.",
    witness=location_of_artifact,
)
async def unsigned_location(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.endswith("/download") and response.status == 302 and "location" in response.headers:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def meta_from_browsers(http: httpx.Client) -> None:
    found = http.get("/v2/meta", headers={"Authorization": ""})
    assert found.status_code == 200
    assert found.headers.get("access-control-allow-origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="getMeta",
    title="meta information has no CORS headers",
    source="pages/apis/rest_api.md: API responses include the following CORS headers allowing you to use the API "
    "directly from the browser",
    witness=meta_from_browsers,
)
async def meta_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path == "/v2/meta":
        response.headers.pop("access-control-allow-origin", None)
        response.headers.pop("access-control-expose-headers", None)
    return response
