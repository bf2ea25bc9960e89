"""The token that a request is made with."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.reply import Reply, json, no_content
from ..engine.routes import Routes
from ..render import accounts

routes = Routes()


@routes.route("GET", "/v2/access-token")
def get_access_token(call: Call) -> Reply:
    """Describe the token."""
    return json(accounts.token(call.token))


@routes.route("DELETE", "/v2/access-token")
def revoke_access_token(call: Call) -> Reply:
    """Revoke the token."""
    call.token.revoked = True
    return no_content()
