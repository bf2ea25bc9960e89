"""Portals: a plain one, one for few addresses, one that members may run themselves."""

from __future__ import annotations

from ..ids import Kind
from ..world.pipeline_edits import derived_slug
from ..world.portals import Portal
from ..world.world import World
from .accounts import DAY, EPOCH

_QUERY = "query Viewer { viewer { user { name } } }\n"
_PORTALS = (
    ("Who am I", "The name behind a token", None, False),
    ("Deploy from the office", None, "198.51.100.0/24 2001:db8::/32", False),
    ("Status board", "For everybody", None, True),
    ("Release train", None, "203.0.113.7/32", True),
)


def add_portals(world: World) -> None:
    """Add portals to each organization."""
    for organization in world.organizations.values():
        for number, (name, description, addresses, user_invokable) in enumerate(_PORTALS):
            slug = derived_slug(name)
            organization.portals[slug] = Portal(
                uuid=world.new_id(Kind.PORTAL),
                organization=organization,
                slug=slug,
                name=name,
                query=_QUERY,
                created_at=EPOCH - (25 - number) * DAY,
                created_by=organization.members[number % len(organization.members)],
                description=description,
                allowed_ip_addresses=addresses,
                user_invokable=user_invokable,
            )
