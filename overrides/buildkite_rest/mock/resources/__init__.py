"""The operations of the API, one module per resource."""

from . import (
    access_token,
    agents,
    annotations,
    artifacts,
    builds,
    emojis,
    job_logs,
    jobs,
    meta,
    organizations,
    pipeline_templates,
    pipelines,
    remote_access,
    user,
    webhooks,
)

TAGS = (
    "meta", "access_token", "user", "organizations", "pipelines", "builds", "jobs", "annotations", "artifacts",
    "agents", "emojis", "pipeline_templates",
)  # fmt: skip
"""The tags of the description whose operations the mock serves, every one of them."""

_RESOURCES = (
    meta, access_token, user, organizations, pipelines, webhooks, builds, jobs, job_logs, remote_access, annotations,
    artifacts, agents, emojis, pipeline_templates,
)  # fmt: skip
ROUTES = tuple(route for resource in _RESOURCES for route in resource.routes.routes)
