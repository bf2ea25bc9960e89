"""Resources of the API, one module or package each: state, rules, JSON, routes and seed data."""

from . import (
    access_tokens,
    agents,
    annotations,
    artifacts,
    audit_events,
    clusters,
    invitations,
    members,
    meta,
    notification_services,
    organization_settings,
    organizations,
    packages,
    pipeline_templates,
    portals,
    registries,
    repository_connections,
    rules,
    schedules,
    step_uploads,
    teams,
    users,
)
from .builds import routes as build_routes
from .jobs import job, logs
from .pipelines import pipeline, webhooks
from .test_engine import runs, suites, tests

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

_MODULES = (
    meta, access_tokens, users, organizations, pipeline, webhooks, build_routes, job, logs, annotations, artifacts,
    agents, pipeline_templates, step_uploads, suites, runs, tests,
    teams, members, invitations, schedules, registries, packages, portals, rules, clusters,
    notification_services, organization_settings, audit_events, repository_connections,
)  # fmt: skip
_UNLISTED = (suites.unlisted, runs.unlisted, tests.unlisted)
ROUTES = tuple(route for routes in (*(module.routes for module in _MODULES), *_UNLISTED) for route in routes.routes)
