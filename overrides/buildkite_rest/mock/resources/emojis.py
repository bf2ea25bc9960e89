"""Emojis."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..render import accounts
from . import lookup

routes = Routes()


@routes.route("GET", "/v2/organizations/{org}/emojis")
def list_emojis(call: Call) -> Reply:
    """List all emojis of an organization at once."""
    return json([accounts.emoji(symbol) for symbol in lookup.organization(call).emojis])
