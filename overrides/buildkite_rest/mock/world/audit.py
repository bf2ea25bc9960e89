"""The audit log of an organization: who has done what, and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ..ids import Kind

if TYPE_CHECKING:
    from .accounts import Organization
    from .world import World

#: Events that are kept. Older ones are forgotten.
MOST_EVENTS = 10_000


@attrs.frozen(kw_only=True)
class Party:
    """Who or what takes part in an event."""

    type: str
    uuid: str | None
    name: str | None


@attrs.frozen(kw_only=True, eq=False)
class AuditEvent:
    """Something that has happened in an organization. Events that Buildkite itself has caused have no actor."""

    uuid: str
    type: str
    occurred_at: float
    actor: Party | None
    subject: Party
    context: Mapping[str, str | None] | None
    data: Mapping[str, Any]


@attrs.define(eq=False)
class AuditLog:
    """The latest events of an organization, the oldest first."""

    events: deque[AuditEvent] = attrs.field(factory=lambda: deque(maxlen=MOST_EVENTS))

    def find(self, uuid: str) -> AuditEvent | None:
        """Find an event."""
        return next((event for event in self.events if event.uuid == uuid), None)


def record(
    world: World,
    organization: Organization,
    event_type: str,
    subject: Party,
    *,
    actor: Party | None,
    now: float,
    context: Mapping[str, str | None] | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Note that something has happened in an organization."""
    event = AuditEvent(
        uuid=world.new_id(Kind.AUDIT_EVENT),
        type=event_type,
        occurred_at=now,
        actor=actor,
        subject=subject,
        context=context,
        data=data or {},
    )
    organization.audit_log.events.append(event)
