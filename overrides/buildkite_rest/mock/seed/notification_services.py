"""Notification services: one of each provider, and one in each state."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ..ids import Kind, digest
from ..world.notification_services import BUILD_STATES, NotificationService
from ..world.world import World
from .accounts import DAY, EPOCH

_WEBHOOK = {
    "url": "https://board.acme.example/hooks/buildkite",
    "token": digest("board", length=20),
    "token_mode": "signature",
    "version": 3,
    "events": ["build.finished", "job.finished"],
    "tls_verify": True,
}
_OLD_WEBHOOK = {**_WEBHOOK, "token": None, "token_mode": "token", "version": 1, "events": [], "tls_verify": False}
_DATADOG = {"api_key": digest("datadog", length=32), "datadog_site": "datadoghq.eu", "datadog_tags": "team:web\nenv:ci"}
_OPEN_TELEMETRY = {
    "endpoint": "https://otel.acme.example",
    "service_name": "ci",
    "headers": {"Authorization": "Bearer x"},
    "resource_attributes": {"deployment.environment": "ci"},
}
_SERVICES: tuple[dict[str, Any], ...] = (
    {
        "provider": "webhook",
        "description": "Release board",
        "branch_configuration": "main release/*",
        "settings": _WEBHOOK,
    },
    {
        "provider": "webhook",
        "description": "Old dashboard",
        "state": "disabled",
        "build_states": dict.fromkeys(BUILD_STATES, True),
        "settings": _OLD_WEBHOOK,
    },
    {
        "provider": "slack",
        "description": "Team room",
        "settings": {"url": "https://hooks.slack.example/T1/B1/x", "theme": "emoji"},
    },
    {
        "provider": "slack",
        "description": "Alerts",
        "connected_in_browser": True,
        "settings": {"url": "https://hooks.slack.example/T1/B2/y", "theme": "text"},
    },
    {
        "provider": "aws_event_bridge",
        "description": "Event bus",
        "state": "broken",
        "settings": {"aws_region": "eu-central-1", "aws_account_id": "123456789012", "include_build_meta_data": True},
    },
    {"provider": "datadog_pipeline_visibility", "description": "", "settings": _DATADOG},
    {"provider": "open_telemetry_tracing", "description": "Traces", "settings": _OPEN_TELEMETRY},
    {"provider": "event_log_api", "description": None, "settings": {"events": ["build.finished"]}},
    {"provider": "slack_workspace", "description": "Acme workspace", "created_by": None},
    {"provider": "linear", "description": "Tickets", "state": "disabled"},
)


def add_notification_services(world: World) -> None:
    """Add all of them to `acme`, and the first three to `globex`."""
    for organization in world.organizations.values():
        for number, attributes in enumerate(_SERVICES if organization.slug == "acme" else _SERVICES[:3]):
            values: dict[str, Any] = {"created_by": organization.members[0], **deepcopy(attributes)}
            service = NotificationService(
                id=world.new_id(Kind.NOTIFICATION_SERVICE), created_at=EPOCH - (200 - 10 * number) * DAY, **values
            )
            organization.notification_services[service.id] = service
    acme = world.organizations["acme"]
    services = list(acme.notification_services.values())
    for service, scope, uuids in (
        (services[0], "some_projects", (acme.pipelines["web"].id, acme.pipelines["api"].id)),
        (services[2], "some_teams", tuple(acme.teams)[:2]),
        (services[5], "some_clusters", tuple(acme.clusters)[:1]),
    ):
        service.scope, service.scope_uuids = scope, uuids
