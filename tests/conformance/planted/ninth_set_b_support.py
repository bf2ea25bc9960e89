"""Paths and helpers of the ninth set, second part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

ORGANIZATION: Final = "/v2/organizations/acme"
WEB: Final = f"{ORGANIZATION}/pipelines/web/builds"
CLUSTERS: Final = f"{ORGANIZATION}/clusters"
READ_ONLY: Final = {"Authorization": "Bearer bkua_mock_read_only"}
NO_SCOPES: Final = {"Authorization": "Bearer bkua_mock_no_scopes"}

BUILD: Final = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}"
JOB: Final = "/v2/organizations/{org}/jobs/{job}"
JOB_IN_BUILD: Final = f"{BUILD}/jobs/{{job}}"
CLUSTER: Final = "/v2/organizations/{org}/clusters/{cluster}"


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all JSON objects in a value, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(child)


def matches(request: Request, method: str, *templates: str) -> bool:
    """Return whether the request has that method and one of these paths."""
    return any(request.values(method, template) is not None for template in templates)


async def get(server: Server, request: Request, path: str, **params: str) -> Response:
    """Read a path with the token of the request."""
    headers = {"authorization": request.headers.get("authorization", "")}
    return await server.call(Request("GET", path, {name: [value] for name, value in params.items()}, headers, b""))


async def has_scope(server: Server, request: Request, scope: str) -> bool:
    """Return whether the token of the request is valid and has the scope."""
    found = (await get(server, request, "/v2/access-token")).json
    return scope in (found or {}).get("scopes", [])


def with_all_scopes(request: Request) -> Request:
    """Return the request with the token that has all scopes."""
    return evolve(request, headers={**request.headers, "authorization": f"Bearer {TOKEN}"})


def path_of(url: str) -> str:
    """Return the path of an API URL."""
    return httpx.URL(url).path


def job_in_state(http: httpx.Client, state: str, kind: str = "script") -> dict[str, Any]:
    """Return a job in a state, with the path of its build as `build`."""
    builds = http.get(f"{ORGANIZATION}/builds", params={"per_page": 100}).json()
    jobs = ({**job, "build": path_of(build["url"])} for build in builds for job in build["jobs"])
    return next(job for job in jobs if (job["type"], job["state"]) == (kind, state))


def new_build(http: httpx.Client, **properties: Any) -> dict[str, Any]:
    """Create a build of the pipeline `web`."""
    response = http.post(WEB, json={"commit": "HEAD", "branch": "main", **properties})
    assert response.status_code == 201, response.text
    return response.json()


def new_cluster(http: httpx.Client) -> str:
    """Create a cluster and return its path."""
    return f"{CLUSTERS}/{http.post(CLUSTERS, json={'name': 'Ninth'}).json()['id']}"
