"""Paths and helpers of the tenth set, part B."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import httpx
from tests.conformance.planted.mutant import Request, Response, Server

V2: Final = "/v2/organizations/{org}"
ANALYTICS: Final = "/v2/analytics/organizations/{org}"
PACKAGES: Final = "/v2/packages/organizations/{org}"
CLUSTER: Final = V2 + "/clusters/{cluster}"
BUILD: Final = V2 + "/pipelines/{pipeline}/builds/{build}"
JOBS: Final = (V2 + "/jobs/{job}", BUILD + "/jobs/{job}")
"""Both paths of a job."""

ORG: Final = "/v2/organizations/acme"
SUITE: Final = "/v2/analytics/organizations/acme/suites/rspec"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
WEB: Final = f"{ORG}/pipelines/web"

FULL: Final = "Bearer bkua_mock_all_scopes"
ADMIN_OF_BOTH: Final = "Bearer bkua_mock_globex"
"""A token of another administrator of `acme`, who is in `globex` too."""

Edit = Callable[[Any], Any]


def auth(token: str) -> dict[str, str]:
    """Return the header for a token of the mock server, such as `read_only`."""
    return {"Authorization": f"Bearer bkua_mock_{token}"}


def found(request: Request, *templates: str) -> dict[str, str] | None:
    """Return the path parameters of the first template that matches, for any method."""
    return next((values for path in templates if (values := request.values(request.method, path)) is not None), None)


def matches(request: Request, *routes: str) -> bool:
    """Return whether the request has one of the routes, such as `GET /v2/user`."""
    return any(request.values(*route.split(" ", 1)) is not None for route in routes)


def properties(request: Request) -> dict[str, Any]:
    """Return the properties of the request body."""
    return _object(request.json)


def nested(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the properties of an object in a body."""
    return _object(body.get(name))


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def each(edit: Edit) -> Edit:
    """Return an edit of a body for an edit of an object: itself, or each item of a list."""

    def run(body: Any) -> Any:
        if isinstance(body, list):
            return [edit(item) for item in cast("Iterable[Any]", body)]
        if "items" in body:
            return body | {"items": [edit(item) for item in body["items"]]}
        return edit(body)

    return run


async def edited(server: Server, request: Request, edit: Edit, *routes: str) -> Response:
    """Call the server, and edit the body of a successful response to one of the routes."""
    response = await server.call(request)
    if matches(request, *routes) and response.status < 300 and response.json is not None:
        response.json = edit(response.json)
    return response


async def fetched(server: Server, request: Request, path: str, **params: str) -> Response:
    """Read another path with the credential of a request."""
    headers = {"authorization": request.headers.get("authorization", "")}
    return await server.call(Request("GET", path, {name: [value] for name, value in params.items()}, headers, b""))


async def read(server: Server, path: str) -> Response:
    """Read a path of `acme` with all scopes."""
    return await server.call(Request("GET", path, {}, {"authorization": FULL}, b""))


async def authorized(server: Server, request: Request, authorization: str = FULL) -> Response:
    """Call the server with another credential."""
    request.headers["authorization"] = authorization
    return await server.call(request)


def cluster(http: httpx.Client, name: str) -> str:
    """Return the URL of a cluster."""
    urls: dict[str, str] = {one["name"]: one["url"] for one in http.get(f"{ORG}/clusters").json()}
    return urls[name]


def command_job(http: httpx.Client) -> str:
    """Return the path of a finished command job."""
    jobs = http.get(f"{WEB}/builds/3").json()["jobs"]
    return f"{ORG}/jobs/{next(job['id'] for job in jobs if job['type'] == 'script')}"


def busy_agent(http: httpx.Client) -> dict[str, Any]:
    """Return an agent that runs a job."""
    return next(
        agent
        for agent in http.get(f"{ORG}/agents", params={"per_page": 100}).json()
        if agent["connection_state"] == "connected" and nested(agent, "job").get("state") == "running"
    )
