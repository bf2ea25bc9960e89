"""Repository connections. They are created in a browser, and read-only in the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from .. import lookup
from ..backend import Backend
from ..clock import iso_seconds
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, NotFoundError, UnprocessableError
from ..http.routing import Routes
from ..ids import Kind
from ..rendering import RenderContext
from ..undo import stored
from ..values import Json

if TYPE_CHECKING:
    from .organizations import Organization


#: Types of connections whose repositories can be listed.
LISTING_TYPES = frozenset(
    {"github_app", "github_code_access_app", "github_restricted_app", "github_enterprise_app", "cursor_origin_app"}
)


@attrs.frozen(kw_only=True)
class ConnectedRepository:
    """A repository of a connection."""

    full_name: str
    host: str
    default_branch: str | None = "main"


@attrs.frozen(kw_only=True)
class ProviderRateLimit:
    """Rate limit of a connection at its provider."""

    limit: int
    used: int
    reset_at: float


@stored
class RepositoryConnection:
    """A connection to a repository provider."""

    id: str
    type: str
    display_name: str
    login: str | None = None
    host: Mapping[str, Any] | None = None
    rate_limit: ProviderRateLimit | None = None
    repositories: tuple[ConnectedRepository, ...] = ()


def listed_connection_json(
    context: RenderContext, organization: Organization, connection: RepositoryConnection
) -> Json:
    """Return a connection as JSON, as in lists."""
    return {
        "id": connection.id,
        "type": connection.type,
        "display_name": connection.display_name,
        "url": f"{context.organization_url(organization)}/repository_connections/{connection.id}",
    }


def repository_connection_json(
    context: RenderContext, organization: Organization, connection: RepositoryConnection
) -> Json:
    """Return a connection as JSON, with account, host and rate limit."""
    return {
        **listed_connection_json(context, organization, connection),
        "service_account": None if connection.login is None else {"login": connection.login},
        "host": connection.host,
        "rate_limit": None if connection.rate_limit is None else _rate_limit_json(connection.rate_limit),
    }


def _rate_limit_json(limit: ProviderRateLimit) -> Json:
    return {
        "limit": limit.limit,
        "used": limit.used,
        "remaining": limit.limit - limit.used,
        "reset_at": iso_seconds(limit.reset_at),
    }


def connected_repository_json(repository: ConnectedRepository) -> Json:
    address = f"https://{repository.host}/{repository.full_name}"
    return {
        "full_name": repository.full_name,
        "html_url": address,
        "clone_url": f"{address}.git",
        "default_branch": repository.default_branch,
    }


routes = Routes()
_CONNECTIONS_PATH = "/v2/organizations/{org}/repository_connections"
_CONNECTION_PATH = f"{_CONNECTIONS_PATH}/{{repository_connection_id}}"
_SCOPE = "read_organization_repository_connections"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@routes.route("GET", _CONNECTIONS_PATH, scope=_SCOPE)
def list_repository_connections(call: Call) -> Reply:
    context, organization = lookup.render_context(call), lookup.administered_organization(call)
    connections = organization.repository_connections.values()
    return json([listed_connection_json(context, organization, connection) for connection in connections])


@routes.route("GET", _CONNECTION_PATH, scope=_SCOPE)
def get_repository_connection(call: Call) -> Reply:
    return json(
        repository_connection_json(
            lookup.render_context(call), lookup.administered_organization(call), _find_connection(call)
        )
    )


@routes.route("GET", f"{_CONNECTION_PATH}/repositories", scope=_SCOPE)
def list_connected_repositories(call: Call) -> Reply:
    """List the repositories of a connection, optionally by name."""
    name = call.query.scalar("repository")
    connection = _find_connection(call)
    if connection.type not in LISTING_TYPES:
        raise UnprocessableError("Listing repositories is not supported for this type of connection")
    repositories = [
        repository
        for repository in connection.repositories
        if name is None or repository.full_name.casefold() == name.casefold()
    ]
    return json([connected_repository_json(repository) for repository in repositories])


def _find_connection(call: Call) -> RepositoryConnection:
    connections = lookup.administered_organization(call).repository_connections
    uuid = call.params["repository_connection_id"].lower()
    if not _UUID.fullmatch(uuid):
        raise BadRequestError("The id of the connection is not a UUID")
    if uuid not in connections:
        raise NotFoundError("No repository connection found")
    return connections[uuid]


_HOUR = 3_600.0
_SLUGS = ("web", "api", "deploy", "ios", "docs", "nightly", "zoo")
_SERVER = "github.acme.example"
#: Type, name, account, host, host name of its repositories.
_SEEDED_CONNECTIONS: tuple[tuple[str, str, str | None, dict[str, Any] | None, str], ...] = (
    ("github_app", "GitHub ({org})", "{org}", {"type": "github", "url": "https://github.com"}, "github.com"),
    ("github_code_access_app", "GitHub Limited Access ({org})", "{org}", {"type": "github", "url": None}, "github.com"),
    ("github_restricted_app", "GitHub Restricted ({org})", "{org}", None, "github.com"),
    (
        "github_enterprise_app",
        "GitHub Enterprise Server",
        "buildkite",
        {
            "type": "github_enterprise",
            "url": f"https://{_SERVER}",
            "webhook_allowed_addresses": None,
            "verify_server_cert": False,
            "proxy_auth_strategy": None,
        },
        _SERVER,
    ),
    (
        "github_enterprise",
        "GitHub Enterprise Server (old)",
        None,
        {"type": "github_enterprise", "url": f"https://{_SERVER}", "authentication_strategy": "oauth"},
        "",
    ),
    (
        "bitbucket_server",
        "Bitbucket Server",
        None,
        {
            "type": "bitbucket_server",
            "url": "https://git.acme.example,https://git2.acme.example",
            "webhook_allowed_addresses": "198.51.100.0/24",
            "verify_server_cert": True,
        },
        "",
    ),
    ("gitlab_self_managed", "GitLab", None, {"type": "gitlab", "url": "https://gitlab.acme.example"}, ""),
    ("cursor_origin_app", "Origin", "{org}", {"type": "origin", "url": "https://origin.example"}, "origin.example"),
)


def add_repository_connections(backend: Backend) -> None:
    """Add all connections to `acme`, and the first to `globex`."""
    for organization in backend.organizations.values():
        for type_, name, login, host, repository_host in (
            _SEEDED_CONNECTIONS if organization.slug == "acme" else _SEEDED_CONNECTIONS[:1]
        ):
            connection = RepositoryConnection(
                id=backend.new_id(Kind.REPOSITORY_CONNECTION),
                type=type_,
                display_name=name.format(org=organization.slug),
                login=None if login is None else login.format(org=organization.slug),
                host=host,
                rate_limit=ProviderRateLimit(limit=5_000, used=311, reset_at=backend.epoch + _HOUR)
                if "app" in type_
                else None,
                repositories=_seeded_repositories(organization.slug, repository_host) if repository_host else (),
            )
            organization.repository_connections[connection.id] = connection


def _seeded_repositories(owner: str, host: str) -> tuple[ConnectedRepository, ...]:
    slugs = [f"{owner}/{slug}" for slug in _SLUGS]
    return (
        *(ConnectedRepository(full_name=slug, host=host) for slug in slugs),
        ConnectedRepository(full_name=f"{owner}/Infra", host=host, default_branch="trunk"),
        ConnectedRepository(full_name=f"{owner}/empty", host=host, default_branch=None),
    )
