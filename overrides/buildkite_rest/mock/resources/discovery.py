"""Where the API is described, and the description of Test Engine."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ..engine.accept import preferred
from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from . import build_tests, execution_tags, flaky_tests, quarantine, test_runs, test_suites, tests

routes = Routes()
_ANALYTICS = "/v2/analytics"
_DESCRIBED = (test_suites, test_runs, tests, quarantine, flaky_tests, build_tests, execution_tags)
_MEDIA_TYPES = ("application/json", "application/linkset+json")


@routes.route("GET", "/.well-known/api-catalog", public=True)
def get_api_catalog(call: Call) -> Reply:
    """Tell where the description of Test Engine is."""
    anchor = f"{call.base_url}{_ANALYTICS}"
    entry = {
        "anchor": anchor,
        "service-desc": [{"href": f"{anchor}/openapi.yaml", "type": "application/openapi+yaml"}],
        "service-doc": [{"href": "https://buildkite.com/docs/apis/rest-api", "type": "text/html"}],
    }
    reply = json({"linkset": [entry]})
    return Reply(200, reply.body, preferred(call.headers.get("accept"), _MEDIA_TYPES))


@routes.route("GET", f"{_ANALYTICS}/openapi.yaml", public=True)
def get_analytics_description(call: Call) -> Reply:
    """Describe what is served of Test Engine: paths, methods, scopes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in (route for resource in _DESCRIBED for route in resource.routes.routes):
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"\{([^{}]*)\}", route.path)
        ]
        paths.setdefault(route.path, {})[route.method.lower()] = {
            "parameters": parameters,
            "security": [{"token": sorted(route.scopes)}],
            "responses": {"2XX": {"description": "Success"}},
        }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Test Engine", "version": "2"},
        "servers": [{"url": call.base_url}],
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
    return Reply(200, yaml.safe_dump(document, sort_keys=False).encode(), "application/openapi+yaml")
