"""Seventh set A: wrong headers."""

import re

import httpx
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.planted.seventh_set_a_support import (
    CLUSTER,
    MUTANTS,
    ORGANIZATION,
    REGISTRIES,
    SUITES,
    first,
    internal,
    is_read,
)


def last_page_of_teams(http: httpx.Client) -> None:
    page = http.get(f"{ORGANIZATION}/teams", params={"per_page": 2})
    assert http.get(page.links["last"]["url"]).json()


@MUTANTS.plant(
    "headers",
    operations="listTeams",
    title="`last` of the `Link` header is an empty page if the last page is full",
    source="pages/apis/rest_api.md: Link HTTP response header containing zero or more of next, prev, first and last",
    witness=last_page_of_teams,
)
async def last_page_is_empty_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    size = first(request.params, "per_page", "30")
    if is_read(request, "/v2/organizations/{org}/teams") and size.isdigit() and 'rel="last"' in _link(response):
        user = first(request.params, "user_id")
        filters = {"user_id": user} if user else {}
        teams = (await internal(server, request, "GET", request.path, per_page="100", **filters)).json
        if len(teams) % int(size) == 0:
            response.headers["link"] = re.sub(
                r'([?&]page=)(\d+)([^>]*>; rel="last")',
                lambda found: f"{found[1]}{int(found[2]) + 1}{found[3]}",
                _link(response),
            )
    return response


def _link(response: Response) -> str:
    return response.headers.get("link", "")


def cors_of_unknown_suite(http: httpx.Client) -> None:
    for suite, status in (("rspec", 200), ("unknown", 404)):
        response = http.get(f"{SUITES}/{suite}")
        assert response.status_code == status
        assert response.headers.get("access-control-allow-origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="getTestSuite",
    title="errors have no `Access-Control-Allow-Origin`",
    source="pages/apis/rest_api.md: API responses include the following CORS headers",
    witness=cors_of_unknown_suite,
)
async def errors_without_cors_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_read(request, "/v2/analytics/organizations/{org}/suites/{suite}") and response.status >= 400:
        response.headers.pop("access-control-allow-origin", None)
    return response


def size_of_next_secrets(http: httpx.Client) -> None:
    page = http.get(f"{CLUSTER}/secrets", params={"per_page": 1})
    assert len(http.get(page.links["next"]["url"]).json()) == 1
    assert httpx.URL(page.links["next"]["url"]).params["per_page"] == "1"


@MUTANTS.plant(
    "headers",
    operations="listClusterSecrets",
    title="URLs of the `Link` header have no `per_page`",
    source="pages/apis/rest_api.md: the pagination information can be found in the Link HTTP response header",
    witness=size_of_next_secrets,
)
async def links_of_secrets_without_size_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_read(request, "/v2/organizations/{org}/clusters/{cluster}/secrets") and _link(response):
        response.headers["link"] = re.sub(r"&per_page=\d+", "", _link(response))
    return response


def scope_of_user_limit(http: httpx.Client) -> None:
    headers = http.get("/v2/user").headers
    assert (headers["ratelimit-scope"], headers["ratelimit-user-scope"]) == ("rest", "rest_user")


@MUTANTS.plant(
    "headers",
    operations="getUser",
    title="`RateLimit-User-Scope` is `rest`",
    source="pages/apis/rest_api/rate_limits.md: The scope of the per-user rate limit. Set to rest_user",
    witness=scope_of_user_limit,
)
async def user_limit_in_wrong_scope_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_read(request, "/v2/user"):
        response.headers["ratelimit-user-scope"] = "rest"
    return response


def type_of_registry_tokens(http: httpx.Client) -> None:
    response = http.get(f"{REGISTRIES}/gems/tokens")
    assert response.headers["content-type"].startswith("application/json")


@MUTANTS.plant(
    "headers",
    operations="listRegistryTokens",
    title="the list of tokens is sent as `text/plain`",
    source="pages/apis/rest_api.md: All data is sent as JSON",
    witness=type_of_registry_tokens,
)
async def tokens_as_text_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_list = is_read(request, "/v2/packages/organizations/{org}/registries/{registry}/tokens")
    if is_list and response.status == 200:
        response.headers["content-type"] = "text/plain; charset=utf-8"
    return response


def links_of_second_page(http: httpx.Client) -> None:
    page = http.get(f"{ORGANIZATION}/audit_events", params={"per_page": 2})
    page = http.get(page.json()["links"]["next"])
    links = {name: url for name, url in page.json()["links"].items() if name != "self"}
    assert {name: link["url"] for name, link in page.links.items()} == links


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the `Link` header lacks `prev`, which the body has",
    source="pages/apis/rest_api/organizations/audit_events.md: also includes these links in the HTTP Link header",
    witness=links_of_second_page,
)
async def audit_links_only_forward_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_read(request, "/v2/organizations/{org}/audit_events") and _link(response):
        links = [link for link in _link(response).split(", ") if 'rel="prev"' not in link]
        if links:
            response.headers["link"] = ", ".join(links)
        else:
            del response.headers["link"]
    return response


def warning_within_limit(http: httpx.Client) -> None:
    headers = http.get(f"{ORGANIZATION}/members").headers
    assert int(headers["ratelimit-user-remaining"]) > 0
    assert "ratelimit-user-warning" not in headers


@MUTANTS.plant(
    "headers",
    operations="listOrganizationMembers",
    title="`RateLimit-User-Warning` is sent before the limit is reached",
    source="pages/apis/rest_api/rate_limits.md: only present while the relevant limit is exhausted",
    witness=warning_within_limit,
)
async def warning_before_limit_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if is_read(request, "/v2/organizations/{org}/members"):
        response.headers["ratelimit-user-warning"] = "You have exceeded your API rate limit."
    return response
