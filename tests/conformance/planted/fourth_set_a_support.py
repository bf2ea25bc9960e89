"""Requests and lookups that the bugs of the fourth set share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

ORGANIZATION: Final = "/v2/organizations/acme"
WEB: Final = f"{ORGANIZATION}/pipelines/web"
DOCS: Final = "pages/apis"

BUILD: Final = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{build}"
BUILD_LISTS: Final = (
    "/v2/builds",
    "/v2/organizations/{org}/builds",
    "/v2/organizations/{org}/pipelines/{pipeline}/builds",
)
SCHEDULES: Final = "/v2/organizations/{org}/pipelines/{pipeline}/schedules"


def at_job(request: Request, method: str, tail: str) -> dict[str, str] | None:
    """Return the path parameters of a request to a job, on either of its two routes."""
    short = request.values(method, "/v2/organizations/{org}/jobs/{job}" + tail)
    return request.values(method, BUILD + "/jobs/{job}" + tail) if short is None else short


def is_build_list(request: Request) -> bool:
    return any(request.values("GET", template) is not None for template in BUILD_LISTS)


async def get(server: Server, request: Request, path: str, token: str | None = None, **params: str) -> Response:
    """Read another path, with the headers of a request or with a token."""
    headers = {"authorization": request.headers.get("authorization", "") if token is None else f"Bearer {token}"}
    found = {name: value for name, value in request.headers.items() if name == "host"}
    return await server.call(
        Request("GET", path, {name: [value] for name, value in params.items()}, found | headers, b"")
    )


async def privileged(server: Server, request: Request) -> Response:
    """Send a request with the token that has all scopes."""
    return await server.call(evolve(request, headers={**request.headers, "authorization": f"Bearer {TOKEN}"}))


def change_objects(response: Response, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change each JSON object of a response that has a key."""
    if f'"{key}"'.encode() not in response.body or response.json is None:
        return
    body = response.json
    _walk(body, key, change)
    response.json = body


def _walk(value: Any, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    if isinstance(value, dict):
        if key in value:
            change(value)
        for each in value.values():
            _walk(each, key, change)
    elif isinstance(value, list):
        for each in value:
            _walk(each, key, change)


def read_list(http: httpx.Client, path: str, /, **params: str) -> list[dict[str, Any]]:
    response = http.get(path, params={"per_page": "100", **params})
    response.raise_for_status()
    return response.json()


def jobs_in(http: httpx.Client, state: str, kind: str = "script") -> list[dict[str, Any]]:
    """Return the jobs of a type that are in a state, of all builds."""
    builds = read_list(http, f"{ORGANIZATION}/builds")
    return [job for build in builds for job in build["jobs"] if (job["type"], job["state"]) == (kind, state)]


def path_of(job: dict[str, Any]) -> str:
    return f"{ORGANIZATION}/jobs/{job['id']}"


def failed_build(http: httpx.Client) -> dict[str, Any]:
    return read_list(http, f"{WEB}/builds", state="failed")[0]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
