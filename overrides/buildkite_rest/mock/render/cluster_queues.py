"""Queues of clusters as JSON."""

from __future__ import annotations

from ..clock import iso, iso_or_none
from ..ids import graphql_id
from ..world.accounts import Organization
from ..world.clusters import Cluster
from ..world.queues import InstanceShape, Queue
from .accounts import user_or_none
from .clusters import cluster_page, cluster_url
from .view import Json, View


def cluster_queue(view: View, organization: Organization, cluster: Cluster, item: Queue) -> Json:
    """Write a queue. Hosted ones have machines in place of a choice of agents."""
    url = cluster_url(view, organization, cluster)
    body: Json = {
        "id": item.id,
        "graphql_id": graphql_id("ClusterQueue", item.id),
        "key": item.key,
        "description": item.description,
        "url": f"{url}/queues/{item.id}",
        "web_url": f"{cluster_page(organization, cluster)}/queues/{item.id}",
        "cluster_url": url,
        "dispatch_paused": item.paused,
        "dispatch_paused_by": user_or_none(item.paused_by),
        "dispatch_paused_at": iso_or_none(item.paused_at),
        "dispatch_paused_note": item.paused_note,
        "created_at": iso(item.created_at),
        "created_by": user_or_none(item.created_by),
    }
    if item.shape is None:
        return {**body, "retry_agent_affinity": item.retry_agent_affinity}
    return {**body, "hosted": True, "hosted_agents": _hosted_agents(item, item.shape)}


def _hosted_agents(item: Queue, shape: InstanceShape) -> Json:
    return {
        "instance_shape": {
            "machine_type": shape.machine_type,
            "architecture": shape.architecture,
            "cpu": shape.cpu,
            "memory": shape.memory,
            "name": shape.name,
        },
        "platform_settings": (
            {"linux": {"agent_image_ref": item.agent_image_ref}} if shape.machine_type == "linux" else {}
        ),
    }
