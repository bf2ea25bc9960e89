"""Bugs in response headers."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
from attrs import evolve
from tests.conformance.planted.fourth_set_a_support import (
    DOCS,
    ORGANIZATION,
    WEB,
    at_job,
    failed_build,
    get,
    is_build_list,
    jobs_in,
    path_of,
    read_list,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def head_has_raw_size(http: httpx.Client) -> None:
    log = f"{path_of(jobs_in(http, 'failed')[0])}/log"
    assert http.head(log).headers["content-length"] == str(http.get(log).json()["size"])


@MUTANTS.plant(
    "headers",
    operations="headJobLog headJobLogInBuild",
    title="HEAD returns the length of the JSON representation of a log",
    source=f"{DOCS}/rest_api/jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=head_has_raw_size,
)
async def length_of_json(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if at_job(request, "HEAD", "/log") is not None and response.status == 200:
        response.headers["content-length"] = str(len((await get(server, request, request.path)).body))
    return response


def content_range_is_inclusive(http: httpx.Client) -> None:
    log = f"{path_of(jobs_in(http, 'failed')[0])}/log"
    response = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-100"})
    first, last, total = (int(number) for number in re.findall(r"\d+", response.headers["content-range"]))
    assert (response.status_code, last - first + 1, last) == (206, 100, total - 1)


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="the last byte in Content-Range is one too high",
    source=f"{DOCS}/rest_api/jobs.md: Content-Range, for example, bytes 900-999/1000",
    witness=content_range_is_inclusive,
)
async def exclusive_content_range(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("content-range", ""))
    if found is not None:
        response.headers["content-range"] = f"bytes {found[1]}-{int(found[2]) + 1}/{found[3]}"
    return response


def location_is_the_url(http: httpx.Client) -> None:
    artifact = read_list(http, f"{WEB}/builds/{failed_build(http)['number']}/artifacts")[0]
    response = http.get(f"{ORGANIZATION}/jobs/{artifact['job_id']}/artifacts/{artifact['id']}/download")
    assert response.status_code == 302
    assert response.headers["location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="Location has no signature",
    source=f"{DOCS}/rest_api/artifacts.md: The URL will be returned in the response body and the Location HTTP header",
    witness=location_is_the_url,
)
async def unsigned_location(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if at_job(request, "GET", "/artifacts/{artifact}/download") is not None and "location" in response.headers:
        response.headers["location"] = response.headers["location"].partition("?")[0]
    return response


def next_has_all_states(http: httpx.Client) -> None:
    states = ["passed", "failed"]
    response = http.get(f"{WEB}/builds", params={"state[]": states, "per_page": 1})
    assert parse_qs(urlsplit(response.links["next"]["url"]).query)["state[]"] == states


@MUTANTS.plant(
    "headers",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="links have only the last of several values of a filter",
    source=f"{DOCS}/rest_api.md: Pagination",
    witness=next_has_all_states,
)
async def link_with_one_value(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_build_list(request) and "link" in response.headers:
        response.headers["link"] = re.sub(r"(?<=<)[^>]+(?=>)", _keep_last_values, response.headers["link"])
    return response


def _keep_last_values(url: re.Match[str]) -> str:
    parts = urlsplit(url[0])
    values = {name: found[-1] for name, found in parse_qs(parts.query, keep_blank_values=True).items()}
    return urlunsplit(parts._replace(query=urlencode(values)))


def last_page_has_templates(http: httpx.Client) -> None:
    response = http.get(f"{ORGANIZATION}/pipeline-templates", params={"per_page": 1})
    assert http.get(response.links["last"]["url"]).json() != []


@MUTANTS.plant(
    "headers",
    operations="listPipelineTemplates",
    title="a list that fills its pages has another one, which is empty",
    source=f"{DOCS}/rest_api.md: Pagination",
    witness=last_page_has_templates,
)
async def empty_last_page(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/v2/organizations/{org}/pipeline-templates") is None or response.status != 200:
        return response
    url = f"http://{request.headers['host']}{request.path}"
    try:
        page = int(request.params.get("page", ["1"])[0])
        size = min(int(request.params.get("per_page", ["30"])[0]), 100)
    except ValueError:
        return response
    everything = (await server.call(evolve(request, params={"per_page": ["100"]}))).json
    pages, rest = divmod(len(everything), size) if size > 0 else (0, 1)
    if rest == 0 and 1 <= page <= pages:
        earlier = [part for part in response.headers.get("link", "").split(", ") if re.search('"(first|prev)"', part)]
        later = [
            f'<{url}?{urlencode({**request.params, "page": [number]}, doseq=True)}>; rel="{relation}"'
            for relation, number in (("next", page + 1), ("last", pages + 1))
        ]
        response.headers["link"] = ", ".join([*earlier, *later])
    return response


def emojis_allow_web_pages(http: httpx.Client) -> None:
    response = http.get(f"{ORGANIZATION}/emojis", headers={"Origin": "https://example.com"})
    assert response.headers.get("access-control-allow-origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="the list of emojis allows no web page",
    source=f"{DOCS}/rest_api.md: CORS headers",
    witness=emojis_allow_web_pages,
)
async def emojis_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values(request.method, "/v2/organizations/{org}/emojis") is not None:
        response.headers.pop("access-control-allow-origin", None)
    return response


def limits_end_within_a_minute(http: httpx.Client) -> None:
    headers = http.get("/v2/builds", params={"per_page": 1}).headers
    assert 0 <= int(headers["ratelimit-user-reset"]) <= 60


@MUTANTS.plant(
    "headers",
    operations="listAllBuilds",
    title="RateLimit-User-Reset is in milliseconds",
    source=f"{DOCS}/rest_api/rate_limits.md: The number of seconds remaining until the per-user time window resets",
    witness=limits_end_within_a_minute,
)
async def reset_in_milliseconds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/v2/builds") is not None and "ratelimit-user-reset" in response.headers:
        response.headers["ratelimit-user-reset"] += "000"
    return response
