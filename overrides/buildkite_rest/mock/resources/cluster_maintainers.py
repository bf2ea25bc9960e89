"""Maintainers of clusters: users and teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import validation_failed
from ..ids import Kind
from ..render.clusters import maintainer as render
from ..world.accounts import User
from ..world.clusters import Cluster, Maintainer
from ..world.teams import Team
from . import lookup

routes = Routes()
_maintainers = Collection(
    noun="cluster maintainer",
    path="/v2/organizations/{org}/clusters/{cluster_id}/maintainers",
    key="maintainer_id",
    shelf=lambda call: lookup.cluster(call).maintainers_in(lookup.organization(call)),
    render=lambda _, maintainer: render(maintainer),
)


def _check(call: Call, _: Maintainer) -> None:
    """Refuse those who are not administrators."""
    lookup.administered(call)


_maintainers.lists(routes, scope="read_clusters")
_maintainers.reads(routes, scope="read_clusters")
_maintainers.deletes(routes, scope="write_clusters", before=_check)


@_maintainers.creates(routes, scope="write_clusters")
def create_cluster_maintainer(call: Call) -> tuple[str, Maintainer]:
    """Let a user or a team maintain a cluster. That takes an administrator."""
    lookup.administered(call)
    maintainer = new_maintainer(call, lookup.cluster(call), call.body)
    return maintainer.id, maintainer


def new_maintainer(call: Call, cluster: Cluster, body: Mapping[str, Any]) -> Maintainer:
    """Make a maintainer from a body that names a user or a team of the organization, or refuse."""
    organization = lookup.organization(call)
    actors: dict[str, list[User | Team]] = {"user": [*organization.members], "team": [*organization.teams.values()]}
    kind = next((kind for kind in actors if kind in body), None)
    if kind is None:
        raise validation_failed("User or team must be given")
    title, named = kind.capitalize(), body[kind].lower()
    actor = next((actor for actor in actors[kind] if actor.id == named), None)
    if actor is None:
        raise validation_failed(f"{title} must belong to the organization")
    if any(one.actor is actor for one in cluster.maintainers.values()):
        raise validation_failed(f"{title} maintains the cluster already")
    return Maintainer(id=call.world.new_id(Kind.CLUSTER_MAINTAINER), actor=actor)
