"""Notification services as JSON."""

from __future__ import annotations

from typing import Any

from ..clock import iso
from ..ids import graphql_id
from ..world.accounts import Organization
from ..world.notification_providers import PROVIDERS
from ..world.notification_services import NotificationService, selectable
from .accounts import user_or_none
from .view import Json, View


def notification_service(view: View, organization: Organization, service: NotificationService) -> Json:
    """Write a notification service. What it was to speak of and is deleted is left out."""
    provider = PROVIDERS[service.provider]
    present = selectable(organization, service.scope)
    return {
        "id": service.id,
        "graphql_id": None if provider.graphql_type is None else graphql_id(provider.graphql_type, service.id),
        "url": f"{view.organization_url(organization)}/services/{service.id}",
        "provider": {"id": service.provider, "name": provider.name},
        "description": service.description,
        "enabled": service.state == "enabled",
        "scope": service.scope,
        "scope_uuids": [uuid for uuid in service.scope_uuids if uuid in present],
        "branch_configuration": service.branch_configuration,
        "build_states": service.build_states,
        "settings": shown_settings(service),
        "created_at": iso(service.created_at),
        "created_by": user_or_none(service.created_by),
    }


def shown_settings(service: NotificationService) -> dict[str, Any]:
    """Return the settings without those that are never shown, and with only the end of those that are masked."""
    return {
        name: setting.shown(service.settings[name])
        for name, setting in PROVIDERS[service.provider].settings.items()
        if name in service.settings and not setting.hidden
    }
