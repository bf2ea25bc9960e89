"""The user to whom the token belongs."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..render import accounts

routes = Routes()


@routes.route("GET", "/v2/user", scope="read_user")
def get_user(call: Call) -> Reply:
    """Return the user."""
    return json(accounts.user(call.token.user))
