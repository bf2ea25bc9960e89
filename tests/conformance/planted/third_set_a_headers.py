"""Bugs in headers of responses."""

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_a_support import BUILD, JOB, ORG, PIPELINE, WEB, is_request

MUTANTS = Mutants()


def errors_have_limits(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/pipelines/no-such-pipeline")
    assert response.status_code == 404
    assert response.headers.get("RateLimit-User-Scope") == "rest_user"
    assert int(response.headers["RateLimit-User-Remaining"]) >= 0


@MUTANTS.plant(
    "headers",
    operations="getPipeline",
    title="a 404 has no rate limits of the user",
    source="pages/apis/rest_api/rate_limits.md: every API response includes two sets of rate limit headers",
    witness=errors_have_limits,
)
async def error_without_user_limits(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET HEAD", PIPELINE) and response.status == 404:
        headers = response.headers.items()
        response.headers = {name: value for name, value in headers if not name.startswith("ratelimit-user-")}
    return response


def links_keep_the_filter(http: httpx.Client) -> None:
    response = http.get(f"{WEB}/builds", params={"branch": "main", "per_page": 2})
    following = http.get(response.links["next"]["url"]).json()
    assert {build["branch"] for build in following} == {"main"}


@MUTANTS.plant(
    "headers",
    operations="listBuilds",
    title="the links of a list lose the filter `branch`",
    source="pages/apis/rest_api.md: Pagination, the Link header",
    witness=links_keep_the_filter,
)
async def links_without_branch(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET HEAD", f"{PIPELINE}/builds") and "link" in response.headers:
        response.headers["link"] = re.sub(r"(?<=[?&])branch(%5B%5D)?=[^&>]*&", "", response.headers["link"])
    return response


def scripts_can_read_links(http: httpx.Client) -> None:
    assert http.get(f"{WEB}/builds/24/artifacts").headers.get("Access-Control-Expose-Headers") == "Link"


@MUTANTS.plant(
    "headers",
    operations="listBuildArtifacts",
    title="the list of artifacts has no `Access-Control-Expose-Headers`",
    source="pages/apis/rest_api.md: CORS headers, Access-Control-Expose-Headers: Link",
    witness=scripts_can_read_links,
)
async def link_not_exposed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET HEAD", f"{BUILD}/artifacts"):
        response.headers.pop("access-control-expose-headers", None)
    return response


def session_is_not_stored(http: httpx.Client) -> None:
    build = http.post(f"{ORG}/pipelines/ios/builds", json={"commit": "HEAD", "branch": "main"}).json()
    for _ in range(20):
        for job in http.get(build["url"]).json()["jobs"]:
            response = http.post(f"{ORG}/jobs/{job['id']}/ssh-session")
            if response.status_code == 200:
                assert response.headers["Cache-Control"] == "no-store"
                return
        http.post("/_mock/clock", json={"advance": 0.2})
    raise RuntimeError("no job has started")


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="credentials of an SSH session may be stored by a private cache",
    source="pages/apis/rest_api/jobs.md: the response includes the Cache-Control: no-store header",
    witness=session_is_not_stored,
)
async def session_in_private_caches(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "POST", f"{JOB}/ssh-session") and response.status == 200:
        response.headers["cache-control"] = "private, max-age=60"
    return response


def location_is_the_url(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/24/artifacts").json()[0]
    response = http.get(f"{ORG}/jobs/{artifact['job_id']}/artifacts/{artifact['id']}/download")
    assert response.status_code == 302
    assert response.headers["Location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload",
    title="`Location` has no signature, unlike the URL in the body",
    source="pages/apis/rest_api/artifacts.md: the URL is returned in the response body and the Location header",
    witness=location_is_the_url,
)
async def location_without_signature(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET HEAD", f"{JOB}/artifacts/{{id}}/download") and "location" in response.headers:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def range_is_of_the_body(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/builds/24").json()["jobs"][0]["id"]
    headers = {"Accept": "text/plain", "Range": "bytes=-10"}
    response = http.get(f"{ORG}/jobs/{job}/log", headers=headers)
    size = int(http.head(f"{ORG}/jobs/{job}/log").headers["Content-Length"])
    assert response.headers["Content-Range"] == f"bytes {size - 10}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog",
    title="the last byte of `Content-Range` is the size of the log",
    source="pages/apis/rest_api/jobs.md: Content-Range, for example bytes 900-999/1000",
    witness=range_is_of_the_body,
)
async def range_with_exclusive_end(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_request(request, "GET", f"{JOB}/log") and response.status == 206:
        response.headers["content-range"] = re.sub(r"-\d+/(\d+)$", r"-\1/\1", response.headers["content-range"])
    return response
