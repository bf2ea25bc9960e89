"""Seventh set of planted bugs, second half: wrong headers."""

from __future__ import annotations

import re
from copy import deepcopy
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.seventh_set_b_support import ANY_ORG, JOBS, ORG, WEB, is_for, reads

MUTANTS = Mutants()


def last_page(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/pipelines", params={"per_page": 2})
    count = len(http.get(f"{ORG}/pipelines", params={"per_page": 100}).json())
    last = httpx.URL(response.links["last"]["url"]).params["page"]
    assert int(last) == -(-count // 2)


@MUTANTS.plant(
    "headers",
    operations="listPipelines",
    title="the link to the last page leaves out a page that is not full",
    source="pages/apis/rest_api.md: Pagination, Link with next, prev, first and last",
    witness=last_page,
)
async def last_full_page_b(server: Server, request: Request) -> Response:
    response = await server.call(deepcopy(request))
    link = response.headers.get("link", "")
    if reads(request, ANY_ORG + "/pipelines") and 'rel="last"' in link:
        size = int(request.params.get("per_page", ["30"])[0])
        request.method = "GET"
        request.params |= {"per_page": ["100"], "page": ["1"]}
        pages = max(len((await server.call(request)).json) // size, 1)
        response.headers["link"] = re.sub(r'([?&]page=)\d+([^>]*>; rel="last")', rf"\g<1>{pages}\2", link)
    return response


def filters_in_links(http: httpx.Client) -> None:
    branches = ["main", "dev-ada"]
    response = http.get(f"{ORG}/builds", params={"branch[]": branches, "per_page": 2})
    assert parse_qs(urlsplit(response.links["next"]["url"]).query)["branch[]"] == branches


@MUTANTS.plant(
    "headers",
    operations="listOrganizationBuilds",
    title="the links to other pages keep only the last value of a filter with several values",
    source="pages/apis/rest_api.md: Pagination, the information can be found in the Link header",
    witness=filters_in_links,
)
async def last_filter_in_links_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link")
    if reads(request, ANY_ORG + "/builds") and link is not None:
        response.headers["link"] = re.sub(
            r"\?([^>]*)>", lambda found: f"?{urlencode(dict(parse_qsl(found[1])))}>", link
        )
    return response


def range_of_tail(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/builds/24").json()["jobs"][0]["id"]
    size = int(http.head(f"{ORG}/jobs/{job}/log").headers["content-length"])
    headers = {"Accept": "text/plain", "Range": "bytes=-20"}
    response = http.get(f"{ORG}/jobs/{job}/log", headers=headers)
    assert response.headers["content-range"] == f"bytes {size - 20}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`Content-Range` ends one byte after the log",
    source="pages/apis/rest_api/jobs.md: Content-Range, for example bytes 900-999/1000",
    witness=range_of_tail,
)
async def range_after_end_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("content-range", ""))
    if found is not None and reads(request, *(f"{job}/log" for job in JOBS)):
        response.headers["content-range"] = f"bytes {found[1]}-{int(found[2]) + 1}/{found[3]}"
    return response


def location_of_artifact(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/24/artifacts").json()[0]
    response = http.get(f"{ORG}/jobs/{artifact['job_id']}/artifacts/{artifact['id']}/download")
    assert response.headers["location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="`Location` of a download lacks the signature that the URL in the body has",
    source="pages/apis/rest_api/artifacts.md: returned in the response body and the Location HTTP header",
    witness=location_of_artifact,
)
async def unsigned_location_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "location" in response.headers and reads(request, *(job + "/artifacts/{id}/download" for job in JOBS)):
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def uncached_session(http: httpx.Client) -> None:
    sessions = [
        http.post(f"{ORG}/jobs/{job['id']}/ssh-session")
        for job in http.get(f"{ORG}/pipelines/ios/builds/6").json()["jobs"]
    ]
    opened = [session for session in sessions if session.status_code == 200]
    assert opened
    assert all(session.headers.get("cache-control") == "no-store" for session in opened)


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="an SSH session may be cached",
    source="pages/apis/rest_api/jobs.md: the response includes the Cache-Control: no-store header",
    witness=uncached_session,
)
async def cached_session_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_for(request, "POST", ANY_ORG + "/jobs/{job}/ssh-session"):
        response.headers.pop("cache-control", None)
    return response


def scope_of_user_limit(http: httpx.Client) -> None:
    for agent in ("01920000-0001-7007-8000-000000000001", "01920000-0001-7007-8000-00000000ffff"):
        response = http.get(f"{ORG}/agents/{agent}")
        assert response.headers["ratelimit-scope"] == "rest"
        assert response.headers["ratelimit-user-scope"] == "rest_user"


@MUTANTS.plant(
    "headers",
    operations="getAgent stopAgent pauseAgent resumeAgent",
    title="`RateLimit-User-Scope` of errors about agents is `rest`",
    source="pages/apis/rest_api/rate_limits.md: RateLimit-User-Scope, set to rest_user",
    witness=scope_of_user_limit,
)
async def same_scope_in_errors_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "/agents/" in request.path and response.status >= 400 and "ratelimit-user-scope" in response.headers:
        response.headers["ratelimit-user-scope"] = "rest"
    return response
