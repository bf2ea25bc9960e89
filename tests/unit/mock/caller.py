"""A client that calls an ASGI application in process, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import attrs
import httpx

from buildkite_rest.mock import ALL_SCOPES_TOKEN
from buildkite_rest.mock.seeding import seeded_backend

API = "http://api.test"
STORAGE = "http://storage.test"
PIPELINES = "/v2/organizations/acme/pipelines"
WEB = f"{PIPELINES}/web"
_BACKEND = seeded_backend(builds=0)
_ACME = _BACKEND.organizations["acme"]
#: End of the seeded history under the clock of the fixtures.
EPOCH = datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()
#: Ids of users.
ADA, GRACE, *_ = _BACKEND.users
#: The ids of a cluster and a team of `acme`.
CLUSTER, TEAM = (next(iter(objects)) for objects in (_ACME.clusters, _ACME.teams))


@attrs.define
class Caller:
    """Sends requests to an ASGI application, as the owner of a token."""

    runner: asyncio.Runner
    app: Any
    token: str | None = ALL_SCOPES_TOKEN
    base_url: str = API

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.runner.run(self._request(method, path, **options))

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        options["headers"] = {**headers, **options.get("headers", {})}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=self.base_url) as client:
            return await client.request(method, path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def statuses(self, methods: str, path: str, **options: Any) -> list[int]:
        """Send a request with each of the methods, and return the statuses."""
        return [self.request(method, path, **options).status_code for method in methods.split()]

    @contextmanager
    def unchanged(self, path: str) -> Iterator[None]:
        """Check that the response of a path is the same afterwards."""
        before = self.get(path).json()
        yield
        assert self.get(path).json() == before

    def as_owner_of(self, token: str | None) -> Caller:
        return attrs.evolve(self, token=token)
