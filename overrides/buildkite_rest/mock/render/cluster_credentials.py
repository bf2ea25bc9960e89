"""Agent tokens and secrets of clusters as JSON."""

from __future__ import annotations

from ..clock import iso, iso_or_none
from ..ids import graphql_id
from ..world.accounts import Organization, User
from ..world.clusters import AgentToken, Cluster, Secret
from .accounts import user_or_none
from .clusters import cluster_url
from .view import WEB, Json, View


def agent_token(
    view: View, organization: Organization, cluster: Cluster, item: AgentToken, *, with_value: bool = False
) -> Json:
    """Write an agent token. Only the answer that creates it has its value."""
    url = cluster_url(view, organization, cluster)
    body: Json = {
        "id": item.id,
        "graphql_id": graphql_id("ClusterToken", item.id),
        "description": item.description,
        "allowed_ip_addresses": item.allowed_ip_addresses,
        "expires_at": item.expires_at,
        "url": f"{url}/tokens/{item.id}",
        "cluster_url": url,
        "created_at": iso(item.created_at),
        "created_by": user_or_none(item.created_by),
    }
    return {**body, "token": item.value} if with_value else body


def secret(view: View, organization: Organization, cluster: Cluster, item: Secret) -> Json:
    """Write a secret, without its value."""
    url = cluster_url(view, organization, cluster)
    return {
        "id": item.id,
        "graphql_id": graphql_id("Secret", item.id),
        "key": item.key,
        "description": item.description,
        "policy": item.policy,
        "created_at": iso(item.created_at),
        "created_by": _brief_user(item.created_by),
        "updated_at": iso(item.updated_at),
        "updated_by": _brief_user(item.updated_by),
        "last_read_at": iso_or_none(item.last_read_at),
        "url": f"{url}/secrets/{item.id}",
        "cluster_url": url,
        "organization": {
            "id": organization.id,
            "slug": organization.slug,
            "url": view.organization_url(organization),
            "web_url": f"{WEB}/{organization.slug}",
        },
    }


def _brief_user(person: User | None) -> Json | None:
    return None if person is None else {"id": person.id, "name": person.name, "email": person.email}
