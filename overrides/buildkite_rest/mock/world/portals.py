"""Portals: GraphQL operations that are stored and can be run, and nothing else with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import UnprocessableError

if TYPE_CHECKING:
    from .accounts import Organization, User

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_LONGEST_SLUG = 100


@attrs.define(kw_only=True, eq=False)
class Portal:
    """A GraphQL document under a name, and who may run it."""

    uuid: str
    organization: Organization
    slug: str
    name: str
    query: str
    created_at: float
    created_by: User
    description: str | None = None
    allowed_ip_addresses: str | None = None
    user_invokable: bool = False


def check_portal(organization: Organization, fields: Mapping[str, Any], portal: Portal | None = None) -> None:
    """Refuse what the fields of a new portal, or the changes to one, cannot be."""
    for field in ("name", "query"):
        if field in fields and not fields[field].strip():
            raise _invalid(f"{field.capitalize()} can't be blank")
    slug = fields.get("slug")
    if slug is not None and (not _SLUG.fullmatch(slug) or len(slug) > _LONGEST_SLUG):
        raise _invalid("Slug is invalid")
    if organization.portals.get(slug or "") not in (None, portal):
        raise _invalid("Slug has already been taken")
    for address in (fields.get("allowed_ip_addresses") or "").split():
        try:
            ip_network(address, strict=False)
        except ValueError as error:
            raise _invalid("Allowed IP addresses must be in CIDR notation") from error


def _invalid(reason: str) -> UnprocessableError:
    return UnprocessableError(f"Validation failed: {reason}")
