"""Routes, tokens and helpers of the thirteenth set b."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from tests.conformance.planted.mutant import Request, Response, Server

V2: Final = "/v2/organizations/{org}"
ACME: Final = "/v2/organizations/acme"
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{number}"
SUITE: Final = "/v2/analytics/organizations/{org}/suites/{suite}"
RSPEC: Final = "/v2/analytics/organizations/acme/suites/rspec"
REGISTRY: Final = "/v2/packages/organizations/{org}/registries/{registry}"
ACME_REGISTRIES: Final = "/v2/packages/organizations/acme/registries"

SETTINGS: Final = (V2 + "/pipeline-settings", V2 + "/pipeline-settings/{setting}")
SETTINGS_ROUTES: Final = [f"{method} {path}" for method in ("GET", "PATCH", "PUT", "DELETE") for path in SETTINGS]

ALL_SCOPES: Final = "bkua_mock_globex"
"""Has all scopes in both organizations of the mock server."""


def bearer(token: str) -> dict[str, str]:
    """Return the header for a token of the mock server, such as `no_scopes`."""
    return {"Authorization": f"Bearer bkua_mock_{token}"}


def matches(request: Request, *routes: str) -> dict[str, str] | None:
    """Return the path parameters of the first matching route, such as `GET /v2/user`, or None."""
    for route in routes:
        found = request.values(*route.split(" ", 1))
        if found is not None:
            return found
    return None


async def edited(server: Server, request: Request, edit: Callable[[Any], Any], *routes: str) -> Response:
    """Call the server, and replace the body of a successful response to one of the routes."""
    response = await server.call(request)
    if matches(request, *routes) is not None and response.status in (200, 201) and response.json is not None:
        response.json = edit(response.json)
    return response


def each(edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Apply an edit of an object to an object, a list, or the items of a page."""

    def edit_all(body: Any) -> Any:
        if isinstance(body, list):
            return [edit(item) for item in body]
        if "items" in body and "links" in body:
            return body | {"items": [edit(item) for item in body["items"]]}
        return edit(body)

    return edit_all


async def read(server: Server, request: Request, path: str, **params: str) -> Response:
    """Read another path with the credential of the request."""
    headers = {
        name: value for name, value in request.headers.items() if name in ("authorization", "host", "buildkite-version")
    }
    return await server.call(Request("GET", path, {name: [value] for name, value in params.items()}, headers, b""))


async def scopes(server: Server, request: Request) -> list[str]:
    """Return the scopes of the token of a request."""
    found = await read(server, request, "/v2/access-token")
    return list(found.json["scopes"]) if found.status == 200 else []


def privileged(request: Request) -> Request:
    """Return a copy of the request with a token that has all scopes."""
    changed = deepcopy(request)
    changed.headers["authorization"] = f"Bearer {ALL_SCOPES}"
    return changed


def now() -> str:
    """Return the current time as in a body."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page_number(request: Request, name: str, default: int) -> int:
    """Return `page` or `per_page` as the server understands it."""
    value = request.params.get(name, [""])[-1]
    number = int(value) if value.isdecimal() else default
    return min(number or default, 100) if name == "per_page" else max(number, 1)


def clusters(http: httpx.Client) -> dict[str, str]:
    """Return the URLs of the clusters by name."""
    return {cluster["name"]: cluster["url"] for cluster in http.get(f"{ACME}/clusters").json()}


def failed_executions(http: httpx.Client) -> list[Any]:
    """Return the failed executions of the latest runs of a suite."""
    runs = http.get(f"{RSPEC}/runs").json()
    return [one for run in runs for one in http.get(f"{RSPEC}/runs/{run['id']}/failed_executions").json()]


def job_of(http: httpx.Client, state: str) -> str:
    """Return the path of a command job in a state."""
    builds = http.get(f"{ACME}/builds", params={"per_page": 100}).json()
    jobs = (job for build in builds for job in build["jobs"] if job["type"] == "script")
    return f"{ACME}/jobs/{next(job['id'] for job in jobs if job['state'] == state)}"
