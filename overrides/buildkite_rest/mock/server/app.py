"""The API as an ASGI application."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from starlette.applications import Starlette

from ..arguments import Count, Latency, Share, check
from ..backend import Backend
from ..clock import AdvanceableClock, Clock
from ..http.faults import Drop, Faults
from ..http.origins import StorageUrl, is_name
from ..http.rate_limits import RateLimit
from ..http.routing import RouteTable
from ..http.validation import api_spec
from ..resources import ROUTES
from ..seeding import DEFAULT_BUILDS, seeded_backend
from .control import Control
from .request_handling import Api

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
    check_numbers(rate_limit=rate_limit, user_rate_limit=user_rate_limit, latency=latency, fault_rate=fault_rate)
    if backend is None:
        backend = seeded_backend(seed, builds=builds, clock=clock, build_seconds=build_seconds)
    clock = backend.clock if isinstance(backend.clock, AdvanceableClock) else AdvanceableClock(backend.clock)
    backend.clock = clock
    public_keys = {uuid: token.public_key for uuid, token in backend.tokens.items()}

    def reseed() -> Backend:
        fresh = seeded_backend(
            backend.seed,
            builds=backend.seeded_builds,
            clock=clock,
            build_seconds=backend.build_seconds,
            epoch=backend.epoch,
        )
        for uuid, key in public_keys.items():
            fresh.tokens[uuid].public_key = key
        return fresh

    control = Control(
        backend=backend,
        clock=clock,
        organization_limit=RateLimit("rest", rate_limit, clock),
        user_limit=RateLimit("rest_user", user_rate_limit, clock),
        faults=Faults(latency, fault_rate, backend.seed),
        reseed=reseed,
    )
    api = Api(
        backend=backend,
        table=_TABLE,
        spec=api_spec(),
        organization_limit=control.organization_limit,
        user_limit=control.user_limit,
        faults=control.faults,
        storage=storage_url if callable(storage_url) else lambda host, address: storage_url,
        control=control,
        drop=drop,
        hosts=names,
    )
    app = Starlette()
    # Not a mount: its pattern does not match paths with a line break.
    app.router.default = api
    app.state.control = control
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


def check_numbers(*, rate_limit: int | None, user_rate_limit: int | None, latency: float, fault_rate: float) -> None:
    """Raise `ValueError` unless a request to `/_mock/` could set these limits and faults."""
    check("rate_limit", rate_limit, Count | None)
    check("user_rate_limit", user_rate_limit, Count | None)
    check("latency", latency, Latency)
    check("fault_rate", fault_rate, Share)
