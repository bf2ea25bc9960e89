"""The world as it is at first: the same for the same seed, whenever and wherever it is made."""

from __future__ import annotations

import time

from ..clock import Clock
from ..world.world import World
from .accounts import add_accounts
from .agents import add_agents
from .builds import add_builds
from .pipeline_templates import add_pipeline_templates
from .pipelines import add_pipelines

#: How many builds there are if nobody says otherwise.
DEFAULT_BUILDS = 300


def seeded_world(
    seed: int = 0, *, builds: int = DEFAULT_BUILDS, clock: Clock = time.time, build_seconds: float = 2.0
) -> World:
    """Make a world with two organizations, their pipelines, about `builds` builds, agents and access tokens."""
    world = World(seed=seed, clock=clock, build_seconds=build_seconds)
    add_accounts(world)
    add_agents(world)
    add_pipeline_templates(world)
    add_pipelines(world)
    add_builds(world, builds)
    return world
