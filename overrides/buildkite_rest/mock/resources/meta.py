"""API root, webhook addresses and discovery documents."""

# The type stubs of PyYAML do not say which streams `safe_dump` writes to.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

import yaml

from ..http.call import Call, Reply, json
from ..http.content import preferred_media_type
from ..http.routing import routes


@routes.route("GET", "/", public=True)
def get_root(call: Call) -> Reply:
    """Return a greeting."""
    return json({"message": "🛠", "timestamp": int(call.now)})


@routes.route("GET", "/v2/meta", public=True)
def get_meta(call: Call) -> Reply:
    """Return the source IP addresses of webhooks."""
    return json({"webhook_ips": ["203.0.113.128/25", "198.51.100.23"]})


_ANALYTICS = "/v2/analytics"
_MEDIA_TYPES = ("application/json", "application/linkset+json")


@routes.route("GET", "/.well-known/api-catalog", public=True)
def get_api_catalog(call: Call) -> Reply:
    """Return the link to the OpenAPI document of Test Engine."""
    anchor = f"{call.base_url}{_ANALYTICS}"
    entry = {
        "anchor": anchor,
        "service-desc": [{"href": f"{anchor}/openapi.yaml", "type": "application/openapi+yaml"}],
        "service-doc": [{"href": "https://buildkite.com/docs/apis/rest-api", "type": "text/html"}],
    }
    reply = json({"linkset": [entry]})
    return Reply(200, reply.body, preferred_media_type(call.headers.get("accept"), _MEDIA_TYPES))


@routes.route("GET", f"{_ANALYTICS}/openapi.yaml", public=True)
def get_analytics_description(call: Call) -> Reply:
    """Return an OpenAPI document with the paths of Test Engine."""
    paths: dict[str, dict[str, Any]] = {}
    for route in (route for route in routes.routes if route.path.startswith(_ANALYTICS)):
        paths.setdefault(route.path, {})[route.method.lower()] = {"responses": {"2XX": {"description": "Success"}}}
    document = {"openapi": "3.1.0", "info": {"title": "Test Engine", "version": "2"}, "paths": paths}
    return Reply(200, yaml.safe_dump(document, sort_keys=False).encode(), "application/openapi+yaml")
