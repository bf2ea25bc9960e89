"""Resources of the API, one module for each family: state, rules, JSON and routes."""

# A module declares its routes when it is imported.
# pyright: reportUnusedImport=false
from ..http.routing import routes
from . import (  # noqa: F401
    access_tokens,
    administration,
    agents,
    annotations,
    artifacts,
    audit_events,
    builds,
    cluster_secrets,
    clusters,
    hosted_agents,
    job_logs,
    jobs,
    meta,
    notification_services,
    organizations,
    packages,
    pipeline_templates,
    pipelines,
    portals,
    resource,
    schedules,
    teams,
    test_runs,
    test_suites,
    undocumented,
    users,
)

TAGS = (
    "meta", "access_token", "user", "organizations", "pipelines", "builds", "jobs", "annotations", "artifacts",
    "agents", "emojis", "pipeline_templates", "step_uploads",
    "test_suites", "test_runs", "tests", "quarantine", "flaky_tests", "build_tests", "execution_tags", "discovery",
    "test_plans", "commit_metadata",
    "teams", "team_members", "team_pipelines", "team_suites", "organization_members", "organization_invitations",
    "pipeline_schedules",
    "registries", "registry_tokens", "packages", "portals", "rules",
    "clusters", "cluster_queues", "cluster_agent_tokens", "cluster_secrets", "cluster_maintainers",
    "cluster_agent_images", "cluster_cache_volumes", "cluster_network_ranges",
    "notification_services", "organization_api_settings", "organization_pipeline_settings", "audit_events",
    "repository_connections",
)  # fmt: skip
"""The tags of the OpenAPI document. The mock serves the operations of all of them."""

ROUTES = tuple(routes.routes)
