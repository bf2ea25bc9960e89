"""Wrong and missing headers."""

import re

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_b_support import A_JOB, ORG, PAGES, RETRIED, WEB, job_values, jobs_of

MUTANTS = Mutants()

WARNING = "You have exceeded your API rate limit."


def limits_of_error(http: httpx.Client) -> None:
    response = http.get(f"{WEB}/builds/99999")
    assert (response.status_code, response.headers.get("RateLimit-User-Scope")) == (404, "rest_user")


@MUTANTS.plant(
    "headers",
    operations="getPipeline getBuild getJob getAgent getRule getPortal getPipelineTemplate getPipelineSchedule",
    title="a response with status 404 lacks the rate limit of the user",
    source=f"{PAGES}/rate_limits.md: every API response includes two independent sets of rate limit headers",
    witness=limits_of_error,
)
async def lost_user_limit_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 404:
        kept = {name: value for name, value in response.headers.items() if not name.startswith("ratelimit-user")}
        response.headers = kept
    return response


def previous_page(http: httpx.Client) -> None:
    links = http.get(f"{ORG}/agents", params={"page": 3, "per_page": 5}).links
    assert http.get(links["prev"]["url"]).json() == http.get(f"{ORG}/agents?page=2&per_page=5").json()


@MUTANTS.plant(
    "headers",
    operations="listAgents listBuilds listOrganizationBuilds listPipelines listBuildArtifacts listRules listPortals",
    title="the link to the previous page lacks `per_page`",
    source="pages/apis/rest_api.md: Pagination, `Link` with `next`, `prev`, `first` and `last`",
    witness=previous_page,
)
async def size_of_previous_page_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "link" in response.headers:
        links = [
            re.sub(r"[?&]per_page=\d+", "", link) if link.endswith('rel="prev"') else link
            for link in response.headers["link"].split(", ")
        ]
        response.headers["link"] = ", ".join(links)
    return response


def secret_of_session(http: httpx.Client) -> None:
    job = next(each for each in jobs_of(http, f"{ORG}/pipelines/ios/builds/6") if each["state"] == "running")
    for kind in ("ssh", "vnc"):
        response = http.post(f"{ORG}/jobs/{job['id']}/{kind}-session")
        assert response.headers["Cache-Control"] == "no-store"


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="an SSH session may be cached",
    source=f"{PAGES}/jobs.md: the response includes the `Cache-Control: no-store` header",
    witness=secret_of_session,
)
async def cached_session_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if job_values(request, "POST", "/ssh-session") and "cache-control" in response.headers:
        response.headers["cache-control"] = "private, max-age=0"
    return response


def range_of_tail(http: httpx.Client) -> None:
    path = f"{ORG}/jobs/{jobs_of(http)[0]['id']}/log"
    size = int(http.head(path).headers["Content-Length"])
    tail = http.get(path, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert tail.headers["Content-Range"] == f"bytes {size - 10}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` counts bytes from one",
    source=f"{PAGES}/jobs.md: the byte range returned and total log size, `bytes 900-999/1000`",
    witness=range_of_tail,
)
async def range_from_one_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if found := re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("content-range", "")):
        first, last, size = map(int, found.groups())
        response.headers["content-range"] = f"bytes {first + 1}-{last + 1}/{size}"
    return response


def ranges_in_build(http: httpx.Client) -> None:
    for path in (f"{RETRIED}/jobs", f"{ORG}/jobs"):
        assert http.head(f"{path}/{jobs_of(http)[0]['id']}/log").headers.get("Accept-Ranges") == "bytes"


@MUTANTS.plant(
    "headers",
    operations="headJobLogInBuild",
    title="the size of a log in a build comes without `Accept-Ranges`",
    source=f"{PAGES}/jobs.md: `Accept-Ranges: bytes` indicates that suffix byte range requests are supported",
    witness=ranges_in_build,
)
async def lost_ranges_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("HEAD", f"{A_JOB}/log"):
        response.headers.pop("accept-ranges", None)
    return response


def location(http: httpx.Client) -> None:
    artifact = http.get(f"{RETRIED}/artifacts").json()[0]
    response = http.get(artifact["download_url"])
    assert response.headers["Location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownloadInBuild",
    title="`Location` of a download lacks the signature",
    source=f"{PAGES}/artifacts.md: the URL is returned in the response body and the `Location` header",
    witness=location,
)
async def unsigned_location_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{A_JOB}/artifacts/{{id}}/download") and "location" in response.headers:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def warnings(http: httpx.Client) -> None:
    response = http.post(f"{RETRIED}/annotations", json={"body": "one", "context": "sixth"})
    assert int(response.headers["RateLimit-Remaining"]) > 0
    assert "RateLimit-Warning" not in response.headers


@MUTANTS.plant(
    "headers",
    operations="createBuildAnnotation createBuild createPortal createRule createPipelineSchedule createPipeline",
    title="each creation warns that the rate limit is exceeded",
    source=f"{PAGES}/rate_limits.md: warning headers are only present while the relevant limit is exhausted",
    witness=warnings,
)
async def early_warning_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 201:
        response.headers["ratelimit-warning"] = WARNING
    return response
