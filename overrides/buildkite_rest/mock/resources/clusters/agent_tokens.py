"""Agent tokens of clusters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import attrs

from ... import lookup
from ...backend import DAY, Backend
from ...clock import iso, iso_seconds
from ...http.call import Call
from ...http.collection import Collection
from ...http.errors import validation_failed
from ...http.routing import Routes
from ...ids import Kind, digest, graphql_id
from ...rendering import RenderContext
from ...undo import stored
from ...values import Json
from ..organizations import Organization
from ..users import User, user_json_or_none

if TYPE_CHECKING:
    from .cluster import Cluster


@stored
class AgentToken:
    """A token with which agents connect to a cluster."""

    id: str
    value: str = attrs.field(repr=False)
    description: str
    created_at: float
    created_by: User | None
    allowed_ip_addresses: str | None = None
    expires_at: str | None = None


def agent_token_json(
    context: RenderContext, organization: Organization, cluster: Cluster, token: AgentToken, *, with_value: bool = False
) -> Json:
    """Return an agent token as JSON. Its value is only in the response that creates it."""
    url = context.cluster_url(organization, cluster)
    body: Json = {
        "id": token.id,
        "graphql_id": graphql_id("ClusterToken", token.id),
        "description": token.description,
        "allowed_ip_addresses": token.allowed_ip_addresses,
        "expires_at": token.expires_at,
        "url": f"{url}/tokens/{token.id}",
        "cluster_url": url,
        "created_at": iso(token.created_at),
        "created_by": user_json_or_none(token.created_by),
    }
    return {**body, "token": token.value} if with_value else body


routes = Routes()
_tokens = Collection(
    noun="agent token",
    path="/v2/organizations/{org}/clusters/{cluster_id}/tokens",
    key="token_id",
    objects=lambda call: lookup.cluster(call).agent_tokens,
    render=lambda call, token: _render(call, token, with_value=False),
)
_SHORTEST_LIFE = timedelta(minutes=10)
_MOST_RANGES = 24


def _render(call: Call, token: AgentToken, *, with_value: bool) -> object:
    return agent_token_json(
        lookup.render_context(call), lookup.organization(call), lookup.cluster(call), token, with_value=with_value
    )


_tokens.add_list_route(routes, scope="read_clusters")
_tokens.add_read_route(routes, scope="read_clusters")
_tokens.add_delete_route(routes, scope="write_clusters", before=lambda call, _: lookup.managed_cluster(call))


@_tokens.add_create_route(
    routes, scope="write_clusters", render=lambda call, token: _render(call, token, with_value=True)
)
def create_cluster_agent_token(call: Call) -> tuple[str, AgentToken]:
    """Create an agent token. Only this response contains its value."""
    lookup.managed_cluster(call)
    expires_at = _checked_expiry(call.body.get("expires_at"), call.now)
    addresses = _checked_addresses(call.body.get("allowed_ip_addresses"))
    identifier = call.backend.new_id(Kind.AGENT_TOKEN)
    return identifier, AgentToken(
        id=identifier,
        value=digest("agent token", identifier, length=24),
        description=call.body["description"],
        allowed_ip_addresses=addresses,
        expires_at=expires_at,
        created_at=call.now,
        created_by=call.token.user,
    )


@_tokens.add_update_route(routes, "PUT", scope="write_clusters", alias_methods=("PATCH",))
def update_cluster_agent_token(call: Call, token: AgentToken) -> None:
    """Update the fields that the body names, except the expiry, which cannot be changed."""
    lookup.managed_cluster(call)
    if "allowed_ip_addresses" in call.body:
        token.allowed_ip_addresses = _checked_addresses(call.body["allowed_ip_addresses"])
    token.description = call.body.get("description", token.description)


def _checked_expiry(text: str | None, now: float) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise validation_failed("Expires at is not a time") from error
    if moment < datetime.fromtimestamp(now, UTC) + _SHORTEST_LIFE:
        raise validation_failed("Expires at must be at least 10 minutes from now")
    return iso_seconds(moment.replace(microsecond=0).timestamp())


def _checked_addresses(text: str | None) -> str | None:
    """Validate IP ranges separated by whitespace."""
    ranges = (text or "").split()
    if len(ranges) > _MOST_RANGES:
        raise validation_failed(f"Allowed IP addresses can't be more than {_MOST_RANGES} ranges")
    try:
        for one in ranges:
            IPv4Network(one, strict=False)
    except ValueError as error:
        raise validation_failed("Allowed IP addresses must be in CIDR notation") from error
    return " ".join(ranges) or None


#: Description, IP ranges, days until it expires.
_SEEDED_TOKENS = (
    ("Machines in Vienna", "203.0.113.0/24 198.51.100.7", None),
    ("Macs", None, 365.0),
    ("Was for the move", "0.0.0.0/0", -30.0),
)


def add_agent_tokens(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for cluster in list(organization.clusters.values())[:2]:
            _add_tokens(backend, organization, cluster)


def _add_tokens(backend: Backend, organization: Organization, cluster: Cluster) -> None:
    for position, (description, addresses, days) in enumerate(_SEEDED_TOKENS):
        identifier = backend.new_id(Kind.AGENT_TOKEN)
        cluster.agent_tokens[identifier] = AgentToken(
            id=identifier,
            value=digest("agent token", identifier, length=24),
            description=description,
            allowed_ip_addresses=addresses,
            expires_at=None if days is None else iso_seconds(backend.epoch + days * DAY),
            created_at=backend.epoch - (200 - position) * DAY,
            created_by=organization.members[position % len(organization.members)] if position else None,
        )
