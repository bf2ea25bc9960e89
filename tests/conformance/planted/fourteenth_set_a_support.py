"""Paths of the initial data, and helpers to read and change requests and responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from tests.conformance.planted.mutant import Request, Response, Server

V2: Final = "/v2/organizations/{org}"
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{number}"
CLUSTER: Final = V2 + "/clusters/{cluster}"
TESTS: Final = "/v2/analytics/organizations/{org}/suites/{suite}"
REGISTRY: Final = "/v2/packages/organizations/{org}/registries/{registry}"

ORG: Final = "/v2/organizations/acme"
WEB: Final = f"{ORG}/pipelines/web"
SUITE: Final = "/v2/analytics/organizations/acme/suites/rspec"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
HOSTED: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000002"
"""A cluster with hosted queues."""
FRONTEND: Final = f"{ORG}/teams/01920000-0001-701e-8000-000000000002"
FOREIGN_CLUSTERS: Final = tuple(f"01920000-0001-7004-8000-00000000000{last}" for last in "456")
"""Clusters of the organization `globex`."""
FOREIGN_TOKEN: Final = "bkua_mock_globex"


def matches(request: Request, *routes: str) -> bool:
    """Return whether a request is for one of the routes, such as `GET /v2/organizations/{org}`."""
    return any(request.values(*route.split(" ")) is not None for route in routes)


def path_values(request: Request, route: str) -> dict[str, str]:
    """Return the path parameters of a request, empty if it is not for the route."""
    return request.values(*route.split(" ")) or {}


def body_of(request: Request) -> dict[str, Any]:
    """Return the body of a request, empty if it is not an object."""
    return request.json if isinstance(request.json, dict) else {}


def objects(body: Any) -> list[dict[str, Any]]:
    """Return the objects in the body of a response: the items of a list, or the object itself."""
    if isinstance(body, dict):
        body = body.get("items", [body])
    return [one for one in body if isinstance(one, dict)] if isinstance(body, list) else []


def edit(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """Change all objects of a successful response in place."""
    body = response.json
    if response.status < 300 and body is not None:
        before = json.dumps(body)
        for one in objects(body):
            change(one)
        if json.dumps(body) != before:
            response.json = body
    return response


def keep(response: Response, condition: Callable[[dict[str, Any]], bool]) -> Response:
    """Remove the items of a list that do not meet a condition."""
    body = response.json
    if response.status != 200 or body is None:
        return response
    found = objects(body)
    left = [one for one in found if condition(one)]
    if len(left) < len(found):
        response.json = body | {"items": left} if isinstance(body, dict) else left
    return response


async def send(
    server: Server, request: Request, method: str, path: str, body: Any = None, *, token: str | None = None
) -> Response:
    """Send another request with the credential of a request, or with a token."""
    headers = {"host": request.headers.get("host", "127.0.0.1")}
    headers["authorization"] = f"Bearer {token}" if token else request.headers.get("authorization", "")
    content = b""
    if body is not None:
        headers["content-type"] = "application/json"
        content = json.dumps(body).encode()
    return await server.call(Request(method, path, {}, headers, content))


def without_body(response: Response) -> Response:
    """Turn the response to a GET request into that to a HEAD request."""
    response.headers["content-length"] = str(len(response.body))
    response.body = b""
    return response
