"""What the mutants of the first set share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
from tests.conformance.planted.mutant import Request, Response, Server

V2: Final = "/v2/organizations/{org}"
ORG: Final = "/v2/organizations/acme"
WEB: Final = f"{ORG}/pipelines/web"
SUITE: Final = "/v2/analytics/organizations/acme/suites/rspec"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
CLUSTER: Final = V2 + "/clusters/{cluster}"
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{number}"
TESTS: Final = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
NO_SCOPES: Final = {"Authorization": "Bearer bkua_mock_no_scopes"}
METRICS: Final = {"Buildkite-Version": "2026-08-01"}


def matches(request: Request, *routes: str) -> bool:
    """Return whether the request has one of the routes, such as `GET /v2/user`."""
    return any(request.values(*route.split(" ", 1)) is not None for route in routes)


async def edited(server: Server, request: Request, edit: Callable[[Any], Any], *routes: str) -> Response:
    """Call the server and edit what it returns if the request has one of the routes."""
    response = await server.call(request)
    if matches(request, *routes) and response.status < 300 and response.json is not None:
        response.json = edit(response.json)
    return response


async def each_edited(server: Server, request: Request, edit: Callable[[Any], Any], *routes: str) -> Response:
    """Edit each object of a list, or the object, in the same way."""

    def edit_each(body: Any) -> Any:
        if isinstance(body, list):
            return [edit(one) for one in body]
        return body | {"items": [edit(one) for one in body["items"]]} if "items" in body else edit(body)

    return await edited(server, request, edit_each, *routes)


async def fetched(server: Server, request: Request, path: str, params: dict[str, list[str]] | None = None) -> Any:
    """Return what the server returns to a GET with the credentials of the request."""
    return (await server.call(Request("GET", path, params or {}, request.headers, b""))).json


def with_body(request: Request, body: object) -> Request:
    """Return the request with another body."""
    headers = request.headers | {"content-type": "application/json"}
    changed = Request(request.method, request.path, request.params, headers, b"")
    changed.json = body
    return changed


def clusters(http: httpx.Client) -> list[str]:
    """Return the URLs of the clusters."""
    return [cluster["url"] for cluster in http.get(f"{ORG}/clusters").json()]


def hosted(http: httpx.Client) -> str:
    """Return the URL of a cluster with images."""
    return next(url for url in clusters(http) if http.get(f"{url}/agent-images").json())


def job_id(http: httpx.Client, state: str) -> str:
    """Return the id of a script job with a state."""
    builds = http.get(f"{WEB}/builds", params={"state": "failed"}).json()
    jobs = (job for build in builds for job in build["jobs"])
    return str(next(job["id"] for job in jobs if job["type"] == "script" and job["state"] == state))
