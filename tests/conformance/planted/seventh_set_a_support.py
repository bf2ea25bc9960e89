"""Paths and helpers of seventh set A."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS: Final = Mutants()

ORGANIZATION: Final = "/v2/organizations/acme"
SUITES: Final = "/v2/analytics/organizations/acme/suites"
SUITE: Final = f"{SUITES}/rspec"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
CLUSTER: Final = f"{ORGANIZATION}/clusters/01920000-0001-7004-8000-000000000001"
HOSTED_CLUSTER: Final = f"{ORGANIZATION}/clusters/01920000-0001-7004-8000-000000000002"

EVERYONE: Final = f"{ORGANIZATION}/teams/01920000-0001-701e-8000-000000000001"
FRONTEND: Final = f"{ORGANIZATION}/teams/01920000-0001-701e-8000-000000000002"

GRACE: Final = "01920000-0001-7002-8000-000000000002"
EDSGER: Final = "01920000-0001-7002-8000-000000000003"

METRICS: Final = {"Buildkite-Version": "2026-08-01"}
"""Header that adds metrics to tests."""


def values(request: Request, method: str, template: str) -> dict[str, str] | None:
    """Return the path parameters if method and path match, with or without a trailing slash."""
    return evolve(request, path=request.path.rstrip("/")).values(method, template)


def is_read(request: Request, *templates: str) -> bool:
    """Return whether the request is a `GET` or `HEAD` for one of the paths."""
    return any(values(request, method, each) is not None for method in ("GET", "HEAD") for each in templates)


async def internal(
    server: Server, request: Request, method: str, path: str, json: Any = None, **params: str
) -> Response:
    """Send a request of the server itself, which has all scopes."""
    headers = {name: value for name, value in request.headers.items() if not name.startswith("content-")}
    headers |= {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    own = Request(method, path, {name: [value] for name, value in params.items()}, headers, b"")
    if json is not None:
        own.json = json
    return await server.call(own)


def objects(response: Response) -> Iterator[dict[str, Any]]:
    """Yield the objects of a successful response: the items of a list or page, or the only one."""
    body = response.json if response.status < 300 else None
    items = body.get("items", [body]) if isinstance(body, dict) else body
    yield from (each for each in items or [] if isinstance(each, dict))


def change_objects(response: Response, name: str, value: Any) -> None:
    """Set a property in all objects, where `value` returns another value than None for the object."""
    body = response.json
    if response.status >= 300 or body is None:
        return
    items = body.get("items", [body]) if isinstance(body, dict) else body
    for each in items:
        if isinstance(each, dict) and (new := value(each)) is not None:
            each[name] = new
    response.json = body


def first(params: dict[str, list[str]], name: str, default: str = "") -> str:
    """Return the first value of a query parameter."""
    return params.get(name, [default])[0]
