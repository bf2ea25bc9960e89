"""Repository connections. They are made in a browser, and only read here."""

from __future__ import annotations

import math
import re

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import BadRequestError, NotFoundError, UnavailableError, UnprocessableError
from ..render.repository_connections import connected_repository, listed_connection, repository_connection
from ..world.repository_connections import LISTING_TYPES, RepositoryConnection
from . import lookup

routes = Routes()
_CONNECTIONS = "/v2/organizations/{org}/repository_connections"
_CONNECTION = f"{_CONNECTIONS}/{{repository_connection_id}}"
_SCOPE = "read_organization_repository_connections"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@routes.route("GET", _CONNECTIONS, scope=_SCOPE)
def list_repository_connections(call: Call) -> Reply:
    """List all connections, with little of each."""
    view, organization = lookup.view(call), lookup.administered(call)
    connections = organization.repository_connections.values()
    return json([listed_connection(view, organization, connection) for connection in connections])


@routes.route("GET", _CONNECTION, scope=_SCOPE)
def get_repository_connection(call: Call) -> Reply:
    """Return one connection."""
    return json(repository_connection(lookup.view(call), lookup.administered(call), _connection(call)))


@routes.route("GET", f"{_CONNECTION}/repositories", scope=_SCOPE)
def list_connected_repositories(call: Call) -> Reply:
    """List the repositories of a connection, or the one that is asked for."""
    wanted = call.query.scalar("repository")
    connection = _connection(call)
    if connection.type not in LISTING_TYPES:
        raise UnprocessableError("Listing repositories is not supported for this type of connection")
    wait = (connection.unavailable_until or call.now) - call.now
    if wait > 0:
        raise UnavailableError("The service does not answer", headers={"Retry-After": str(math.ceil(wait))})
    found = [
        repository
        for repository in connection.repositories
        if wanted is None or repository.full_name.casefold() == wanted.casefold()
    ]
    return json([connected_repository(repository) for repository in found])


def _connection(call: Call) -> RepositoryConnection:
    connections = lookup.administered(call).repository_connections
    uuid = call.params["repository_connection_id"].lower()
    if not _UUID.fullmatch(uuid):
        raise BadRequestError("The id of the connection is not a UUID")
    if uuid not in connections:
        raise NotFoundError("No repository connection found")
    return connections[uuid]
