"""Network ranges of clusters with hosted agents."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..render.hosted import network_range
from . import lookup

routes = Routes()


@routes.route("GET", "/v2/organizations/{org}/clusters/{cluster_id}/network_ranges", scope="read_clusters")
def list_cluster_network_ranges(call: Call) -> Reply:
    """List the addresses from which hosted agents reach the outside."""
    cluster = lookup.managed_cluster(call)
    return json([network_range(item) for item in cluster.network_ranges] if cluster.hosted else [])
