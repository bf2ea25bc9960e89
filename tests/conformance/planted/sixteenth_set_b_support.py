"""Helpers and paths of the sixteenth set, second half."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from tests.conformance.planted.mutant import Request, Response, Server

ORGANIZATION: Final = "/v2/organizations/{org}"
AGENT: Final = f"{ORGANIZATION}/agents/{{agent_id}}"
BUILDS: Final = f"{ORGANIZATION}/pipelines/{{pipeline}}/builds"
BUILD: Final = f"{BUILDS}/{{number}}"
JOB: Final = f"{ORGANIZATION}/jobs/{{job_id}}"
JOB_IN_BUILD: Final = f"{BUILD}/jobs/{{job_id}}"
CLUSTERS: Final = f"{ORGANIZATION}/clusters"
CLUSTER: Final = f"{CLUSTERS}/{{cluster_id}}"
IMAGES: Final = f"{CLUSTER}/agent-images"
AGENT_TOKENS: Final = f"{CLUSTER}/tokens"
TEAMS: Final = f"{ORGANIZATION}/teams"
SUITE: Final = "/v2/analytics/organizations/{org}/suites/{suite_slug}"
TEST: Final = f"{SUITE}/tests/{{test_id}}"

ACME: Final = "/v2/organizations/acme"
WEB: Final = f"{ACME}/pipelines/web"
RSPEC: Final = "/v2/analytics/organizations/acme/suites/rspec"
METRICS: Final = {"Buildkite-Version": "2026-08-01"}
_OF_ONE_REQUEST: Final = ("content-length", "content-type", "accept", "range", "buildkite-version")


def read(request: Request, template: str) -> dict[str, str] | None:
    """Return the path parameters of a `GET` or `HEAD` request, or None if the path does not match."""
    found = request.values("GET", template)
    return request.values("HEAD", template) if found is None else found


async def fetch(
    server: Server, request: Request, path: str, params: dict[str, list[str]] | None = None, *, method: str = "GET"
) -> Response:
    """Send another request with the credentials of this one."""
    headers = {name: value for name, value in request.headers.items() if name not in _OF_ONE_REQUEST}
    return await server.call(Request(method, path, params or {}, headers, b""))


def as_user(request: Request, token: str) -> Request:
    """Return the request with another token."""
    headers = {**request.headers, "authorization": f"Bearer {token}"}
    return Request(request.method, request.path, request.params, headers, request.body)


def message(response: Response) -> str:
    """Return the message of an error response, or an empty string."""
    body = response.json
    return str(body.get("message", "")) if isinstance(body, dict) else ""


def links(response: Response) -> dict[str, str]:
    """Return the URLs of the `Link` header by relation."""
    pairs = [part.split(">; rel=") for part in response.headers.get("link", "").split(", ") if part]
    return {rel.strip('"'): url.lstrip("<") for url, rel in pairs}


def set_links(response: Response, urls: dict[str, str]) -> None:
    """Set the `Link` header, or remove it if there are no links."""
    response.headers.pop("link", None)
    if urls:
        response.headers["link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in urls.items())


def with_query(url: str, params: dict[str, list[str]]) -> str:
    """Return the URL with another query string."""
    query = urlencode(sorted(params.items()), doseq=True)
    return urlsplit(url)._replace(query=query).geturl()


def query_of(url: str) -> dict[str, list[str]]:
    """Return the parameters of a URL."""
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


def relink(response: Response, params: dict[str, list[str]]) -> None:
    """Let the `Link` header lead to pages of the list that was requested, after a bug has changed the parameters."""
    urls = links(response).items()
    set_links(response, {rel: with_query(url, {**params, "page": query_of(url)["page"]}) for rel, url in urls})


def page_size(request: Request) -> int:
    """Return the requested size of pages."""
    text = request.params.get("per_page", ["30"])[-1]
    return min(int(text), 100) if text.isdecimal() and int(text) > 0 else 30


def page_number(request: Request) -> int:
    """Return the requested page."""
    text = request.params.get("page", ["1"])[-1]
    return max(int(text), 1) if text.isdecimal() else 1


def found(response: httpx.Response) -> Any:
    """Return the JSON of a successful response."""
    assert response.is_success, response.text
    return response.json()


def first_build(http: httpx.Client, **params: str) -> Any:
    """Return the newest build of `web` that matches."""
    return found(http.get(f"{WEB}/builds", params={"per_page": "1", **params}))[0]


def cluster_named(http: httpx.Client, name: str) -> str:
    """Return the path of a cluster."""
    clusters = found(http.get(f"{ACME}/clusters"))
    return f"{ACME}/clusters/{next(cluster['id'] for cluster in clusters if cluster['name'] == name)}"


def command_job(http: httpx.Client, **params: str) -> Any:
    """Return a command job of the newest build of `web` that matches."""
    return next(job for job in first_build(http, **params)["jobs"] if job["type"] == "script")
