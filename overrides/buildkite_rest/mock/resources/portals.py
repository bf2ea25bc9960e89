"""Portals, which administrators manage. What their GraphQL documents say is nobody's business here."""

from __future__ import annotations

from typing import Any

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..ids import Kind, digest
from ..render.portals import portal as render
from ..world.pipeline_edits import derived_slug
from ..world.portals import Portal, check_portal
from . import lookup

routes = Routes()
_FIELDS = ("name", "query", "slug", "description", "allowed_ip_addresses", "user_invokable")
_portals = Collection(
    noun="portal",
    path="/v2/organizations/{org}/portals",
    key="portal_slug",
    shelf=lambda call: lookup.organization(call).portals,
    render=lambda _, portal: render(portal),
)
_portals.lists(routes, scope="read_portals")
_portals.reads(routes, scope="read_portals")
_portals.deletes(routes, scope="write_portals", before=lambda call, _: lookup.administered(call))


@_portals.creates(
    routes,
    scope="write_portals",
    render=lambda call, portal: {**render(portal), "token": f"bkpt_{digest('portal', call.world.seed, portal.uuid)}"},
)
def create_portal(call: Call) -> tuple[str, Portal]:
    """Create a portal, whose slug comes from its name unless the body has one. Only this answer has its token."""
    lookup.administered(call)
    organization = lookup.organization(call)
    fields: dict[str, Any] = {"slug": derived_slug(call.body["name"]), **_fields(call)}
    check_portal(organization, fields)
    uuid = call.world.new_id(Kind.PORTAL)
    return fields["slug"], Portal(
        uuid=uuid, organization=organization, created_at=call.now, created_by=call.token.user, **fields
    )


@_portals.updates(routes, "PUT", scope="write_portals")
def update_portal(call: Call, portal: Portal) -> None:
    """Change what the body names. A new slug changes the address of the portal, a new name does not."""
    lookup.administered(call)
    portals, fields = portal.organization.portals, _fields(call)
    check_portal(portal.organization, fields, portal)
    del portals[portal.slug]
    for name, value in fields.items():
        setattr(portal, name, value)
    portals[portal.slug] = portal


def _fields(call: Call) -> dict[str, Any]:
    return {name: call.body[name] for name in _FIELDS if name in call.body}
