"""Paths and helpers of the eleventh set, first half."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

ORG: Final = "/v2/organizations/acme"
WEB: Final = f"{ORG}/pipelines/web"
SUITE: Final = "/v2/analytics/organizations/acme/suites/rspec"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"

V2: Final = "/v2/organizations/{org}"
PIPELINE: Final = V2 + "/pipelines/{pipeline}"
BUILD: Final = PIPELINE + "/builds/{number}"
SCHEDULES: Final = PIPELINE + "/schedules"
CLUSTER: Final = V2 + "/clusters/{cluster}"
TESTS: Final = "/v2/analytics/organizations/{org}/suites/{suite}/tests"

OWNER: Final = {"authorization": "Bearer bkua_mock_all_scopes"}
"""Credential of the owner of the organization."""
BARBARA: Final = {"authorization": "Bearer bkua_mock_globex"}
"""Credential of a user of two organizations."""


def matches(request: Request, *routes: str) -> bool:
    """Return whether a request is one of routes such as `GET /v2/organizations/{org}`."""
    return any(request.values(*route.split(" ", 1)) is not None for route in routes)


def sent(request: Request, route: str) -> dict[str, Any] | None:
    """Return the properties of a body if the request is the route."""
    return request.json if matches(request, route) and isinstance(request.json, dict) else None


async def fetched(server: Server, request: Request, **changes: Any) -> Any:
    """Return the body of a `GET` request that differs from another one."""
    changed = evolve(request, **({"method": "GET", "params": {}, "body": b""} | changes))
    return (await server.call(changed)).json


async def edited(server: Server, request: Request, change: Callable[[Any], Any], *routes: str) -> Response:
    """Change the bodies of successful responses, by default those of all routes."""
    response = await server.call(request)
    if (not routes or matches(request, *routes)) and response.status < 300 and response.json is not None:
        changed = change(response.json)
        if changed != response.json:
            response.json = changed
    return response


def in_objects(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Change all objects in a body."""
    if isinstance(value, list):
        return [in_objects(item, change) for item in value]
    if isinstance(value, dict):
        return change({key: in_objects(item, change) for key, item in value.items()})
    return value


async def overridden(server: Server, request: Request, *names: str) -> Response:
    """Replace properties of the objects whose ids are in the memory of the bug, unless they are null."""

    def replace(found: dict[str, Any]) -> dict[str, Any]:
        values = server.memory.get(str(found.get("id")))
        return found | values if values and all(found.get(name) is not None for name in names) else found

    return await edited(server, request, lambda body: in_objects(body, replace) if server.memory else body)


def hosted_cluster(http: httpx.Client) -> str:
    """Return the URL of a cluster with agent images."""
    clusters = [str(cluster["url"]) for cluster in http.get(f"{ORG}/clusters").json()]
    return next(cluster for cluster in clusters if http.get(f"{cluster}/agent-images").json())


def new_pipeline(http: httpx.Client, name: str, **properties: Any) -> dict[str, Any]:
    """Create a pipeline."""
    cluster = http.get(f"{ORG}/clusters").json()[0]["id"]
    steps = "steps:\n  - command: make\n"
    body = {"name": name, "repository": "git@github.com:acme/x.git", "cluster_id": cluster, "configuration": steps}
    response = http.post(f"{ORG}/pipelines", json=body | properties)
    assert response.status_code == 201
    found: dict[str, Any] = response.json()
    return found


def new_build(http: httpx.Client, **properties: Any) -> dict[str, Any]:
    """Create a build."""
    response = http.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"} | properties)
    assert response.status_code == 201
    found: dict[str, Any] = response.json()
    return found
