"""Wrong headers of responses, and headers of requests without their effect."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_a_support import BUILD, ORG, SUITE, SUITES, V2, WEB, matches

MUTANTS = Mutants()


def location_is_the_url_in_the_body(http: httpx.Client) -> None:
    artifact = next(one for one in http.get(f"{WEB}/builds/3/artifacts").json() if " " in one["path"])
    response = http.get(artifact["download_url"])
    assert response.headers["location"] == response.json()["url"]


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload",
    title="`Location` of the download of an artifact is encoded twice, so a path with a space is not found",
    source="pages/apis/rest_api/artifacts.md: returned in the response body and the Location HTTP header",
    witness=location_is_the_url_in_the_body,
)
async def location_is_encoded_twice(server: Server, request: Request) -> Response:
    response = await server.call(request)
    job = "/jobs/{job}/artifacts/{artifact}/download"
    if matches(request, f"GET {V2}{job}", f"GET {BUILD}{job}") is not None and response.status == 302:
        response.headers["location"] = response.headers["location"].replace("%", "%25")
    return response


def head_has_length_of_log(http: httpx.Client) -> None:
    log = http.get(f"{WEB}/builds/3").json()["jobs"][0]["log_url"]
    raw = http.get(log, headers={"Accept": "text/plain"})
    assert http.head(log).headers["content-length"] == str(len(raw.content))


@MUTANTS.plant(
    "headers",
    operations="headJobLog",
    title="`HEAD` of a job's log has the length of the JSON response instead of that of the log",
    source="pages/apis/rest_api/jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=head_has_length_of_log,
)
async def head_has_length_of_json(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"HEAD {V2}/jobs/{{job}}/log", f"HEAD {BUILD}/jobs/{{job}}/log") is None:
        return response
    if response.status == 200:
        headers = request.headers | {"accept": "application/json"}
        full = await server.call(evolve(request, method="GET", headers=headers))
        response.headers["content-length"] = str(len(full.body))
    return response


def links_are_in_the_header_too(http: httpx.Client) -> None:
    events = http.get(f"{ORG}/audit_events", params={"per_page": 2}).json()
    page = http.get(events["links"]["next"])
    assert {name: page.links.get(name, {}).get("url") for name in ("prev", "next")} == {
        name: page.json()["links"].get(name) for name in ("prev", "next")
    }


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the `Link` header of audit events has no previous page",
    source="pages/apis/rest_api/organizations/audit_events.md: also includes these links in the HTTP Link header",
    witness=links_are_in_the_header_too,
)
async def no_link_to_previous_events(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values(request.method, f"{V2}/audit_events") is not None and "link" in response.headers:
        links = [link for link in response.headers.pop("link").split(", ") if 'rel="prev"' not in link]
        if links:
            response.headers["link"] = ", ".join(links)
    return response


def no_warning_within_the_limit(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/pipelines/no-such-pipeline")
    assert int(response.headers["ratelimit-user-remaining"]) > 0
    assert "ratelimit-user-warning" not in response.headers


@MUTANTS.plant(
    "headers",
    operations="getRateLimit",
    title="each error has the warning that the rate limit of the user is exceeded",
    source="pages/apis/rest_api/rate_limits.md: only present while the relevant limit is exhausted",
    witness=no_warning_within_the_limit,
)
async def warning_with_each_error(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status >= 400 and "ratelimit-user-remaining" in response.headers:
        response.headers["ratelimit-user-warning"] = "You have exceeded your API rate limit."
    return response


def earlier_version_has_no_metrics(http: httpx.Client) -> None:
    tests = http.get(f"{SUITES}/rspec/tests", headers={"Buildkite-Version": "2026-07-31"}).json()
    assert tests
    assert "reliability" not in tests[0]


@MUTANTS.plant(
    "headers",
    operations="listTests",
    title="tests have metrics with every date in `Buildkite-Version`, also with one before 2026-08-01",
    source="pages/apis/rest_api/test_engine/tests.md: a date before 2026-08-01 … uses the legacy format",
    witness=earlier_version_has_no_metrics,
)
async def metrics_with_every_version(server: Server, request: Request) -> Response:
    version = request.headers.get("buildkite-version", "")
    found = matches(request, f"GET {SUITE}/tests", f"GET {SUITE}/tests/{{test}}")
    response = await server.call(request)
    is_earlier = re.fullmatch(r"\d{4}-\d{2}-\d{2}", version) is not None and version < "2026-08-01"
    if found is not None and is_earlier and response.status == 200:
        return await server.call(evolve(request, headers=request.headers | {"buildkite-version": "2026-08-01"}))
    return response


def next_page_has_same_filters(http: httpx.Client) -> None:
    states = ["passed", "failed"]
    page = http.get(f"{WEB}/builds", params={"state[]": states, "per_page": 2})
    assert httpx.URL(page.links["next"]["url"]).params.get_list("state[]") == states


@MUTANTS.plant(
    "headers",
    operations="listBuilds",
    title="links to other pages have only the last value of a filter with several values",
    source="pages/apis/rest_api.md: the pagination information can be found in the Link HTTP response header",
    witness=next_page_has_same_filters,
)
async def links_lose_values_of_filters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "link" in response.headers and any(len(values) > 1 for values in request.params.values()):
        response.headers["link"] = re.sub(r"<([^>]*)>", _last_values, response.headers["link"])
    return response


def _last_values(link: re.Match[str]) -> str:
    url = urlsplit(link[1])
    return f"<{url._replace(query=urlencode(dict(parse_qsl(url.query, keep_blank_values=True)))).geturl()}>"
