"""Organizations that the token may reach, and their rate limits."""

from __future__ import annotations

from ..clock import iso
from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..render import accounts
from . import lookup

routes = Routes()
ORGANIZATION = "/v2/organizations/{org}"
_GRAPHQL_LIMIT = 20_000
_GRAPHQL_WINDOW_SECONDS = 300


@routes.route("GET", "/v2/organizations", scope="read_organizations")
def list_organizations(call: Call) -> Reply:
    """List the organizations of the token."""
    view = lookup.view(call)
    return page(call, call.token.organizations, lambda owner: accounts.organization(view, owner))


@routes.route("GET", ORGANIZATION, scope="read_organizations")
def get_organization(call: Call) -> Reply:
    """Return one organization."""
    return json(accounts.organization(lookup.view(call), lookup.organization(call)))


@routes.route("GET", f"{ORGANIZATION}/rate_limit", scope="read_accounts")
def get_rate_limit(call: Call) -> Reply:
    """Report both limits of an organization. Nothing here uses up GraphQL points."""
    usage = call.organization_usage(lookup.organization(call))
    graphql_reset = _GRAPHQL_WINDOW_SECONDS - int(call.now) % _GRAPHQL_WINDOW_SECONDS
    return json(
        {
            "scopes": {
                "rest": _scope(call, usage.limit, usage.current, usage.reset, enforced=usage.enforced),
                "graphql": _scope(call, _GRAPHQL_LIMIT, 0, graphql_reset, enforced=True),
            }
        }
    )


def _scope(call: Call, limit: int, current: int, reset: int, *, enforced: bool) -> dict[str, object]:
    return {
        "limit": limit,
        "current": current,
        "reset": reset,
        "reset_at": iso(call.now + reset),
        "enforced": enforced,
    }
