"""Paths and helpers of the fifteenth set, part A."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

ACME: Final = "/v2/organizations/acme"
WEB: Final = f"{ACME}/pipelines/web"
RSPEC: Final = "/v2/analytics/organizations/acme/suites/rspec"

ORG: Final = "/v2/organizations/{org}"
AGENTS: Final = f"{ORG}/agents"
CLUSTERS: Final = f"{ORG}/clusters"
CLUSTER: Final = f"{CLUSTERS}/{{cluster_id}}"
PIPELINE: Final = f"{ORG}/pipelines/{{pipeline}}"
BUILDS: Final = f"{PIPELINE}/builds"
BUILD: Final = f"{BUILDS}/{{number}}"
JOB: Final = f"{ORG}/jobs/{{job_id}}"
JOB_IN_BUILD: Final = f"{BUILD}/jobs/{{job_id}}"
SUITE: Final = "/v2/analytics/organizations/{org}/suites/{suite_slug}"

_CARRIED: Final[tuple[str, ...]] = ("authorization", "host")


def values_of(request: Request, method: str, *templates: str) -> dict[str, str] | None:
    """Return the path parameters of the first template that matches."""
    return next((found for one in templates if (found := request.values(method, one)) is not None), None)


def related(request: Request, method: str, path: str, *, query: Mapping[str, str] | None = None) -> Request:
    """Return another request of the same client."""
    headers = {name: request.headers[name] for name in _CARRIED if name in request.headers}
    return Request(method, path, {name: [value] for name, value in (query or {}).items()}, headers, b"")


def as_token(request: Request, secret: str) -> Request:
    """Return the request with another token."""
    return evolve(request, headers={**request.headers, "authorization": f"Bearer {secret}"})


async def scopes_of(server: Server, request: Request) -> set[str]:
    """Return the scopes of the token of a request."""
    found = (await server.call(related(request, "GET", "/v2/access-token"))).json
    return set(found.get("scopes", ())) if isinstance(found, dict) else set()


async def whole_list(server: Server, request: Request) -> list[Any]:
    """Return all items of the list that a request names, of whatever page."""
    items: list[Any] = []
    number = 1
    while True:
        params = {**request.params, "page": [str(number)], "per_page": ["100"]}
        found = (await server.call(evolve(request, params=params))).json
        if not isinstance(found, list):
            return items
        items += found
        if len(found) < 100:
            return items
        number += 1


def paging(request: Request) -> tuple[int, int]:
    """Return the requested page and its size."""
    return _positive(request, "page", 1), min(_positive(request, "per_page", 30), 100)


def _positive(request: Request, name: str, default: int) -> int:
    text = request.params.get(name, [""])[-1]
    return int(text) if re.fullmatch(r"[1-9]\d{0,9}", text) else default


def body_of(request: Request) -> dict[str, Any]:
    """Return the body of a request, empty if it is not a JSON object."""
    found = request.json
    return found if isinstance(found, dict) else {}


def all_pages(http: httpx.Client, path: str, **query: str) -> Iterator[Any]:
    """Yield the items of a list of numbered pages."""
    response = http.get(path, params={"per_page": "100", **query})
    while True:
        assert response.status_code == 200, response.text
        yield from response.json()
        if "next" not in response.links:
            return
        response = http.get(response.links["next"]["url"])


def builds(http: httpx.Client, pipeline: str, **query: str) -> Iterator[Any]:
    """Yield the builds of a pipeline of `acme`."""
    return all_pages(http, f"{ACME}/pipelines/{pipeline}/builds", **query)


def jobs(http: httpx.Client, pipeline: str, suits: Callable[[Any], bool], **query: str) -> Iterator[Any]:
    """Yield the command jobs of a pipeline of `acme` that suit."""
    for build in builds(http, pipeline, **query):
        yield from (job for job in build["jobs"] if job["type"] == "script" and suits(job))


def job_path(job: Any) -> str:
    """Return the path of a job in its build, without the server."""
    return str(httpx.URL(job["log_url"]).path).removesuffix("/log")


def cluster(http: httpx.Client, name: str) -> str:
    """Return the path of a seeded cluster."""
    return next(f"{ACME}/clusters/{one['id']}" for one in all_pages(http, f"{ACME}/clusters") if one["name"] == name)


def create(http: httpx.Client, path: str, **body: Any) -> Any:
    """Create an object and return it."""
    response = http.post(path, json=body)
    assert response.status_code == 201, response.text
    return response.json()


def without(headers: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the headers except some."""
    return {name: value for name, value in headers.items() if name not in names}


def error(response: Response, status: int, message: str) -> Response:
    """Return another error in place of a response."""
    changed = Response(status, dict(response.headers))
    changed.json = {"message": message}
    return changed
