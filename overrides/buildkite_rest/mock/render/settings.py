"""Settings of organizations as JSON."""

from __future__ import annotations

from ..clock import iso_or_none
from ..world.accounts import Organization
from ..world.settings import EXPORT_STRATEGIES, Switch
from .view import Json, View


def api_settings(view: View, organization: Organization) -> Json:
    """Write the restrictions of the API."""
    settings = organization.api_settings
    return {
        "url": f"{view.organization_url(organization)}/api-settings",
        "allowed_ip_addresses": settings.allowed_ip_addresses,
        "revoke_inactive_tokens_after_days": settings.revoke_inactive_tokens_after_days,
        "restrict_user_api_token_creation": settings.restrict_user_api_token_creation,
        "features": {
            "api_ip_allow_list": organization.enterprise,
            "inactive_api_token_revocation": organization.enterprise,
        },
    }


def pipeline_settings(view: View, organization: Organization) -> Json:
    """Write the settings of all pipelines."""
    settings = organization.pipeline_settings
    export = settings.build_export
    return {
        "url": f"{view.organization_url(organization)}/pipeline-settings",
        "default_branch": settings.default_branch,
        "default_cluster_id": settings.default_cluster_id,
        "default_timeout_in_minutes": settings.default_timeout_in_minutes,
        "maximum_timeout_in_minutes": settings.maximum_timeout_in_minutes,
        "scheduled_job_expiry_in_minutes": settings.scheduled_job_expiry_in_minutes,
        "hosted_agents_terminal_access": _switch(settings.remote_access),
        "public_pipeline_creation": _switch(settings.public_pipelines),
        "advanced_queue_metrics": {**_switch(settings.advanced_queue_metrics), "disable_supported": False},
        "build_exports": {
            "available": organization.enterprise,
            "enabled": export is not None,
            "location": None if export is None else export.location,
            "strategy_id": None if export is None else export.strategy_id,
            "supported_strategies": list(EXPORT_STRATEGIES),
        },
    }


def _switch(switch: Switch) -> Json:
    by = switch.enabled_by
    return {
        "enabled": switch.enabled,
        "enabled_at": iso_or_none(switch.enabled_at),
        "enabled_by": None if by is None else {"id": by.id, "name": by.name},
    }
