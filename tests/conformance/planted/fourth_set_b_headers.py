"""Bugs in response headers."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from tests.conformance.planted.fourth_set_b_support import ANALYTICS, ORG, PACKAGES, path_values
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def second_page_has_link(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/audit_events")
    while "next" in (links := response.json()["links"]):
        assert response.links.get("next", {}).get("url") == links["next"]
        response = http.get(links["next"])


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="only the first page of audit events has a `Link` header",
    source="pages/apis/rest_api/organizations/audit_events.md: also includes these links in the HTTP Link header",
    witness=second_page_has_link,
)
async def link_of_first_page_only(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if path_values(request, "/v2/organizations/{org}/audit_events") and "after" in request.params:
        response.headers.pop("link", None)
    return response


def next_page_is_filtered(http: httpx.Client) -> None:
    response = http.get(f"{ANALYTICS}/suites/rspec/tests", params={"label": "flaky", "per_page": "1"})
    assert "flaky" in http.get(response.links["next"]["url"]).json()[0]["labels"]
    assert "label=flaky" in response.links["next"]["url"]


@MUTANTS.plant(
    "headers",
    operations="listTests",
    title="links to pages of tests lose the filters",
    source="pages/apis/rest_api.md: Pagination, next",
    witness=next_page_is_filtered,
)
async def links_lose_filters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
    if path_values(request, template) is not None and "link" in response.headers:

        def without_filters(match: re.Match[str]) -> str:
            parts = urlsplit(match[1])
            query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] in ("page", "per_page")])
            return f"<{parts._replace(query=query).geturl()}>"

        response.headers["link"] = re.sub("<([^>]*)>", without_filters, response.headers["link"])
    return response


def registries_expose_link(http: httpx.Client) -> None:
    assert http.get(f"{PACKAGES}/registries").headers.get("access-control-expose-headers") == "Link"


@MUTANTS.plant(
    "headers",
    operations="listRegistries getRegistry listPackages getPackage listRegistryTokens getRegistryToken",
    title="package registries do not expose `Link` to web pages",
    source="pages/apis/rest_api.md: Access-Control-Expose-Headers: Link",
    witness=registries_expose_link,
)
async def registries_hide_link(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/packages/"):
        response.headers.pop("access-control-expose-headers", None)
    return response


def error_has_user_limit(http: httpx.Client) -> None:
    response = http.get(f"{ANALYTICS}/suites/unknown-suite")
    assert response.status_code == 404
    assert {"ratelimit-remaining", "ratelimit-user-remaining", "ratelimit-user-scope"} <= set(response.headers)


@MUTANTS.plant(
    "headers",
    operations="getTestSuite getTestRun getTest listTests listTestRuns",
    title="errors of Test Engine have no rate limit of the user",
    source="pages/apis/rest_api/rate_limits.md: Every API response includes two independent sets",
    witness=error_has_user_limit,
)
async def errors_without_user_limit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/analytics/organizations/") and 400 <= response.status < 500:
        for name in [name for name in response.headers if name.startswith("ratelimit-user-")]:
            del response.headers[name]
    return response


def last_page_has_last_portal(http: httpx.Client) -> None:
    portals = [each["uuid"] for each in http.get(f"{ORG}/portals").json()]
    response = http.get(f"{ORG}/portals", params={"per_page": str(len(portals) - 1)})
    assert http.get(response.links["last"]["url"]).json()[-1]["uuid"] == portals[-1]


@MUTANTS.plant(
    "headers",
    operations="listPortals",
    title="the link to the last page of portals ignores a page that is not full",
    source="pages/apis/rest_api.md: Pagination, last",
    witness=last_page_has_last_portal,
)
async def last_page_is_full(server: Server, request: Request) -> Response:
    response = await server.call(request)
    link = response.headers.get("link", "")
    last = re.search(r'<([^>]*[?&]page=)(\d+)([^>]*)>; rel="last"', link)
    if path_values(request, "/v2/organizations/{org}/portals") is not None and last is not None and int(last[2]) > 1:
        request.params["page"] = [last[2]]
        request.method = "GET"
        size = int(request.params.get("per_page", ["30"])[0])
        if len((await server.call(request)).json) < size:
            earlier = f'<{last[1]}{int(last[2]) - 1}{last[3]}>; rel="last"'
            response.headers["link"] = link.replace(last[0], earlier)
    return response
