"""What happened before: enough for several pages, caused by people, by an agent and by Buildkite itself."""

from __future__ import annotations

from ..world.accounts import Organization
from ..world.audit import Party, record
from ..world.world import World
from .accounts import DAY, EPOCH

_AGENT_EVERY, _SYSTEM_EVERY = 11, 17
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
_EVENTS = 70


def add_audit_events(world: World) -> None:
    """Add events to each organization, the oldest first."""
    for organization in world.organizations.values():
        for number in range(_EVENTS):
            now = EPOCH - (_EVENTS - number) * DAY / 4
            if number % _SYSTEM_EVERY == _SYSTEM_EVERY - 1:
                _broken(world, organization, now)
            elif number % _AGENT_EVERY == _AGENT_EVERY - 1:
                _read(world, organization, now)
            else:
                _changed(world, organization, number, now)


def _changed(world: World, organization: Organization, number: int, now: float) -> None:
    pipelines = list(organization.pipelines.values())
    pipeline = pipelines[number % len(pipelines)]
    user = organization.members[number % len(organization.members)]
    record(
        world,
        organization,
        "PipelineUpdatedEvent",
        Party(type="Pipeline", uuid=pipeline.id, name=pipeline.name),
        actor=Party(type="User", uuid=user.id, name=user.name),
        now=now,
        context={"type": "WebContext", "request_ip": "203.0.113.17", "request_user_agent": _BROWSER},
        data={"default_timeout_in_minutes": number},
    )


def _read(world: World, organization: Organization, now: float) -> None:
    agent = next(iter(organization.agents.values()))
    cluster = next(iter(organization.clusters.values()))
    record(
        world,
        organization,
        "SecretReadEvent",
        Party(type="Secret", uuid=next(iter(cluster.secrets), None), name=None),
        actor=Party(type="Agent", uuid=agent.id, name=agent.name),
        now=now,
        context={
            "type": "AgentAPIContext",
            "agent_uuid": agent.id,
            "authentication_type": "session",
            "connection_state": "connected",
            "organization_uuid": organization.id,
            "request_ip": agent.ip_address,
        },
    )


def _broken(world: World, organization: Organization, now: float) -> None:
    service = list(organization.notification_services.values())[-1]
    subject = Party(type="NotificationService", uuid=service.id, name=service.description)
    record(world, organization, "NotificationServiceBrokenEvent", subject, actor=None, now=now)
