"""Repository connections. They are created in a browser, and read-only in the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import lookup
from ..clock import iso_seconds
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, UnprocessableError
from ..http.routing import routes
from ..ids import Kind
from ..undo import stored
from ..values import Json
from .resource import Resource, field, no_values


@stored
class RepositoryConnection:
    """A connection to a repository provider."""

    id: str
    type: str
    display_name: str
    login: str | None = field(default=None, hidden=True)
    host: Mapping[str, Any] | None = field(default=None, hidden=True)
    rate_limit_reset_at: float | None = field(default=None, hidden=True)
    #: Empty if the type of the connection does not support listing them.
    repositories: tuple[Mapping[str, Any], ...] = field(default=(), hidden=True)


def _details(_: Call, connection: RepositoryConnection) -> Json:
    """Return what lists leave out: account, host and rate limit at the provider."""
    reset = connection.rate_limit_reset_at
    limit = {"limit": _LIMIT, "used": _USED, "remaining": _LIMIT - _USED, "reset_at": iso_seconds(reset or 0)}
    return {
        "service_account": None if connection.login is None else {"login": connection.login},
        "host": connection.host,
        "rate_limit": None if reset is None else limit,
    }


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LIMIT, _USED = 5_000, 311


def _connections(call: Call) -> dict[str, RepositoryConnection]:
    connections = lookup.administered_organization(call).repository_connections
    uuid = call.params.get("repository_connection_id")
    if uuid is not None and not _UUID.fullmatch(uuid):
        raise BadRequestError("The id of the connection is not a UUID")
    return connections


repository_connections = Resource(
    type=RepositoryConnection,
    noun="repository connection",
    path="/v2/organizations/{org}/repository_connections",
    key="repository_connection_id",
    id_kind=Kind.REPOSITORY_CONNECTION,
    objects=_connections,
    read="read_organization_repository_connections",
    operations=("list", "get"),
    paging="none",
    extra=_details,
    extra_of_item=no_values,
)


@routes.route("GET", f"{repository_connections.item_path}/repositories", scope=repository_connections.read)
def list_connected_repositories(call: Call) -> Reply:
    """List the repositories of a connection, optionally by name."""
    name = call.query.scalar("repository")
    connection = repository_connections.find(call)
    if not connection.repositories:
        raise UnprocessableError("Listing repositories is not supported for this type of connection")
    return json(
        [one for one in connection.repositories if name is None or one["full_name"].casefold() == name.casefold()]
    )
