"""Audit events as JSON."""

from __future__ import annotations

import attrs

from ..clock import iso
from ..ids import graphql_id
from ..world.accounts import Organization
from ..world.audit import AuditEvent
from .view import Json, View


def audit_event(view: View, organization: Organization, event: AuditEvent) -> Json:
    """Write an audit event."""
    return {
        "uuid": event.uuid,
        "graphql_id": graphql_id("AuditEvent", event.uuid),
        "type": event.type,
        "occurred_at": iso(event.occurred_at),
        "actor": None if event.actor is None else attrs.asdict(event.actor),
        "subject": attrs.asdict(event.subject),
        "context": event.context,
        "data": event.data,
        "url": f"{view.organization_url(organization)}/audit_events/{event.uuid}",
    }
