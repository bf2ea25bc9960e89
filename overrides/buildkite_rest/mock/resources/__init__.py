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
    pipelines,
    remote_access,
    user,
    webhooks,
)

_RESOURCES = (
    meta, access_token, user, organizations, pipelines, webhooks, builds, jobs, job_logs, remote_access, annotations,
    artifacts, agents, emojis,
)  # fmt: skip
ROUTES = tuple(route for resource in _RESOURCES for route in resource.routes.routes)
