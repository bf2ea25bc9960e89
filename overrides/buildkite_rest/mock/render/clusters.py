"""Clusters and their maintainers as JSON."""

from __future__ import annotations

from ..clock import iso
from ..ids import graphql_id
from ..world.accounts import Organization, User
from ..world.clusters import Cluster, Maintainer
from ..world.queues import Queue
from ..world.teams import Team
from .accounts import user_or_none
from .view import WEB, Json, View


def cluster_url(view: View, organization: Organization, cluster: Cluster) -> str:
    """Return the address of a cluster in the API."""
    return f"{view.organization_url(organization)}/clusters/{cluster.id}"


def cluster_page(organization: Organization, cluster: Cluster) -> str:
    """Return the address of a cluster's page."""
    return f"{WEB}/organizations/{organization.slug}/clusters/{cluster.id}"


def cluster(view: View, organization: Organization, item: Cluster, *, with_caches: bool) -> Json:
    """Write a cluster. Its caches are only shown to who may manage it."""
    url, page = cluster_url(view, organization, item), cluster_page(organization, item)
    maintainers = [maintainer(one) for one in item.maintainers_in(organization).values()]
    body: Json = {
        "id": item.id,
        "graphql_id": graphql_id("Cluster", item.id),
        "default_queue_id": None if item.default_queue is None else item.default_queue.id,
        "name": item.name,
        "description": item.description,
        "emoji": item.emoji,
        "color": item.color,
        "maintainers": {
            "users": [one for one in maintainers if one["actor"]["type"] == "user"],
            "teams": [one for one in maintainers if one["actor"]["type"] == "team"],
        },
        "url": url,
        "web_url": page,
        "default_queue_url": None if item.default_queue is None else _queue_url(url, item.default_queue),
        "queues_url": f"{page}/queues",
        "created_at": iso(item.created_at),
        "created_by": user_or_none(item.created_by),
    }
    if with_caches:
        body["hosted_git_mirror_enabled"] = item.hosted_git_mirror_enabled
        body["hosted_container_cache_enabled"] = item.hosted_container_cache_enabled
    return body


def _queue_url(url: str, queue: Queue) -> str:
    return f"{url}/queues/{queue.id}"


def maintainer(item: Maintainer) -> Json:
    """Write a maintainer: which one, and which user or team it is."""
    return {"id": item.id, "actor": _actor(item.actor)}


def _actor(actor: User | Team) -> Json:
    if isinstance(actor, User):
        own: Json = {"graphql_id": graphql_id("User", actor.id), "email": actor.email, "type": "user"}
    else:
        own = {"graphql_id": graphql_id("Team", actor.id), "slug": actor.slug, "type": "team"}
    return {"id": actor.id, "name": actor.name, **own}
