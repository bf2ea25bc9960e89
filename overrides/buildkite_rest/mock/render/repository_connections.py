"""Repository connections and the repositories that they reach as JSON."""

from __future__ import annotations

from ..clock import iso
from ..world.accounts import Organization
from ..world.repository_connections import ConnectedRepository, ProviderRateLimit, RepositoryConnection
from .view import Json, View


def listed_connection(view: View, organization: Organization, connection: RepositoryConnection) -> Json:
    """Write a connection as lists have it."""
    return {
        "id": connection.id,
        "type": connection.type,
        "display_name": connection.display_name,
        "url": f"{view.organization_url(organization)}/repository_connections/{connection.id}",
    }


def repository_connection(view: View, organization: Organization, connection: RepositoryConnection) -> Json:
    """Write a connection with its account, its host and its rate limit."""
    return {
        **listed_connection(view, organization, connection),
        "service_account": None if connection.login is None else {"login": connection.login},
        "host": connection.host,
        "rate_limit": None if connection.rate_limit is None else _rate_limit(connection.rate_limit),
    }


def _rate_limit(limit: ProviderRateLimit) -> Json:
    return {
        "limit": limit.limit,
        "used": limit.used,
        "remaining": limit.limit - limit.used,
        "reset_at": iso(limit.reset_at),
    }


def connected_repository(repository: ConnectedRepository) -> Json:
    """Write a repository."""
    address = f"https://{repository.host}/{repository.full_name}"
    return {
        "full_name": repository.full_name,
        "html_url": address,
        "clone_url": f"{address}.git",
        "default_branch": repository.default_branch,
    }
