"""Paths of the seed data, and requests that bugs of the set send on their own."""

from typing import Any, Final

from tests.conformance.planted.mutant import Request, Response, Server

ORG: Final = "/v2/organizations/acme"
ANALYTICS: Final = "/v2/analytics/organizations/acme"
PACKAGES: Final = "/v2/packages/organizations/acme"
CLUSTER: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000001"
HOSTED: Final = f"{ORG}/clusters/01920000-0001-7004-8000-000000000002"
VERSION: Final = {"Buildkite-Version": "2026-08-01"}


def bearer(token: str) -> dict[str, str]:
    """Return the header that authenticates with `token`."""
    return {"authorization": f"Bearer {token}"}


def path_values(request: Request, *templates: str, methods: str = "GET HEAD") -> dict[str, str] | None:
    """Return the path parameters of the first template that matches, for any of the methods."""
    for template in templates:
        for method in methods.split():
            if (found := request.values(method, template)) is not None:
                return found
    return None


async def send(
    server: Server,
    request: Request,
    method: str,
    path: str,
    *,
    json: object = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Send another request, with the credential of `request`."""
    kept = {name: value for name, value in request.headers.items() if name in ("host", "authorization")}
    other = Request(method, path, {}, {**kept, **(headers or {})}, b"")
    if json is not None:
        other.headers["content-type"] = "application/json"
        other.json = json
    return await server.call(other)


def objects(body: Any) -> list[dict[str, Any]]:
    """Return the objects in a body: the items of a list, or the object itself."""
    if isinstance(body, dict):
        body = body.get("items", [body])
    return [each for each in body if isinstance(each, dict)] if isinstance(body, list) else []
