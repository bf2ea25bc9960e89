"""Paths of the seed, and helpers, of the sixth set."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from tests.conformance.planted.mutant import Request, Response, Server

PAGES: Final = "pages/apis/rest_api"
ORG: Final = "/v2/organizations/acme"
WEB: Final = f"{ORG}/pipelines/web"
RETRIED: Final = f"{WEB}/builds/15"
"""A finished build with a retried job, a trigger job and artifacts."""

A_BUILD: Final = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}"
A_JOB: Final = f"{A_BUILD}/jobs/{{job}}"
A_JOB_OF_ORG: Final = "/v2/organizations/{org}/jobs/{job}"


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield each object in parsed JSON."""
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from objects(child)


def job_values(request: Request, method: str, suffix: str = "") -> dict[str, str] | None:
    """Return the path parameters of either route to a job, or to what is below it."""
    return request.values(method, A_JOB + suffix) or request.values(method, A_JOB_OF_ORG + suffix)


async def fetched(
    server: Server, request: Request, path: str, *, method: str = "GET", accept: str = "*/*", **params: str
) -> Response:
    """Send another request, with the credential of `request`."""
    headers = {name: value for name, value in request.headers.items() if name in ("host", "authorization")}
    query = {name: [value] for name, value in params.items()}
    return await server.call(Request(method, path, query, {**headers, "accept": accept}, b""))


def path_of(url: str) -> str:
    """Return the path of a URL."""
    return urlsplit(url).path


def jobs_of(http: httpx.Client, build: str = RETRIED, **params: str) -> list[dict[str, Any]]:
    """Return the jobs of a build."""
    jobs: list[dict[str, Any]] = http.get(build, params=params).json()["jobs"]
    return jobs
