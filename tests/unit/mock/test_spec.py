"""Responses match the spec, for every seeded object in every state."""

from __future__ import annotations

import httpx
import pytest
from tests.conformance.runner_support import world_of
from tests.each import check_each
from tests.unit.client.openapi_document import described
from tests.unit.client.openapi_document import problems as schema_problems

from buildkite_rest.conformance.api import Api
from buildkite_rest.mock import MockServer

from .caller import WEB

API = Api.load()

ACME = "/v2/organizations/acme"
ANALYTICS = "/v2/analytics/organizations/acme"
READS = {
    operation.id: (operation,)
    for operation in API.operations
    if operation.method == "GET" and described()[operation.id].response(200)
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
