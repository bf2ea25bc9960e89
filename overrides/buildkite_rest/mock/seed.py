"""Seeded state: the same for the same seed."""

from __future__ import annotations

import time

from .arguments import check_int_range, check_int_type, check_number_range
from .backend import Backend
from .clock import Clock, check_clock
from .resources.access_tokens import add_tokens
from .resources.agents import add_agents
from .resources.audit_events import add_audit_events
from .resources.builds.seed import add_builds
from .resources.clusters.agent_tokens import add_agent_tokens
from .resources.clusters.cluster import add_clusters, add_maintainers
from .resources.clusters.secrets import add_secrets
from .resources.invitations import add_invitations
from .resources.notification_services import add_notification_services
from .resources.organization_settings import add_settings
from .resources.organizations import add_organizations
from .resources.packages import add_packages
from .resources.pipeline_templates import add_pipeline_templates
from .resources.pipelines.seed import add_pipelines
from .resources.portals import add_portals
from .resources.registries import add_registries
from .resources.repository_connections import add_repository_connections
from .resources.rules import add_rules
from .resources.schedules import add_schedules
from .resources.teams import add_teams
from .resources.test_engine.plans import add_plans
from .resources.test_engine.suites import add_suites
from .resources.test_engine.tests import add_tests
from .resources.users import add_users

#: Default number of builds.
DEFAULT_BUILDS = 300
#: Steps of seeding before the builds. Later ones depend on earlier ones.
_STEPS = (
    add_users, add_organizations, add_tokens, add_clusters, add_agents, add_pipeline_templates, add_pipelines,
    add_portals, add_rules, add_suites, add_tests, add_plans, add_teams, add_registries, add_packages, add_invitations,
    add_schedules, add_maintainers, add_agent_tokens, add_secrets, add_settings, add_notification_services,
    add_repository_connections, add_audit_events,
)  # fmt: skip


def seeded_backend(
    seed: int = 0,
    *,
    builds: int = DEFAULT_BUILDS,
    clock: Clock = time.time,
    build_seconds: float = 2.0,
    epoch: float | None = None,
) -> Backend:
    """Create a backend with two organizations, their pipelines, about `builds` builds, agents and access tokens.

    Its history ends at `epoch`, in seconds since 1970, by default the last full hour before the time of the clock.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `builds`, `build_seconds` or the time of the clock is negative or too large.
    """
    check_int_type("seed", seed)
    check_int_range("builds", builds, 0, 1_000_000)
    check_clock(clock)
    check_number_range("build_seconds", build_seconds, 0, 10**9)
    if epoch is None:  # A full hour, so that two servers with the same seed have the same data.
        epoch = clock() // 3_600 * 3_600
    backend = Backend(seed=seed, clock=clock, build_seconds=build_seconds, epoch=epoch)
    for add in _STEPS:
        add(backend)
    add_builds(backend, builds)
    backend.seeded_builds = builds
    return backend
