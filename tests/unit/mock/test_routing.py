"""Paths, methods, CORS and faults."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from tests.each import check_each

from buildkite_rest.mock import READ_ONLY_TOKEN
from buildkite_rest.mock.http.routing import Routes, RouteTable
from buildkite_rest.mock.resources import ROUTES

from .caller import WEB

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@pytest.mark.parametrize(
    "path",
    ["/nope", "/v2", "/v2/", "/v1/user", "/v2//user", "/v2/organizations/acme/nope", "/v2/user%2F"],
)
def test_an_unknown_path_is_404(api, path):
    response = api.get(path)
    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def concrete(path):
    values = {"org": "acme", "pipeline": "web", "number": "42", "job_id": "x", "agent_id": "x"}
    for name, value in {**values, "artifact_id": "x", "annotation_id": "x"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def test_allow_lists_what_works_and_nothing_else(api):
    outsider = api.as_owner_of(None)

    def check(path):
        response = outsider.request("BREW", concrete(path))
        assert response.status_code == 405
        assert response.headers["Content-Type"].startswith("application/json")
        allowed = set(response.headers["Allow"].split(", "))
        for method in METHODS:
            status = outsider.request(method, concrete(path)).status_code
            assert (status != 405) == (method in allowed), method
        routes = [route for route in ROUTES if route.path == path]
        methods = {method for route in routes for method in (route.method, *route.alias_methods)}
        assert allowed == methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())

    check_each({route.path: (route.path,) for route in ROUTES}, check)


@pytest.fixture
def aliased(api):
    """URLs of objects that another method updates too, by path."""
    cluster = api.get("/v2/organizations/acme/clusters").json()[0]["url"]
    owners = {
        "/v2/organizations/{org}/clusters/{cluster_id}": "/v2/organizations/acme/clusters",
        "/v2/organizations/{org}/clusters/{cluster_id}/queues/{queue_id}": f"{cluster}/queues",
        "/v2/organizations/{org}/clusters/{cluster_id}/tokens/{token_id}": f"{cluster}/tokens",
        "/v2/organizations/{org}/pipelines/{pipeline}/schedules/{schedule_id}": f"{WEB}/schedules",
        "/v2/packages/organizations/{org}/registries/{registry}": "/v2/packages/organizations/acme/registries",
    }
    return {path: api.get(owner).json()[0]["url"] for path, owner in owners.items()}


def test_every_alias_updates(api, aliased):
    aliases = {route.path: route.alias_methods for route in ROUTES if route.alias_methods}
    assert aliases["/v2/packages/organizations/{org}/registries/{registry}"] == ("PATCH", "PUT")
    reader = api.as_owner_of(READ_ONLY_TOKEN)
    for path, url in aliased.items():
        key = "label" if "/schedules/" in url else "description"
        for method in aliases[path]:
            response = api.request(method, url, json={key: f"By {method}"})
            assert (response.status_code, response.json()[key]) == (200, f"By {method}"), url
            assert api.get(url).json() == response.json()
            assert api.request(method, url, json={key: 5}).status_code in {400, 422}
            assert reader.request(method, url, json={}).status_code == 403
    events = api.get("/v2/organizations/acme/audit_events").json()["items"][: len(aliased) + 1]
    assert {event["type"] for event in events} == {
        f"{name}UpdatedEvent" for name in ("Cluster", "ClusterQueue", "ClusterToken", "PipelineSchedule", "Registry")
    }


def test_aliases_are_in_the_spec(aliased):
    paths = json.loads((files("_buildkite_rest") / "openapi.json").read_bytes())["paths"]
    behaviour = json.loads((files("_buildkite_rest") / "behaviour.json").read_bytes())["operations"]
    described = {
        (method.upper(), path): tuple(words["alias-methods"])
        for path, item in paths.items()
        for method, operation in item.items()
        if "alias-methods" in (words := behaviour.get(operation["operationId"], {}))
    }
    assert described == {(route.method, route.path): route.alias_methods for route in ROUTES if route.alias_methods}
    assert {path for _, path in described} == set(aliased)


def test_a_preflight_needs_no_token(api):
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    response = api.as_owner_of(None).request("OPTIONS", f"{WEB}/builds", headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == response.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type", "traceparent"} <= {name.strip() for name in allowed.split(",")}
    assert api.request("OPTIONS", "/nope").status_code == 404


def test_a_fixed_segment_goes_before_a_parameter():
    routes = Routes()
    for path in ("/teams/{id}", "/teams/enable", "/teams/{id}/members", "/teams/enable/now"):
        routes.route("GET", path)(lambda call: call)
    table = RouteTable.from_routes(routes.routes)

    def found(*segments):
        result = table.find(segments)
        return None if result is None else (result[0]["GET"].path, result[1])

    assert found("teams", "enable") == ("/teams/enable", {})
    assert found("teams", "7") == ("/teams/{id}", {"id": "7"})
    assert found("teams", "enable", "members") == ("/teams/{id}/members", {"id": "enable"})
    assert found("teams", "") is None
    assert found("teams") is None
