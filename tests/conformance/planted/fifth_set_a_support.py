"""Routes, and helpers for bugs and their witnesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
from tests.conformance.planted.mutant import Request, Response, Server

ORGANIZATION: Final = "/v2/organizations/acme"
PIPELINES: Final = f"{ORGANIZATION}/pipelines"
JOBS: Final = f"{ORGANIZATION}/jobs"
WEB: Final = f"{PIPELINES}/web"

ORGANIZATION_ROUTE: Final = "/v2/organizations/{org}"
PIPELINE_ROUTE: Final = f"{ORGANIZATION_ROUTE}/pipelines/{{pipeline}}"
BUILD_ROUTE: Final = f"{PIPELINE_ROUTE}/builds/{{build}}"
JOB_ROUTES: Final = (f"{ORGANIZATION_ROUTE}/jobs/{{job}}", f"{BUILD_ROUTE}/jobs/{{job}}")

STEPS: Final = "steps:\n  - label: Tests\n    key: tests\n    command: make\n"


def matches(request: Request, method: str, *routes: str) -> bool:
    """Return whether the request matches one of the routes."""
    return any(request.values(method, route) is not None for route in routes)


def matches_job(request: Request, method: str, suffix: str) -> bool:
    """Return whether the request matches one of the two routes of a job."""
    return matches(request, method, *(f"{route}{suffix}" for route in JOB_ROUTES))


def objects(found: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in a JSON value."""
    if isinstance(found, list):
        for each in found:
            yield from objects(each)
    elif isinstance(found, dict):
        yield found
        for each in found.values():
            yield from objects(each)


def change_objects(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """Change all objects in a JSON body."""
    found = response.json
    if response.status < 400 and isinstance(found, dict | list):
        before = deepcopy(found)
        for each in list(objects(found)):
            change(each)
        if found != before:
            response.json = found
    return response


def without(request: Request, name: str) -> Request:
    """Remove a property from the body."""
    request.json = {key: value for key, value in request.json.items() if key != name}
    return request


def with_values(url: str, name: str, values: list[str]) -> str:
    """Return the URL with other values of a parameter, or without it if there are none."""
    parts = urlsplit(url)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*pairs, *((name, value) for value in values)])))


def relinked(response: Response, change: Callable[[str, str], str]) -> Response:
    """Change the URLs in the `Link` header, given their relations."""
    if header := response.headers.get("link"):
        links = [link.split(">; rel=") for link in header.split(", <")]
        changed = [(change(relation.strip('"'), url.lstrip("<")), relation) for url, relation in links]
        response.headers["link"] = ", ".join(f"<{url}>; rel={relation}" for url, relation in changed)
    return response


async def call_with(server: Server, request: Request, name: str, values: list[str]) -> Response:
    """Call the server with other values of a parameter, which the links of the response do not show."""
    original = request.params.pop(name, [])
    if values:
        request.params[name] = values
    return relinked(await server.call(request), lambda _, url: with_values(url, name, original))


async def scopes(server: Server, request: Request) -> set[str]:
    """Return the scopes of the token of the request."""
    headers = {"authorization": request.headers.get("authorization", "")}
    found = (await server.call(Request("GET", "/v2/access-token", {}, headers, b""))).json
    return set(found.get("scopes", []))


def path_of(url: str) -> str:
    """Return the path of a URL in a response."""
    return urlsplit(url).path


def bearer(token: str) -> dict[str, str]:
    """Return the header for another token."""
    return {"Authorization": f"Bearer bkua_mock_{token}"}


def create_pipeline(http: httpx.Client, name: str, **properties: Any) -> str:
    """Create a pipeline and return its path."""
    cluster = http.get(WEB).json()["cluster_id"]
    body = {"name": name, "cluster_id": cluster, "repository": "git@github.com:acme/new.git", "configuration": STEPS}
    created = http.post(PIPELINES, json={**body, **properties})
    assert created.status_code == 201, created.text
    return path_of(created.json()["url"])


def create_build(http: httpx.Client, pipeline: str, **properties: Any) -> str:
    """Create a build and return its path."""
    created = http.post(f"{pipeline}/builds", json={"commit": "HEAD", "branch": "main", **properties})
    assert created.status_code == 201, created.text
    return path_of(created.json()["url"])


def builds(http: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    """Return builds of the organization."""
    found: list[dict[str, Any]] = http.get(f"{ORGANIZATION}/builds", params={"per_page": 100, **params}).json()
    return found


def job_with_log(http: httpx.Client) -> dict[str, Any]:
    """Return a finished job that has a log."""
    found: dict[str, Any] = next(
        job
        for build in builds(http, state="passed")
        for job in build["jobs"]
        if job["type"] == "script" and job["started_at"] and http.get(f"{JOBS}/{job['id']}/log").json()["size"] > 20
    )
    return found
