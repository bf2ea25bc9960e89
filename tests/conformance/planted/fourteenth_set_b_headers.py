"""Wrong headers, and headers without effect."""

from __future__ import annotations

import re

import httpx
from attrs import evolve
from tests.conformance.planted.fourteenth_set_b_support import BUILD, ORG, SUITE, SUITES, V2, WEB, matches, read
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def limits_of_deletion(http: httpx.Client) -> None:
    portal = {"name": "Viewer", "query": "query { viewer { user { name } } }"}
    slug = http.post(f"{ORG}/portals", json=portal).json()["slug"]
    response = http.delete(f"{ORG}/portals/{slug}")
    assert response.status_code == 204
    assert "RateLimit-Remaining" in response.headers
    assert "RateLimit-User-Remaining" in response.headers


@MUTANTS.plant(
    "headers",
    operations="deletePortal",
    title="the response to the deletion of a portal has no rate limits",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets of rate limit headers",
    witness=limits_of_deletion,
)
async def deletion_without_limits(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"DELETE {V2}/portals/{{portal}}") and response.status == 204:
        response.headers = {name: value for name, value in response.headers.items() if not name.startswith("ratelimit")}
    return response


def size_of_log(http: httpx.Client) -> None:
    log = http.get(f"{WEB}/builds/30").json()["jobs"][0]["log_url"]
    tail = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-1"})
    assert http.head(log).headers["Content-Length"] == tail.headers["Content-Range"].split("/")[1]


@MUTANTS.plant(
    "headers",
    operations="headJobLog headJobLogInBuild",
    title="the size of a log is that of its text after UTF-8 normalization",
    source="pages/apis/rest_api/jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=size_of_log,
)
async def size_of_normalized_log(server: Server, request: Request) -> Response:
    response = await server.call(request)
    logs = (f"HEAD {V2}/jobs/{{job}}/log", f"HEAD {BUILD}/jobs/{{job}}/log")
    if matches(request, *logs) and response.status == 200:
        text = read(request, request.path)
        text.headers = {name: value for name, value in request.headers.items() if name != "range"}
        text.headers["accept"] = "text/plain"
        response.headers["content-length"] = str(len((await server.call(text)).body))
    return response


def location_of_download(http: httpx.Client) -> None:
    artifacts = http.get(f"{WEB}/builds/24/artifacts").json()
    artifact = next(one for one in artifacts if " " in one["path"])
    response = http.get(artifact["download_url"])
    assert response.headers["Location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="the Location of an artifact is percent-encoded twice",
    source="pages/apis/rest_api/artifacts.md: returned in the response body and the Location HTTP header",
    witness=location_of_download,
)
async def location_is_encoded_twice(server: Server, request: Request) -> Response:
    response = await server.call(request)
    download = "/jobs/{job}/artifacts/{artifact}/download"
    if matches(request, f"GET {V2}{download}", f"GET {BUILD}{download}") and "location" in response.headers:
        response.headers["location"] = response.headers["location"].replace("%", "%25")
    return response


def links_of_audit_events(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/audit_events", params={"per_page": "2"})
    assert response.links["next"]["url"] == response.json()["links"]["next"]


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the Link header of the audit events has no `per_page`",
    source="pages/apis/rest_api/organizations/audit_events.md: includes these links in the HTTP Link header",
    witness=links_of_audit_events,
)
async def links_without_size(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/audit_events", f"HEAD {V2}/audit_events") and "link" in response.headers:
        response.headers["link"] = re.sub(r"[?&]per_page=\d+", "", response.headers["link"])
    return response


def emojis_on_other_sites(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/emojis", headers={"Origin": "https://dashboard.acme.example"})
    assert response.headers.get("Access-Control-Allow-Origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="only Buildkite's own pages may read the emojis in a browser",
    source="pages/apis/rest_api.md: Access-Controller-Allow-Origin: * … adding emoji support to your own dashboards",
    witness=emojis_on_other_sites,
)
async def emojis_for_own_origin(server: Server, request: Request) -> Response:
    response = await server.call(request)
    own = request.headers.get("origin", "https://buildkite.com") == "https://buildkite.com"
    if not own and matches(request, f"GET {V2}/emojis"):
        response.headers.pop("access-control-allow-origin", None)
    return response


def later_version(http: httpx.Client) -> None:
    for version in ("2026-08-01", "2026-09-15"):
        test = http.get(f"{SUITE}/tests", headers={"Buildkite-Version": version}).json()[0]
        assert "executions_count" in test


@MUTANTS.plant(
    "headers",
    operations="listTests getTest",
    title="a later `Buildkite-Version` than 2026-08-01 has no effect",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: Set to 2026-08-01 or a later date",
    witness=later_version,
)
async def later_version_is_ignored(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    later = re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)", version) is not None and version > "2026-08-01"
    if later and matches(request, f"GET {SUITES}/tests", f"GET {SUITES}/tests/{{test}}"):
        request = evolve(request, headers=request.headers | {"buildkite-version": "2026-07-31"})
    return await server.call(request)
