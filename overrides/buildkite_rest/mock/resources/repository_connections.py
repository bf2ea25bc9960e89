"""Repository connections, which are created in a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import lookup
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, UnprocessableError
from ..http.routing import routes
from ..undo import stored
from ..values import Json
from .resource import Resource, field, no_values


@stored
class RepositoryConnection:
    """A connection to a repository provider, which is created in a browser."""

    id: str
    type: str
    display_name: str
    #: Account, host and rate limit at the provider, which lists leave out.
    service_account: Json | None = field(default=None, hidden=True)
    host: Json | None = field(default=None, hidden=True)
    rate_limit: Json | None = field(default=None, hidden=True)
    #: Empty if the type of the connection does not support listing them.
    repositories: tuple[Mapping[str, Any], ...] = field(default=(), hidden=True)


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _connections(call: Call) -> dict[str, RepositoryConnection]:
    connections = lookup.administered_organization(call).repository_connections
    uuid = call.params.get("repository_connection_id")
    if uuid is not None and not _UUID.fullmatch(uuid):
        raise BadRequestError("The id of the connection is not a UUID")
    return connections


repository_connections = Resource(
    type=RepositoryConnection,
    path="/v2/organizations/{org}/repository_connections",
    key="repository_connection_id",
    has_graphql_id=False,
    objects=_connections,
    scope="organization_repository_connections",
    operations=("list", "get"),
    paging="none",
    extra=lambda _, item: {name: getattr(item, name) for name in ("service_account", "host", "rate_limit")},
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
