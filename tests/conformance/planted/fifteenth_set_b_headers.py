"""Bugs in the headers of responses."""

from __future__ import annotations

import time

import httpx
from tests.conformance.planted.fifteenth_set_b_support import (
    ANALYTICS,
    BUILD_PATH,
    ORGANIZATION,
    ORGANIZATION_PATH,
    REGISTRIES,
    REGISTRIES_PATH,
    SUITES_PATH,
    build_with_artifacts,
    everything,
    page_number,
    page_size,
    set_links,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
_WINDOW_SECONDS = 60


def download_redirects(http: httpx.Client) -> None:
    artifact = http.get(f"{build_with_artifacts(http)}/artifacts", params={"state": "finished"}).json()[0]
    response = http.get(artifact["download_url"])
    assert response.status_code == 302
    assert response.headers.get("location") == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownloadInBuild",
    title="the redirect to an artifact has its URL in the body only",
    source="pages/apis/rest_api/artifacts.md: the URL is returned in the response body and the Location header",
    witness=download_redirects,
)
async def redirect_without_location(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{BUILD_PATH}/jobs/{{job}}/artifacts/{{artifact}}/download"
    if request.values("GET", path) is not None and response.status == 302:
        response.headers.pop("location", None)
    return response


def last_page_of_suites_has_suites(http: httpx.Client) -> None:
    suites = http.get(f"{ANALYTICS}/suites").json()
    response = http.get(f"{ANALYTICS}/suites", params={"per_page": 1})
    last = http.get(response.links["last"]["url"])
    assert [suite["id"] for suite in last.json()] == [suites[-1]["id"]]


@MUTANTS.plant(
    "headers",
    operations="listTestSuites",
    title="when all pages are full, the links lead to one more page, which is empty",
    source="pages/apis/rest_api.md: Pagination, next and last",
    witness=last_page_of_suites_has_suites,
)
async def one_page_too_many(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", SUITES_PATH) is not None and response.status == 200:
        count = len(await everything(server, request))
        set_links(request, response, page_number(request), count // page_size(request) + 1)
    return response


def browsers_may_read_emojis(http: httpx.Client) -> None:
    response = http.get(f"{ORGANIZATION}/emojis", headers={"Origin": "https://dashboard.example"})
    assert response.headers.get("access-control-allow-origin") in ("*", "https://dashboard.example")


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="the list of emojis has no CORS headers",
    source="pages/apis/rest_api.md: CORS headers, with the emojis API as the example",
    witness=browsers_may_read_emojis,
)
async def emojis_without_cors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORGANIZATION_PATH}/emojis") is not None:
        for name in ("access-control-allow-origin", "access-control-expose-headers"):
            response.headers.pop(name, None)
    return response


def root_is_json(http: httpx.Client) -> None:
    assert http.get("/").headers["content-type"].partition(";")[0] == "application/json"


@MUTANTS.plant(
    "headers",
    operations="getRoot",
    title="the JSON of the root is sent as HTML",
    source="pages/apis/rest_api.md: all data is sent as JSON; RFC 9110, 8.3: Content-Type",
    witness=root_is_json,
)
async def root_as_html(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", "/") is not None and response.status == 200:
        response.headers["content-type"] = "text/html; charset=utf-8"
    return response


def reset_is_a_duration(http: httpx.Client) -> None:
    headers = http.get(REGISTRIES).headers
    for name in ("ratelimit-reset", "ratelimit-user-reset"):
        assert 0 <= int(headers[name]) <= _WINDOW_SECONDS, name


@MUTANTS.plant(
    "headers",
    operations="listRegistries",
    title="RateLimit-Reset and RateLimit-User-Reset are Unix times",
    source="pages/apis/rest_api/rate_limits.md: the number of seconds remaining until the time window resets",
    witness=reset_is_a_duration,
)
async def reset_as_unix_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", REGISTRIES_PATH) is not None:
        for name in ("ratelimit-reset", "ratelimit-user-reset"):
            if name in response.headers:
                response.headers[name] = str(int(time.time()) + int(response.headers[name]))
    return response


def links_of_portals_lead_to_portals(http: httpx.Client) -> None:
    response = http.get(f"{ORGANIZATION}/portals", params={"per_page": 2})
    following = http.get(response.links["next"]["url"])
    assert following.status_code == 200
    assert following.json()


@MUTANTS.plant(
    "headers",
    operations="listPortals",
    title="the links to other pages of portals lack the version /v2",
    source="pages/apis/rest_api.md: Pagination, the URLs of the Link header",
    witness=links_of_portals_lead_to_portals,
)
async def links_without_version(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORGANIZATION_PATH}/portals") is not None and "link" in response.headers:
        response.headers["link"] = response.headers["link"].replace("/v2/organizations/", "/organizations/")
    return response
