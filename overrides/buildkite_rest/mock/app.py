"""The API as an ASGI application."""

from __future__ import annotations

import time

from starlette.applications import Starlette

from .clock import Clock
from .engine.api import Api
from .engine.faults import Faults
from .engine.limits import Limit
from .engine.routes import RouteTable
from .engine.validation import description
from .resources import ROUTES
from .seed import DEFAULT_BUILDS, seeded_world
from .world.world import World


def create_app(
    world: World | None = None,
    *,
    seed: int = 0,
    builds: int = DEFAULT_BUILDS,
    clock: Clock = time.time,
    build_seconds: float = 2.0,
    rate_limit: int | None = None,
    user_rate_limit: int | None = None,
    latency: float = 0.0,
    fault_rate: float = 0.0,
    storage_url: str = "http://storage.localhost",
) -> Starlette:
    """Return the mock of the API.

    It serves the given world, or else a new one made from `seed`, `builds`, `clock` and `build_seconds`. Buildkite
    allows an organization 200 requests a minute and a user 50; here nothing is refused unless a limit is given.
    """
    if world is None:
        world = seeded_world(seed, builds=builds, clock=clock, build_seconds=build_seconds)
    api = Api(
        world=world,
        table=RouteTable.of(ROUTES),
        description=description(),
        organization_limit=Limit("rest", rate_limit, world.clock),
        user_limit=Limit("rest_user", user_rate_limit, world.clock),
        faults=Faults(latency, fault_rate, world.seed),
        storage_url=storage_url,
    )
    app = Starlette()
    # Not a mount: its pattern would miss paths with a line break in them.
    app.router.default = api
    return app
