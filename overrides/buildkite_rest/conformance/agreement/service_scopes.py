"""The objects that a notification service is limited to: pipelines, teams or clusters, as its scope says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..._base.json_values import as_array, as_object
from ..page_items import items_of
from .reading import PAGE, Comparison, Read
from .relations import Get

#: Operations that list the objects of each scope.
_LISTS: Final[Mapping[str, str]] = {
    "some_projects": "listPipelines",
    "some_teams": "listTeams",
    "some_clusters": "listClusters",
}


def scope_kinds(read: Read, get: Get) -> Comparison:
    """Check that no service is limited to objects of another kind than that of its scope."""
    services = read.get(get)
    listed = {scope: read.other(name, get, {"per_page": PAGE}) for scope, name in _LISTS.items()}
    for service in map(as_object, items_of(services.body) or ()):
        uuids = set(map(str, as_array(service.get("scope_uuids"))))
        for scope, found in listed.items():
            items = (items_of(found.body) or ()) if found is not None and found.ok else ()
            wrong = uuids & {str(as_object(each).get("id")) for each in items}
            if found is not None and wrong and service.get("scope") in _LISTS.keys() - {scope}:
                message = f"scope_uuids has {min(wrong)} of {found.operation.id}, although scope is {service['scope']}"
                return message, [services, found]
    return None, [services]
