"""Rules as JSON."""

from __future__ import annotations

from ..clock import iso
from ..ids import graphql_id
from ..world.rules import Rule
from .accounts import user
from .view import Json, View


def rule(view: View, entry: Rule) -> Json:
    """Write a rule. Its description and its conditions are not shown."""
    return {
        "uuid": entry.uuid,
        "graphql_id": graphql_id("Rule", entry.uuid),
        "organization_uuid": entry.organization.id,
        "url": f"{view.organization_url(entry.organization)}/rules/{entry.uuid}",
        "type": entry.type,
        "source_type": "pipeline",
        "source_uuid": entry.source.id,
        "target_type": "pipeline",
        "target_uuid": entry.target.id,
        "effect": "allow",
        "action": entry.action,
        "created_at": iso(entry.created_at),
        "created_by": user(entry.created_by),
    }
