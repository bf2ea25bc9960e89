"""The API as an ASGI application."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from starlette.applications import Starlette

from ..backend import Backend
from ..clock import Clock
from ..http.origins import StorageUrl, is_name
from ..http.planned import Drop
from ..http.routing import RouteTable
from ..http.validation import api_spec
from ..resources import ROUTES
from ..seeding import DEFAULT_BUILDS, seeded_backend
from .request_handling import Api
from .session import Session

_TABLE: Final = RouteTable.from_routes(ROUTES)


def create_app(
    backend: Backend | None = None,
    *,
    seed: int = 0,
    builds: int = DEFAULT_BUILDS,
    clock: Clock = time.time,
    build_seconds: float = 2.0,
    rate_limit: int | None = None,
    user_rate_limit: int | None = None,
    latency: float = 0.0,
    fault_rate: float = 0.0,
    storage_url: str | StorageUrl = "http://storage.localhost",
    drop: Drop | None = None,
    hosts: Iterable[str] = (),
) -> Starlette:
    """Return the mock of the API as an ASGI application.

    It serves `backend`, or else a new one from `seed`, `builds`, `clock` and `build_seconds`. Buildkite's limits are
    200 requests per minute for an organization and 50 for a user; the mock enforces none unless it is given. `drop`
    closes connections, for faults that do. `/_mock/` is served under the names in `hosts`, IP addresses and names
    outside public DNS.

    Raises:
        ValueError: A number is out of the range that `/_mock/` and the command line accept, or one of `hosts` is not
            a host name.
    """
    names = host_names(hosts)
    if backend is None:
        backend = seeded_backend(seed, builds=builds, clock=clock, build_seconds=build_seconds)
    session = Session.start(
        backend, rate_limit=rate_limit, user_rate_limit=user_rate_limit, latency=latency, fault_rate=fault_rate
    )
    return application(session, storage_url, drop=drop, hosts=names)


def application(
    session: Session, storage_url: str | StorageUrl, *, drop: Drop | None, hosts: frozenset[str]
) -> Starlette:
    """Return the ASGI application of a session."""
    app = Starlette()
    # Not a mount: its pattern does not match paths with a line break.
    app.router.default = Api(
        session=session,
        table=_TABLE,
        spec=api_spec(),
        storage=storage_url if callable(storage_url) else lambda host, address: storage_url,
        drop=drop,
        hosts=hosts,
    )
    return app


def host_names(hosts: Iterable[str]) -> frozenset[str]:
    """Return `hosts` in the form of `Host` headers. Raise `ValueError` if an item is not a host name."""
    names = frozenset(name.lower() for name in hosts)
    for name in names:
        if not is_name(name):
            raise ValueError(
                f"hosts must be host names such as mock.example.com, without scheme, port or path, not {name[:60]!a}"
            )
    return names
