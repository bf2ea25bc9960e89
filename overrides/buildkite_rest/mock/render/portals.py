"""Portals as JSON."""

from __future__ import annotations

from ..clock import iso
from ..world.portals import Portal
from .accounts import user
from .view import Json


def portal(entry: Portal) -> Json:
    """Write a portal, without its token."""
    return {
        "uuid": entry.uuid,
        "slug": entry.slug,
        "organization_uuid": entry.organization.id,
        "name": entry.name,
        "description": entry.description,
        "query": entry.query,
        "created_at": iso(entry.created_at),
        "created_by": user(entry.created_by),
        "allowed_ip_addresses": entry.allowed_ip_addresses,
        "user_invokable": entry.user_invokable,
    }
