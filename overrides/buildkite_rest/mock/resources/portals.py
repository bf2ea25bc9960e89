"""Portals: stored GraphQL documents. They are not parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call
from ..http.collection import Collection
from ..http.errors import validation_failed
from ..http.routing import Routes
from ..ids import Kind, digest
from ..undo import stored
from ..values import Json, derived_slug, replace_key
from .users import User, user_json

if TYPE_CHECKING:
    from .organizations import Organization


_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_LONGEST_SLUG = 100


@stored
class Portal:
    """A stored GraphQL document."""

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
    """Raise 422 if fields of a new or changed portal are invalid."""
    for field in ("name", "query"):
        if field in fields and not fields[field].strip():
            raise validation_failed(f"{field.capitalize()} can't be blank")
    slug = fields.get("slug")
    if slug is not None and (not _SLUG.fullmatch(slug) or len(slug) > _LONGEST_SLUG):
        raise validation_failed("Slug is invalid")
    if organization.portals.get(slug or "") not in (None, portal):
        raise validation_failed("Slug has already been taken")
    for address in (fields.get("allowed_ip_addresses") or "").split():
        try:
            ip_network(address, strict=False)
        except ValueError as error:
            raise validation_failed("Allowed IP addresses must be in CIDR notation") from error


def portal_json(portal: Portal) -> Json:
    """Return a portal as JSON, without its token."""
    return {
        "uuid": portal.uuid,
        "slug": portal.slug,
        "organization_uuid": portal.organization.id,
        "name": portal.name,
        "description": portal.description,
        "query": portal.query,
        "created_at": iso(portal.created_at),
        # The documentation has `id`; Terraform reads `uuid`.
        "created_by": {**user_json(portal.created_by), "uuid": portal.created_by.id},
        "allowed_ip_addresses": portal.allowed_ip_addresses,
        "user_invokable": portal.user_invokable,
    }


routes = Routes()
_FIELDS = ("name", "query", "slug", "description", "allowed_ip_addresses", "user_invokable")
_portals = Collection(
    noun="portal",
    path="/v2/organizations/{org}/portals",
    key="portal_slug",
    objects=lambda call: lookup.organization(call).portals,
    render=lambda _, portal: portal_json(portal),
)
_portals.add_list_route(routes, scope="read_portals")
_portals.add_read_route(routes, scope="read_portals")
_portals.add_delete_route(routes, scope="write_portals", before=lambda call, _: lookup.administered_organization(call))


@_portals.add_create_route(
    routes,
    scope="write_portals",
    render=lambda call, portal: {
        **portal_json(portal),
        "token": f"bkpt_{digest('portal', call.backend.seed, portal.uuid)}",
    },
)
def create_portal(call: Call) -> tuple[str, Portal]:
    """Create a portal. Its slug is derived from its name by default. Only this response contains its token."""
    lookup.administered_organization(call)
    organization = lookup.organization(call)
    fields: dict[str, Any] = {"slug": derived_slug(call.body["name"]), **_given_fields(call)}
    check_portal(organization, fields)
    uuid = call.backend.new_id(Kind.PORTAL)
    return fields["slug"], Portal(
        uuid=uuid, organization=organization, created_at=call.now, created_by=call.token.user, **fields
    )


@_portals.add_update_route(routes, "PUT", scope="write_portals")
def update_portal(call: Call, portal: Portal) -> None:
    """Update the fields that the body names. A new slug changes the URL of the portal, a new name does not."""
    lookup.administered_organization(call)
    portals, fields = portal.organization.portals, _given_fields(call)
    check_portal(portal.organization, fields, portal)
    replace_key(portals, portal.slug, fields.get("slug", portal.slug))
    for name, value in fields.items():
        setattr(portal, name, value)


def _given_fields(call: Call) -> dict[str, Any]:
    return {name: call.body[name] for name in _FIELDS if name in call.body}


_SEEDED_QUERY = "query Viewer { viewer { user { name } } }\n"
_SEEDED_PORTALS = (
    ("Who am I", "The name behind a token", None, False),
    ("Deploy from the office", None, "198.51.100.0/24 2001:db8::/32", False),
    ("Status board", "For everybody", None, True),
    ("Release train", None, "203.0.113.7/32", True),
)


def add_portals(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for number, (name, description, addresses, user_invokable) in enumerate(_SEEDED_PORTALS):
            slug = derived_slug(name)
            organization.portals[slug] = Portal(
                uuid=backend.new_id(Kind.PORTAL),
                organization=organization,
                slug=slug,
                name=name,
                query=_SEEDED_QUERY,
                created_at=backend.epoch - (25 - number) * DAY,
                created_by=organization.members[number % len(organization.members)],
                description=description,
                allowed_ip_addresses=addresses,
                user_invokable=user_invokable,
            )
