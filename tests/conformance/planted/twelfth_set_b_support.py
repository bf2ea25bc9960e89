"""Support of the twelfth set, b."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

ORG: Final = "/v2/organizations/acme"
WEB: Final = f"{ORG}/pipelines/web"
ANALYTICS: Final = "/v2/analytics/organizations/acme"
SUITE: Final = f"{ANALYTICS}/suites/rspec"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
CLUSTER: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000001"
HOSTED_CLUSTER: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000002"
EMPTY_CLUSTER: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000003"

ANY_ORG: Final = "/v2/organizations/{org}"
ANY_BUILD: Final = ANY_ORG + "/pipelines/{pipeline}/builds/{build}"
ANY_CLUSTER: Final = ANY_ORG + "/clusters/{cluster}"
ANY_SUITE: Final = "/v2/analytics/organizations/{org}/suites/{suite}"
ANY_REGISTRY: Final = "/v2/packages/organizations/{org}/registries/{registry}"

Change = Callable[[dict[str, Any]], dict[str, Any]]


def authorization(name: str) -> dict[str, str]:
    """Return the header for a token of the mock server."""
    return {"authorization": f"Bearer bkua_mock_{name}"}


def matches(request: Request, *routes: str) -> bool:
    """Return whether the request is for one of the routes, such as `GET /v2/organizations/{org}`."""
    return any(request.values(*route.split(" ", 1)) is not None for route in routes)


def properties(request: Request) -> dict[str, Any]:
    """Return the properties of the body, or an empty dict if it is not an object."""
    found = request.json
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def with_body(request: Request, body: dict[str, Any]) -> Request:
    """Return the request with another body."""
    request = evolve(request, headers=request.headers | {"content-type": "application/json"})
    request.json = body
    return request


def other(request: Request, method: str, path: str, **params: str) -> Request:
    """Return a request with the same credentials and no body."""
    return evolve(request, method=method, path=path, params={key: [value] for key, value in params.items()}, body=b"")


async def changed(server: Server, request: Request, change: Change, *routes: str) -> Response:
    """Call the server and change each object in a successful response to one of the routes."""
    response = await server.call(request)
    if response.status in (200, 201) and matches(request, *routes):
        found = response.json
        if isinstance(found, list):
            response.json = [change(item) for item in cast("list[dict[str, Any]]", found)]
        elif "items" in found:
            response.json = found | {"items": [change(item) for item in found["items"]]}
        else:
            response.json = change(found)
    return response


async def refused(server: Server, request: Request, status: int, message: str) -> Response:
    """Return an error with the headers of the server."""
    response = await server.call(other(request, "GET", "/v2/unknown"))
    response.status, response.json = status, {"message": message}
    return response


async def scopes(server: Server, request: Request) -> list[str]:
    """Return the scopes of the token of the request."""
    response = await server.call(other(request, "GET", "/v2/access-token"))
    return list(response.json["scopes"]) if response.status == 200 else []
