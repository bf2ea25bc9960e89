"""Cache volumes of clusters with hosted agents."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.reply import Reply, json, no_content
from ..engine.routes import Routes
from ..errors import BadRequestError, NotFoundError
from ..render.hosted import cache_volume
from . import lookup

routes = Routes()
VOLUMES = "/v2/organizations/{org}/clusters/{cluster_id}/cache_volumes"


@routes.route("GET", VOLUMES, scope="read_clusters")
def list_cluster_cache_volumes(call: Call) -> Reply:
    """List for each tag the volume that was detached last."""
    cluster = lookup.managed_cluster(call)
    volumes = cluster.listed_cache_volumes() if cluster.hosted else []
    return json([cache_volume(cluster, volume) for volume in volumes])


@routes.route("DELETE", VOLUMES, scope="write_clusters", checks="tag")
def delete_cluster_cache_volume(call: Call) -> Reply:
    """Delete what is cached under a tag that is listed."""
    cluster, tag = lookup.managed_cluster(call), call.body.get("tag")
    if not isinstance(tag, str) or not tag:
        raise BadRequestError("`tag` must be a non-empty string")
    if not cluster.hosted:
        raise NotFoundError("This cluster has no hosted cache volumes")
    if tag not in [volume.tag for volume in cluster.listed_cache_volumes()]:
        raise NotFoundError(f"No cache volume found for tag: {tag}")
    cluster.cache_volumes = [volume for volume in cluster.cache_volumes if volume.tag != tag]
    return no_content()
