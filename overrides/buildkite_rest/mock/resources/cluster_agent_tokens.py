"""Agent tokens of clusters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network

from ..clock import iso_seconds
from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import validation_failed
from ..ids import Kind, digest
from ..render.cluster_credentials import agent_token
from ..world.clusters import AgentToken
from . import lookup

routes = Routes()
_tokens = Collection(
    noun="agent token",
    path="/v2/organizations/{org}/clusters/{cluster_id}/tokens",
    key="token_id",
    shelf=lambda call: lookup.cluster(call).agent_tokens,
    render=lambda call, token: _render(call, token, with_value=False),
)
_SHORTEST_LIFE = timedelta(minutes=10)
_MOST_RANGES = 24


def _check(call: Call, _: AgentToken) -> None:
    """Refuse those who may not manage the cluster."""
    lookup.managed_cluster(call)


def _render(call: Call, token: AgentToken, *, with_value: bool) -> object:
    return agent_token(lookup.view(call), lookup.organization(call), lookup.cluster(call), token, with_value=with_value)


_tokens.lists(routes, scope="read_clusters")
_tokens.reads(routes, scope="read_clusters")
_tokens.deletes(routes, scope="write_clusters", before=_check)


@_tokens.creates(routes, scope="write_clusters", render=lambda call, token: _render(call, token, with_value=True))
def create_cluster_agent_token(call: Call) -> tuple[str, AgentToken]:
    """Create an agent token. Its value is shown now and never again."""
    lookup.managed_cluster(call)
    expires_at = _expiry(call.body.get("expires_at"), call.now)
    addresses = _addresses(call.body.get("allowed_ip_addresses"))
    identifier = call.world.new_id(Kind.AGENT_TOKEN)
    return identifier, AgentToken(
        id=identifier,
        value=digest("agent token", identifier, length=24),
        description=call.body["description"],
        allowed_ip_addresses=addresses,
        expires_at=expires_at,
        created_at=call.now,
        created_by=call.token.user,
    )


@_tokens.updates(routes, "PUT", scope="write_clusters", alias_methods=("PATCH",))
def update_cluster_agent_token(call: Call, token: AgentToken) -> None:
    """Change what the body names. When a token expires stays as it is, whatever the body says."""
    lookup.managed_cluster(call)
    if "allowed_ip_addresses" in call.body:
        token.allowed_ip_addresses = _addresses(call.body["allowed_ip_addresses"])
    token.description = call.body.get("description", token.description)


def _expiry(text: str | None, now: float) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise validation_failed("Expires at is not a time") from error
    if moment < datetime.fromtimestamp(now, UTC) + _SHORTEST_LIFE:
        raise validation_failed("Expires at must be at least 10 minutes from now")
    return iso_seconds(moment.replace(microsecond=0).timestamp())


def _addresses(text: str | None) -> str | None:
    """Check addresses, which spaces separate, and leave them as they are."""
    ranges = (text or "").split()
    if len(ranges) > _MOST_RANGES:
        raise validation_failed(f"Allowed IP addresses can't be more than {_MOST_RANGES} ranges")
    try:
        for one in ranges:
            IPv4Network(one, strict=False)
    except ValueError as error:
        raise validation_failed("Allowed IP addresses must be in CIDR notation") from error
    return " ".join(ranges) or None
