"""Responses match the spec, for every seeded object in every state."""

from __future__ import annotations

import httpx
import pytest
from tests.conformance.runner_support import world_of
from tests.each import check_each
from tests.unit.client.description import described
from tests.unit.client.description import problems as schema_problems

from buildkite_rest.conformance.api import Api
from buildkite_rest.mock import TAGS, MockServer

from .caller import WEB

API = Api.load()

ACME = "/v2/organizations/acme"
GEMS = "/v2/packages/organizations/acme/registries/gems"
ANALYTICS = "/v2/analytics/organizations/acme"
READS = {
    operation.id: (operation,)
    for operation in API.operations
    if operation.tag in TAGS and operation.method == "GET" and described()[operation.id].response(200)
}
#: Objects of an operation to read. One of each kind comes first, and jobs have the most kinds.
MOST_OBJECTS = 30


def problems(response):
    """Return the differences of a response from its operation in the spec."""
    operation, _ = API.find(response.request.method, response.request.url.path)
    return schema_problems(described()[operation.id].response(response.status_code), response.json())


def test_each_operation_reads_objects_of_each_kind():
    with (
        MockServer(builds=120) as server,
        httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as caller,
    ):

        def read(operation, values):
            query = {} if operation.pagination == "none" else {"per_page": 100}
            query |= described()[operation.id].required_query
            return caller.get(operation.path_with(values), params=query)

        def check(operation):
            responses = [read(operation, values) for values in world.objects(operation)[:MOST_OBJECTS]]
            assert 200 in {response.status_code for response in responses}
            assert [problem for response in responses for problem in problems(response)] == []

        world = world_of(server, API.operations)
        check_each(READS, check)


@pytest.mark.parametrize(
    "path",
    [
        f"{ACME}-unknown",
        "/v2/builds?page=0",
        *(f"{ACME}/builds?per_page=100&include_retried_jobs=true&page={page}" for page in (1, 2, 3, 4)),
        f"{WEB}/builds/42?include_test_engine=true",
        f"{ACME}/pipelines/zoo/builds/1",
        f"{ACME}/pipelines/zoo/builds/1/jobs",
        f"{ANALYTICS}/suites?show_api_token=true",
    ],
)
def test_responses(api, path):
    assert problems(api.get(path)) == []


def test_packages_and_uploads(api):
    published = api.post(f"{GEMS}/packages", files={"file": ("new-1.0.gem", b"x")})
    assert problems(published) == []
    assert problems(api.get(published.json()["url"])) == []
    assert problems(api.post(f"{published.json()['url']}/copy?to=gems-stable")) == []
    assert problems(api.post(f"{GEMS}/packages/upload")) == []
    assert problems(api.post(f"{GEMS}/packages", files={"x": b""})) == []


def test_secrets_match_the_spec(api):
    token = api.post(f"{GEMS}/tokens", json={"description": "x"})
    portal = api.post(f"{ACME}/portals", json={"name": "x", "query": "{ viewer }"})
    assert problems(token) == problems(portal) == []


@pytest.mark.parametrize("kind", ["agents", "invitations"])
def test_objects_that_are_not_listed(api, backend, kind):
    for key in getattr(backend.organizations["acme"], kind):
        assert problems(api.get(f"{ACME}/{kind}/{key}")) == []


def test_annotations(api):
    failed = api.get(f"{WEB}/builds?state=failed").json()[0]
    response = api.get(f"{failed['url']}/annotations?scope=all")
    assert response.json()
    assert problems(response) == []


@pytest.mark.parametrize("pipeline", ["web", "api", "nightly", "ios", "docs"])
def test_builds_under_way(api, clock, pipeline):
    body = {"commit": "HEAD", "branch": "main", "message": "x", "pull_request_id": 1, "meta_data": {"a": 1}}
    created = api.post(f"{ACME}/pipelines/{pipeline}/builds", json={**body, "author": {"name": "Ada"}})
    assert problems(created) == []
    for _ in range(5):
        clock.advance(0.4)
        assert problems(api.get(created.json()["url"])) == []


def test_results_of_tests(api):
    version = {"Buildkite-Version": "2026-08-01"}
    for build in api.get(f"{WEB}/builds?per_page=30").json():
        assert problems(api.get(f"{ANALYTICS}/builds/{build['id']}/tests")) == []
        for run in api.get(f"{ANALYTICS}/suites/rspec/runs?build_id={build['id']}").json():
            assert problems(api.get(f"{run['url']}/failed_executions?include_failure_expanded=true")) == []
    tests = api.get(f"{ANALYTICS}/suites/rspec/tests", headers=version)
    assert problems(tests) == []
    for test in tests.json():
        assert problems(api.put(f"{test['url']}/mute")) == []
        for period in ("28days", "1hour"):
            assert problems(api.get(f"{test['url']}?period={period}", headers=version)) == []


def test_errors_of_fields(api):
    response = api.post(f"{WEB}/builds", json={})
    assert response.status_code == 422
    assert problems(response) == []
