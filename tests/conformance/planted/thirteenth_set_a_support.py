"""Paths, tokens and functions of the thirteenth set, part a."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

V2: Final = "/v2/organizations/{org}"
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{number}"
CLUSTER: Final = V2 + "/clusters/{cluster}"
REGISTRY: Final = "/v2/packages/organizations/{org}/registries/{registry}"
SUITE: Final = "/v2/analytics/organizations/{org}/suites/{suite}"

ORG: Final = "/v2/organizations/acme"
WEB: Final = ORG + "/pipelines/web"
DOCS: Final = ORG + "/pipelines/docs"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
RSPEC: Final = "/v2/analytics/organizations/acme/suites/rspec"
ADA: Final = "01920000-0001-7002-8000-000000000001"
GRACE: Final = "01920000-0001-7002-8000-000000000002"


def token(name: str) -> dict[str, str]:
    """Return the header for a token of the mock server, such as `read_only`."""
    return {"authorization": f"Bearer bkua_mock_{name}"}


ALL_SCOPES: Final = token("all_scopes")
GLOBEX: Final = token("globex")
"""Token of Barbara Liskov, an administrator of `acme`, with access to `globex` too."""


def route(request: Request, *routes: str) -> dict[str, str] | None:
    """Return the path parameters of the first matching route, such as `GET /v2/user`. `HEAD` counts as `GET`."""
    method = "GET" if request.method == "HEAD" else request.method
    for one in routes:
        expected, template = one.split(" ")
        found = evolve(request, method=method).values(expected, template)
        if found is not None:
            return found
    return None


def sent(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request, or an empty one."""
    body = request.json
    return body if isinstance(body, dict) else {}


def with_body(request: Request, body: object) -> Request:
    """Return the request with another JSON body."""
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    changed = evolve(request, headers=headers | {"content-type": "application/json"})
    changed.json = body
    return changed


def with_token(request: Request, headers: dict[str, str]) -> Request:
    """Return the request with another token."""
    return evolve(request, headers=request.headers | headers)


async def ask(
    server: Server, request: Request, method: str, path: str, *, query: dict[str, list[str]] | None = None
) -> Response:
    """Send a request without a body with the token of another one."""
    names = ("authorization", "host")
    headers = {name: request.headers[name] for name in names if name in request.headers}
    return await server.call(Request(method, path, query or {}, headers, b""))


def items(found: Any) -> list[Any]:
    """Return the objects in a response body: those of a list or of a page, or the object itself."""
    listed = found.get("items", [found]) if isinstance(found, dict) else found
    return list(listed) if isinstance(listed, list) else []


def succeeded(response: Response) -> bool:
    """Return whether a response has the status of a success."""
    return 200 <= response.status < 300


def each(response: Response, edit: Callable[[Any], None]) -> Response:
    """Edit all objects of a successful response."""
    found = response.json
    if succeeded(response) and found is not None:
        for item in items(found):
            edit(item)
        response.json = found
    return response


def only(response: Response, keep: Callable[[Any], bool]) -> Response:
    """Leave only some items in a list."""
    if succeeded(response) and isinstance(response.json, list):
        response.json = [item for item in response.json if keep(item)]
    return response


def hosted(http: httpx.Client) -> str:
    """Return the URL of the cluster with hosted agents."""
    return next(str(one["url"]) for one in http.get(f"{ORG}/clusters").json() if one["name"] == "Hosted")


def scripts(http: httpx.Client, number: int) -> list[str]:
    """Return the ids of the command jobs of a build of `web`."""
    return [job["id"] for job in http.get(f"{WEB}/builds/{number}").json()["jobs"] if job["type"] == "script"]
