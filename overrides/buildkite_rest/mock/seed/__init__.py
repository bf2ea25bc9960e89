"""The world as it is at first: the same for the same seed, whenever and wherever it is made."""

from __future__ import annotations

import time

from ..arguments import check_int, check_number, check_type
from ..clock import Clock, check_clock
from ..world.world import World
from .accounts import add_accounts
from .agents import add_agents
from .audit_events import add_audit_events
from .builds import add_builds
from .cluster_contents import add_cluster_contents
from .clusters import add_clusters
from .invitations import add_invitations
from .notification_services import add_notification_services
from .pipeline_templates import add_pipeline_templates
from .pipelines import add_pipelines
from .portals import add_portals
from .registries import add_registries
from .repository_connections import add_repository_connections
from .rules import add_rules
from .schedules import add_schedules
from .settings import add_settings
from .suites import add_suites
from .teams import add_teams

#: How many builds there are if nobody says otherwise.
DEFAULT_BUILDS = 300


def seeded_world(
    seed: int = 0, *, builds: int = DEFAULT_BUILDS, clock: Clock = time.time, build_seconds: float = 2.0
) -> World:
    """Make a world with two organizations, their pipelines, about `builds` builds, agents and access tokens.

    Raises:
        TypeError: An argument is of another type.
        ValueError: `builds`, `build_seconds` or the time of the clock is less than 0, or too large.
    """
    check_type("seed", seed, int, "an int")
    check_int("builds", builds, 0, 1_000_000)
    check_clock(clock)
    check_number("build_seconds", build_seconds, 0, 10**9)
    world = World(seed=seed, clock=clock, build_seconds=build_seconds)
    add_accounts(world)
    add_clusters(world)
    add_agents(world)
    add_pipeline_templates(world)
    add_pipelines(world)
    add_portals(world)
    add_rules(world)
    add_suites(world)
    add_teams(world)
    add_registries(world)
    add_invitations(world)
    add_schedules(world)
    add_cluster_contents(world)
    add_settings(world)
    add_notification_services(world)
    add_repository_connections(world)
    add_audit_events(world)
    add_builds(world, builds)
    world.seeded_builds = builds
    return world
