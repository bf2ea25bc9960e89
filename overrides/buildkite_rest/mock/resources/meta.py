"""The API itself. Needs no token."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes

routes = Routes()


@routes.route("GET", "/", public=True)
def get_root(call: Call) -> Reply:
    """Say that the API is there."""
    return json({"message": "🛠", "timestamp": int(call.now)})


@routes.route("GET", "/v2/meta", public=True)
def get_meta(call: Call) -> Reply:
    """List the addresses that webhooks come from."""
    return json({"webhook_ips": ["203.0.113.128/25", "198.51.100.23"]})
