"""Paths, methods with HEAD, CORS and faults."""

from __future__ import annotations

import pytest
from tests.each import check_each

from buildkite_rest.mock.http.errors import NotFoundError
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

    def found(path):
        routes, params = table.find(path)
        return routes["GET"].path, params

    assert found("/teams/enable") == ("/teams/enable", {})
    assert found("/teams/7") == ("/teams/{id}", {"id": "7"})
    assert found("/teams/a%2Fb") == ("/teams/{id}", {"id": "a/b"})
    assert found("/teams/enable/members") == ("/teams/{id}/members", {"id": "enable"})
    for path in ("/teams/", "/teams"):
        with pytest.raises(NotFoundError):
            found(path)


VARYING = ("date", "ratelimit-remaining", "ratelimit-user-remaining")


def fixed(response):
    return {name: value for name, value in response.headers.items() if name not in VARYING}


@pytest.mark.parametrize("path", ["/", "/v2/user", f"{WEB}/builds?per_page=2", "/v2/organizations/nobody", "/_mock/"])
def test_a_response_has_the_headers_of_get_and_no_body(api, path):
    get, head = api.get(path), api.request("HEAD", path)
    assert (head.status_code, head.content, fixed(head)) == (get.status_code, b"", fixed(get))
    assert int(head.headers["Content-Length"]) == len(get.content)


def test_allowed_methods_have_head_where_there_is_get(api):
    allowed = api.request("OPTIONS", WEB).headers["Allow"].split(", ")
    assert sorted(allowed) == ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"]
    refused = api.request("HEAD", f"{WEB}/archive")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST, OPTIONS")
