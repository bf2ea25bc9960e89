"""Clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import UnprocessableError, validation_failed
from ..ids import Kind
from ..render.clusters import cluster as render
from ..world.clusters import Cluster
from . import lookup
from .cluster_maintainers import new_maintainer
from .cluster_queues import refuse_if_connected

routes = Routes()
_clusters = Collection(
    noun="cluster",
    path="/v2/organizations/{org}/clusters",
    key="cluster_id",
    shelf=lambda call: lookup.organization(call).clusters,
    render=lambda call, cluster: _render(
        call, cluster, with_caches=cluster.managed_by(lookup.organization(call), call.token.user)
    ),
)
_CACHES = {
    "hosted_git_mirror_enabled": "Hosted git mirror",
    "hosted_container_cache_enabled": "Hosted container cache",
}


def _render(call: Call, cluster: Cluster, *, with_caches: bool) -> object:
    return render(lookup.view(call), lookup.organization(call), cluster, with_caches=with_caches)


_clusters.lists(routes, scope="read_clusters")
_clusters.reads(routes, scope="read_clusters")


@_clusters.creates(
    routes, scope="write_clusters", render=lambda call, cluster: _render(call, cluster, with_caches=False)
)
def create_cluster(call: Call) -> tuple[str, Cluster]:
    """Create a cluster without queues. That takes an administrator."""
    lookup.administered(call)
    cluster = Cluster(
        id=call.world.new_id(Kind.CLUSTER),
        name=_name(call.body),
        description=call.body.get("description"),
        emoji=call.body.get("emoji"),
        color=call.body.get("color"),
        created_at=call.now,
        created_by=call.token.user,
    )
    for body in call.body.get("maintainers", ()):
        maintainer = new_maintainer(call, cluster, body)
        cluster.maintainers[maintainer.id] = maintainer
    return cluster.id, cluster


@_clusters.updates(routes, "PUT", scope="write_clusters", alias_methods=("PATCH",))
def update_cluster(call: Call, cluster: Cluster) -> None:
    """Change what the body names. Only clusters with hosted agents have caches."""
    lookup.managed_cluster(call)
    name = _name(call.body) if "name" in call.body else cluster.name
    default_queue = cluster.default_queue
    if "default_queue_id" in call.body:
        queue_id = call.body["default_queue_id"]
        default_queue = None if queue_id is None else cluster.queues.get(queue_id.lower())
        if default_queue is None and queue_id is not None:
            raise validation_failed("Default queue must be a queue of the cluster")
    for field, title in _CACHES.items():
        if call.body.get(field, getattr(cluster, field)) != getattr(cluster, field) and not cluster.hosted:
            raise validation_failed(f"{title} can only be changed for hosted clusters")
    cluster.name, cluster.default_queue = name, default_queue
    for field in ("description", "emoji", "color", *_CACHES):
        if field in call.body:
            setattr(cluster, field, call.body[field])


def _name(body: Mapping[str, Any]) -> str:
    name: str = body["name"].strip()
    if not name:
        raise validation_failed("Name can't be blank")
    return name


def _remove(call: Call, cluster: Cluster) -> None:
    """Delete a cluster's queues, unless something still needs the cluster."""
    organization = lookup.organization(call)
    lookup.managed_cluster(call)
    if organization.pipeline_settings.default_cluster_id == cluster.id:
        raise UnprocessableError("Cluster can't be deleted while it is the default one for new pipelines")
    if any(pipeline.cluster_id == cluster.id for pipeline in organization.pipelines.values()):
        raise UnprocessableError("Cluster can't be deleted while pipelines belong to it")
    for queue in cluster.queues.values():
        refuse_if_connected(organization, queue, "Cluster")
    for queue in cluster.queues.values():
        cluster.retire(queue)


_clusters.deletes(routes, scope="write_clusters", before=_remove)
