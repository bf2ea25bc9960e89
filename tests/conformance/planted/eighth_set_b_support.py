"""Paths, tokens and helpers of the eighth set."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve
from tests.conformance.planted.mutant import Request, Server
from tests.conformance.runner_support import TOKEN

ORG: Final = "/v2/organizations/acme"
PACKAGES: Final = "/v2/packages/organizations/acme/registries"
SUITES: Final = "/v2/analytics/organizations/acme/suites"
RSPEC: Final = f"{SUITES}/rspec"

READ_ONLY: Final = "bkua_mock_read_only"
REVOCABLE: Final = "bkua_mock_revocable"
LIMITED: Final = "bkua_mock_limited_6"
"""Token with `write_packages`, without `read_packages` and `delete_packages`."""
GLOBEX: Final = "bkua_mock_globex"

VERSION: Final = {"Buildkite-Version": "2026-08-01"}


def bearer(token: str) -> dict[str, str]:
    """Return the header for a token."""
    return {"Authorization": f"Bearer {token}"}


def authorized(request: Request, token: str = TOKEN) -> Request:
    """Return the request with another token."""
    return evolve(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def reading(request: Request, path: str, **params: str) -> Request:
    """Return a `GET` request with the token of another request."""
    headers = {name: value for name, value in request.headers.items() if name in ("authorization", "host")}
    return Request("GET", path, {name: [value] for name, value in params.items()}, headers, b"")


async def scopes_of(server: Server, request: Request) -> list[str]:
    """Return the scopes of the token of a request."""
    found = await server.call(reading(request, "/v2/access-token"))
    return found.json["scopes"] if found.status == 200 else []


def matching(request: Request, *templates: str, methods: tuple[str, ...] = ("GET",)) -> dict[str, str] | None:
    """Return the path parameters of the first template that matches."""
    for method in methods:
        for template in templates:
            found = request.values(method, template)
            if found is not None:
                return found
    return None


def objects_in(body: object) -> Iterator[dict[str, Any]]:
    """Yield the object, or the objects of the list, in a body."""
    listed = body.get("items", body) if isinstance(body, dict) else body
    for each in listed if isinstance(listed, list) else [listed]:
        if isinstance(each, dict):
            yield each


def page_of(request: Request) -> tuple[int, int]:
    """Return the number of the page and its size."""
    page, size = (request.params.get(name, [default])[0] for name, default in (("page", "1"), ("per_page", "30")))
    return max(int(page) if page.isdecimal() else 1, 1), min(max(int(size) if size.isdecimal() else 30, 1), 100)
