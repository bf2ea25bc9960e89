"""What hosted agents bring with them, as JSON: images, cache volumes, network ranges."""

from __future__ import annotations

from ..clock import iso, iso_or_none
from ..world.accounts import Organization
from ..world.clusters import Cluster
from ..world.hosted import AgentImage, CacheVolume, NetworkRange
from .clusters import cluster_page, cluster_url
from .view import Json, View

_BASE_IMAGE = "FROM docker.io/buildkite/hosted-agent-base:ubuntu-v1.3.0"


def agent_image(view: View, organization: Organization, cluster: Cluster, item: AgentImage, now: float) -> Json:
    """Write an agent image as it is at a moment."""
    url, status = cluster_url(view, organization, cluster), item.status(now)
    return {
        "id": item.id,
        "name": item.name,
        "status": status,
        "image_ref": item.ref if status == "READY" else None,
        "version": item.version,
        "last_build_error": item.error if status == "FAILED" else None,
        "dockerfile": item.dockerfile,
        "base_image": _BASE_IMAGE,
        "composed_dockerfile": f"{_BASE_IMAGE}\n{item.dockerfile}",
        "url": f"{url}/agent-images/{item.id}",
        "web_url": f"{cluster_page(organization, cluster)}/agent_images/{item.id}",
        "cluster_url": url,
    }


def cache_volume(cluster: Cluster, item: CacheVolume) -> Json:
    """Write a cache volume."""
    return {
        "id": item.id,
        "tag": item.tag,
        "cluster_id": cluster.id,
        "size_mb": item.size_mb,
        "created_at": iso(item.created_at),
        "attached_at": iso_or_none(item.attached_at),
        "detached_at": iso_or_none(item.detached_at),
    }


def network_range(item: NetworkRange) -> Json:
    """Write a network range."""
    return {"cidr_range": item.cidr_range, "kind": item.kind}
