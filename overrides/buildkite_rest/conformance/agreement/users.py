"""The current user, compared with the user inside the objects that it has created."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from ..._base.json_values import as_object
from ..invariants.nodes import nodes
from ..page_items import items_of
from .differences import difference
from .reading import PAGE, Comparison, Read
from .relations import Get

#: Lists of objects with a creator.
_CREATED: Final = ("listPortals", "listClusters", "listPipelineTemplates", "listRules", "listPipelines")


def mentioned_user(read: Read, get: Get) -> Comparison:
    """Check that the current user is the same where it is mentioned as the creator of an object."""
    user, organizations = read.get(get), read.other("listOrganizations", get)
    own = as_object(user.body)
    for organization in map(as_object, (items_of(organizations.body) or ()) if organizations is not None else ()):
        within = evolve(get, values={"org": str(organization.get("slug"))})
        for name in _CREATED:
            listed = read.other(name, within, {"per_page": PAGE})
            for node in nodes(listed.body if listed is not None and listed.ok else None):
                if listed is None or "avatar_url" not in node.value or node.value.get("id") != own.get("id"):
                    continue
                message = difference(own, node.value)
                return None if message is None else f"getUser differs from {name}: {message}", [user, listed]
    return None, [user]
