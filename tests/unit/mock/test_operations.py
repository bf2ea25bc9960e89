"""Rules for all operations, compared with the spec: which are served, and their scopes, organizations and pages."""

from __future__ import annotations

import re

import pytest
from tests.each import check_each
from tests.unit.client.openapi_document import described

from buildkite_rest.mock import READ_ONLY_TOKEN
from buildkite_rest.mock.resources import ROUTES
from buildkite_rest.mock.resources.access_tokens import all_scopes

SERVED = {name: (operation,) for name, operation in described().items()}
#: Objects that contain lists. An id is that of the first object in a list.
PARENTS = {"pipeline": "web", "number": "42", "registry": "gems", "suite_slug": "rspec"}
PARENT_IDS = {
    "build_id": ("/v2/organizations/acme/pipelines/web/builds?state=failed", "id"),
    "cluster_id": ("/v2/organizations/acme/clusters", "id"),
    "job_id": ("/v2/organizations/acme/pipelines/web/builds/42/artifacts", "job_id"),
    "run_id": ("/v2/analytics/organizations/acme/suites/rspec/runs", "id"),
    "team_uuid": ("/v2/organizations/acme/teams", "id"),
}
#: Lists of which the seed has at most one item.
SHORT = {
    "listBuildAnnotations",
    "listFailedExecutions",
    "listJobAnnotations",
    "listJobAnnotationsInBuild",
    "listJobArtifacts",
    "listJobArtifactsInBuild",
    "listOrganizations",
    "listStepUploads",
    "listTeamSuites",
}


def shape(method, path):
    return method, re.sub(r"\{[^}]*\}", "{}", path)


def without_objects(path, org="acme"):
    """Return a path with ids that no object has."""
    return re.sub(r"\{[^}]*\}", "none", path.replace("{org}", org).replace("{number}", "42"))


def test_every_operation_is_served_and_no_other():
    served = {shape(route.method, route.operation) for route in ROUTES}
    assert served == {shape(operation.method, operation.path) for (operation,) in SERVED.values()}


def test_each_operation_needs_its_scopes_and_no_others(api, backend):
    demanded = {shape(route.method, route.operation): route.scopes for route in ROUTES}
    token = backend.token_with_secret(READ_ONLY_TOKEN)
    caller = api.as_owner_of(READ_ONLY_TOKEN)

    def check(operation):
        token.revoked = False
        path, scopes = without_objects(operation.path), frozenset(operation.node.get("x-scopes", ()))
        by_mock = demanded[shape(operation.method, operation.path)]
        assert scopes == by_mock, f"the spec needs the scopes {sorted(scopes)}, the mock server {sorted(by_mock)}"
        for scope in scopes:
            token.scopes = all_scopes() - {scope}
            response = caller.request(operation.method, path, json={})
            assert response.status_code == 403
            assert f"does not have the scope {scope}." in response.text or operation.method == "HEAD"
        token.scopes = scopes
        assert "have the scope" not in caller.request(operation.method, path, json={}).text

    check_each(SERVED, check)


@pytest.mark.parametrize("org", ["globex", "none"], ids=["of others", "unknown"])
def test_an_organization_without_access_is_not_found(api, org):
    def check(operation):
        response = api.request(operation.method, without_objects(operation.path, org), json={})
        assert (response.status_code, response.json()) == (404, {"message": "No organization found"})

    # Bodies and queries are validated before the organization is looked up.
    without_input = {
        name: (each,)
        for name, (each,) in SERVED.items()
        if "{org}" in each.path and each.method in {"GET", "DELETE"} and each.body is None and not each.required_query
    }
    check_each(without_input, check)


@pytest.fixture
def lists(api):
    """Return a function that returns the paths of the lists with one kind of pagination, by operation."""
    parents = {name: api.get(path).json()[0][key] for name, (path, key) in PARENT_IDS.items()}

    def lists(pagination):
        return {
            name: (operation.path.format(org="acme", **PARENTS, **parents),)
            for name, (operation,) in SERVED.items()
            if operation.node["x-pagination"] == pagination and name not in SHORT
        }

    return lists


def test_each_list_has_pages(api, lists):
    def check(path):
        everything = api.get(path, params={"per_page": 100}).json()
        first = api.get(path, params={"per_page": 1})
        assert everything[0] == first.json()[0]
        assert everything[1] == api.get(first.links["next"]["url"]).json()[0]

    check_each(lists("link"), check)


def test_each_list_with_cursors_leads_to_every_item_and_back(api, lists):
    def check(path):
        everything = api.get(path, params={"per_page": 100}).json()["items"]
        pages = [api.get(path, params={"per_page": len(everything) // 3}).json()]
        while "next" in pages[-1]["links"]:
            pages.append(api.get(pages[-1]["links"]["next"]).json())
        assert [item for page in pages for item in page["items"]] == everything
        assert len(pages) >= 3
        assert api.get(pages[-1]["links"]["prev"]).json()["items"] == pages[-2]["items"]
        assert "prev" not in pages[0]["links"]

    check_each(lists("cursor"), check)
