"""Paths and requests that the bugs of the set share."""

from __future__ import annotations

import json
from typing import Any, Final

from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

ORG: Final = "/v2/organizations/{org}"
ANALYTICS: Final = "/v2/analytics/organizations/{org}"
PACKAGES: Final = "/v2/packages/organizations/{org}"

ACME: Final = "/v2/organizations/acme"
ACME_ANALYTICS: Final = "/v2/analytics/organizations/acme"
ACME_PACKAGES: Final = "/v2/packages/organizations/acme"
SUITE: Final = f"{ACME_ANALYTICS}/suites/rspec"
METRICS: Final = {"Buildkite-Version": "2026-08-01"}


def matches(request: Request, method: str, *templates: str) -> bool:
    """Return whether the request has the method and one of the paths."""
    return any(request.values(method, template) is not None for template in templates)


async def send(
    server: Server, request: Request, method: str, path: str, body: object = None, **params: str
) -> Response:
    """Send another request with the credential of `request`."""
    headers = {"authorization": request.headers.get("authorization", ""), "host": request.headers.get("host", "")}
    if body is not None:
        headers["content-type"] = "application/json"
    content = b"" if body is None else json.dumps(body).encode()
    return await server.call(Request(method, path, {key: [value] for key, value in params.items()}, headers, content))


async def as_all_scopes(server: Server, request: Request, scope: str) -> Response:
    """Call the server; if it refuses a token that has `scope`, call it as a token with all scopes."""
    response = await server.call(request)
    if response.status != 403:
        return response
    token = await send(server, request, "GET", "/v2/access-token")
    if token.status != 200 or scope not in token.json["scopes"]:
        return response
    return await server.call(evolve(request, headers={**request.headers, "authorization": f"Bearer {TOKEN}"}))


def items(body: Any) -> list[dict[str, Any]]:
    """Return the objects of a response: those of a list, or the one object."""
    if isinstance(body, dict):
        found = body.get("items")
        return found if isinstance(found, list) else [body]
    return body if isinstance(body, list) else []


def bearer(name: str) -> dict[str, str]:
    """Return the headers for one of the other tokens of the mock."""
    return {"Authorization": f"Bearer bkua_mock_{name}"}
