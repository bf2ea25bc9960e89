"""Wrong headers of responses."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_a_support import ACME, BUILD, V2, WEB, matches, script_job

MUTANTS = Mutants()

LOGS = (f"GET {V2}/jobs/{{job}}/log", f"GET {BUILD}/jobs/{{job}}/log")


def limits_of_redirects(http: httpx.Client) -> None:
    found = http.get(http.get(f"{WEB}/builds/3/artifacts").json()[0]["download_url"])
    assert found.status_code == 302
    assert found.headers.get("ratelimit-scope") == "rest"
    assert found.headers.get("ratelimit-user-scope") == "rest_user"


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="redirects to the content of an artifact have no rate limits",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets of rate limit headers",
    witness=limits_of_redirects,
)
async def redirects_without_limits(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 302:
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-")
        }
    return response


def range_of_tail(http: httpx.Client) -> None:
    headers = {"Accept": "text/plain", "Range": "bytes=-50"}
    found = http.get(f"{script_job(http)}/log", headers=headers)
    first, last, total = (int(number) for number in re.findall(r"\d+", found.headers["content-range"]))
    assert (last - first + 1, last + 1) == (len(found.content), total)


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="the end of `Content-Range` is exclusive",
    source="pages/apis/rest_api/jobs.md: Content-Range: … (for example, bytes 900-999/1000)",
    witness=range_of_tail,
)
async def end_of_range_is_exclusive(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 206 and (found := re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers["content-range"])):
        response.headers["content-range"] = f"bytes {found[1]}-{found[2]}/{found[2]}"
    return response


def next_page_has_both_branches(http: httpx.Client) -> None:
    found = http.get(f"{ACME}/builds?per_page=2&branch[]=main&branch[]=dev-ada")
    assert httpx.URL(found.links["next"]["url"]).params.get_list("branch[]") == ["main", "dev-ada"]


@MUTANTS.plant(
    "headers",
    operations="listBuilds",
    title="links to other pages have only the last of several values of a filter",
    source="pages/apis/rest_api/builds.md: ?branch[]=main&branch[]=testing",
    witness=next_page_has_both_branches,
)
async def links_have_one_value(server: Server, request: Request) -> Response:
    def shorten(found: re.Match[str]) -> str:
        query = {name: values[-1] for name, values in parse_qs(found[1], keep_blank_values=True).items()}
        return f"?{urlencode(query)}>"

    response = await server.call(request)
    routes = ("GET /v2/builds", f"GET {V2}/builds", f"GET {V2}/pipelines/{{pipeline}}/builds")
    if matches(request, *routes) and "link" in response.headers:
        response.headers["link"] = re.sub(r"\?([^>]*)>", shorten, response.headers["link"])
    return response


def same_links_in_header(http: httpx.Client) -> None:
    first = http.get(f"{ACME}/audit_events", params={"per_page": 5}).json()
    second = http.get(first["links"]["next"])
    assert second.links.get("prev", {}).get("url") == second.json()["links"]["prev"]


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the `Link` header of audit events has no `prev`, unlike the body",
    source="pages/apis/rest_api/organizations/audit_events.md: also includes these links in the HTTP Link header",
    witness=same_links_in_header,
)
async def header_without_previous_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/audit_events") and "link" in response.headers:
        links = [link for link in response.headers.pop("link").split(", ") if 'rel="prev"' not in link]
        if links:
            response.headers["link"] = ", ".join(links)
    return response


def size_of_raw_log(http: httpx.Client) -> None:
    job = script_job(http)
    size = len(http.get(f"{job}/log.txt").content)
    assert int(http.head(f"{job}/log").headers["content-length"]) == size


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="`HEAD` of a log returns the length of its JSON form",
    source="pages/apis/rest_api/jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=size_of_raw_log,
)
async def length_of_json_log(server: Server, request: Request) -> Response:
    response = await server.call(request)
    plain = "text/" in request.headers.get("accept", "")
    if request.method == "HEAD" and matches(request, *LOGS) and response.status == 200 and not plain:
        found = await server.call(evolve(request, method="GET"))
        response.headers["content-length"] = str(len(found.body))
    return response


def session_is_not_stored(http: httpx.Client) -> None:
    jobs = http.get(f"{ACME}/pipelines/ios/builds", params={"state": "running"}).json()[0]["jobs"]
    found = http.post(f"{ACME}/jobs/{jobs[0]['id']}/ssh-session")
    assert found.status_code == 200
    assert found.headers["cache-control"] == "no-store"


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="the credentials of an SSH session may be cached",
    source="pages/apis/rest_api/jobs.md: The response includes the Cache-Control: no-store header",
    witness=session_is_not_stored,
)
async def session_may_be_cached(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {V2}/jobs/{{job}}/ssh-session") and response.status == 200:
        response.headers["cache-control"] = "max-age=0, private, must-revalidate"
    return response
