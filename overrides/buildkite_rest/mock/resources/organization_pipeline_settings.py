"""What an organization has set for all of its pipelines."""

from __future__ import annotations

import re
from typing import Any

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import ForbiddenError, UnprocessableError
from ..render.settings import pipeline_settings
from ..world.accounts import Organization
from ..world.settings import EXPORT_STRATEGIES, BuildExport
from . import lookup

routes = Routes()
_SETTINGS = "/v2/organizations/{org}/pipeline-settings"
_READ, _WRITE = "read_organization_settings", "write_organization_settings"
_MINUTES = ("default_timeout_in_minutes", "maximum_timeout_in_minutes", "scheduled_job_expiry_in_minutes")
_MOST_MINUTES = (1 << 31) - 1
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*", re.ASCII)
#: What a bucket may be called. Buildkite cannot reach others.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/\S*)?", re.ASCII)


def _answer(call: Call) -> Reply:
    return json(pipeline_settings(lookup.view(call), lookup.administered(call)))


@routes.route("GET", _SETTINGS, scope=_READ)
def get_organization_pipeline_settings(call: Call) -> Reply:
    """Return all settings."""
    return _answer(call)


@routes.route("PATCH", _SETTINGS, scope=_WRITE)
def update_organization_pipeline_settings(call: Call) -> Reply:
    """Change what the body names."""
    organization, body = lookup.administered(call), call.body
    settings = organization.pipeline_settings
    changes: dict[str, Any] = {name: _minutes(name, body[name]) for name in _MINUTES if name in body}
    default, maximum = (changes.get(name, getattr(settings, name)) for name in _MINUTES[:2])
    if default is not None and maximum is not None and default > maximum:
        raise UnprocessableError("default_timeout_in_minutes must not exceed maximum_timeout_in_minutes")
    if "default_branch" in body:
        changes["default_branch"] = _branch(body["default_branch"])
    if "default_cluster_id" in body:
        changes["default_cluster_id"] = _cluster(organization, body["default_cluster_id"])
    for name, value in changes.items():
        setattr(settings, name, value)
    return _answer(call)


def _minutes(name: str, value: float | None) -> int | None:
    if value is not None and not 1 <= value <= _MOST_MINUTES:
        raise UnprocessableError(f"{name} must be a positive number of minutes")
    return None if value is None else int(value)


def _branch(name: str | None) -> str | None:
    if name is not None and not name.strip():
        raise UnprocessableError("default_branch must not be blank")
    return name


def _cluster(organization: Organization, cluster_id: str | None) -> str | None:
    if cluster_id is not None and cluster_id.lower() not in organization.clusters:
        raise UnprocessableError("default_cluster_id must be a cluster of the organization")
    return None if cluster_id is None else cluster_id.lower()


@routes.route("PUT", f"{_SETTINGS}/hosted-agents-ssh", scope=_WRITE)
def enable_hosted_agents_remote_access(call: Call) -> Reply:
    """Let members log in to hosted agents."""
    lookup.administered(call).pipeline_settings.remote_access.turn_on(call.now, call.token.user)
    return _answer(call)


@routes.route("DELETE", f"{_SETTINGS}/hosted-agents-ssh", scope=_WRITE)
def disable_hosted_agents_remote_access(call: Call) -> Reply:
    """Let nobody log in to hosted agents."""
    lookup.administered(call).pipeline_settings.remote_access.turn_off()
    return _answer(call)


@routes.route("PUT", f"{_SETTINGS}/public-pipelines", scope=_WRITE)
def enable_public_pipelines(call: Call) -> Reply:
    """Let members create public pipelines."""
    lookup.administered(call).pipeline_settings.public_pipelines.turn_on(call.now, call.token.user)
    return _answer(call)


@routes.route("DELETE", f"{_SETTINGS}/public-pipelines", scope=_WRITE)
def disable_public_pipelines(call: Call) -> Reply:
    """Let nobody create public pipelines."""
    lookup.administered(call).pipeline_settings.public_pipelines.turn_off()
    return _answer(call)


@routes.route("PUT", f"{_SETTINGS}/advanced-queue-metrics", scope=_WRITE)
def enable_advanced_queue_metrics(call: Call) -> Reply:
    """Turn advanced metrics on, for good."""
    lookup.administered(call).pipeline_settings.advanced_queue_metrics.turn_on(call.now, call.token.user)
    return _answer(call)


@routes.route("PUT", f"{_SETTINGS}/build-export", scope=_WRITE)
def configure_build_export(call: Call) -> Reply:
    """Set the bucket that builds are exported to."""
    settings, strategy = _exporting(call).pipeline_settings, call.body["strategy_id"]
    location = call.body["location"].strip()
    scheme, mark, rest = location.partition("://")
    if mark and _SCHEME.fullmatch(scheme):
        location = rest
    if strategy not in EXPORT_STRATEGIES:
        raise UnprocessableError("strategy_id must be one of " + ", ".join(EXPORT_STRATEGIES))
    if not _BUCKET.fullmatch(location):
        raise UnprocessableError("The bucket cannot be reached")
    settings.build_export = BuildExport(location=location, strategy_id=strategy)
    return _answer(call)


@routes.route("DELETE", f"{_SETTINGS}/build-export", scope=_WRITE)
def disable_build_export(call: Call) -> Reply:
    """Export no more."""
    _exporting(call).pipeline_settings.build_export = None
    return _answer(call)


def _exporting(call: Call) -> Organization:
    organization = lookup.administered(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization has no export of builds")
    return organization
