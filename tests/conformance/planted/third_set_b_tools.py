"""Paths and helpers for the third set of bugs, second half."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

ORG: Final = "/v2/organizations/acme"
ANALYTICS: Final = "/v2/analytics/organizations/acme"
PACKAGES: Final = "/v2/packages/organizations/acme/registries"
DEFAULT_CLUSTER: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000001"
HOSTED_CLUSTER: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000002"
FRONTEND: Final = f"{ORG}/teams/01920000-0001-701e-8000-000000000002"
METRICS: Final = {"Buildkite-Version": "2026-08-01"}
"""Headers that opt in to the metrics of tests."""
UNKNOWN: Final = "01920000-0001-7fff-8000-00000000ffff"


def as_admin(method: str, path: str, body: object = None, **params: str) -> Request:
    """Return a request of the server itself, which has all scopes."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    if body is None:
        return Request(method, path, {name: [value] for name, value in params.items()}, headers, b"")
    headers["content-type"] = "application/json"
    return Request(method, path, {name: [value] for name, value in params.items()}, headers, json.dumps(body).encode())


async def scopes_of(server: Server, request: Request) -> list[str]:
    """Return the scopes of the token of a request."""
    headers = {name: value for name, value in request.headers.items() if name == "authorization"}
    found = await server.call(Request("GET", "/v2/access-token", {}, headers, b""))
    return found.json["scopes"] if found.status == 200 else []


def with_json(response: Response, status: int, body: object) -> Response:
    """Return a JSON response with the headers of another response."""
    headers = {**response.headers, "content-type": "application/json; charset=utf-8"}
    return Response(status, headers, json.dumps(body).encode())


def items_of(body: Any) -> list[dict[str, Any]]:
    """Return the objects in a body: the items of a list, or the object itself."""
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        return body["items"]
    return body if isinstance(body, list) else [body]


def bearer(token: str) -> dict[str, str]:
    """Return the headers of a request with another token."""
    return {"Authorization": f"Bearer {token}"}


def get(http: httpx.Client, path: str, **params: str | int) -> Any:
    """Return the body of a successful `GET`."""
    found = http.get(path, params=params or None)
    assert found.status_code == 200, found.text
    return found.json()
