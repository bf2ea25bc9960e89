"""Third set of bugs, second half: values in bodies."""

from __future__ import annotations

from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_b_tools import (
    ANALYTICS,
    DEFAULT_CLUSTER,
    METRICS,
    ORG,
    PACKAGES,
    get,
    items_of,
)

BODIES: Final = Mutants()

QUEUES: Final = "/v2/organizations/{org}/clusters/{cluster}/queues"
MAINTAINERS: Final = "/v2/organizations/{org}/clusters/{cluster}/maintainers"
TESTS: Final = "/v2/analytics/organizations/{org}/suites/{suite}/tests"


def pauser_is_the_caller(http: httpx.Client) -> None:
    queue = next(each for each in get(http, f"{DEFAULT_CLUSTER}/queues") if not each["dispatch_paused"])
    paused = http.post(f"{DEFAULT_CLUSTER}/queues/{queue['id']}/pause_dispatch", json={"note": "Repairs"}).json()
    assert (paused["dispatch_paused_by"] or {}).get("id") == get(http, "/v2/user")["id"]


@BODIES.plant(
    "bodies",
    operations="listClusterQueues getClusterQueue pauseClusterQueueDispatch",
    title="`dispatch_paused_by` of a paused queue is the user who created the queue",
    source="pages/apis/rest_api/clusters/queues.md: dispatch_paused_by, User who paused the queue",
    witness=pauser_is_the_caller,
)
async def queue_paused_by_its_creator(server: Server, request: Request) -> Response:
    response = await server.call(request)
    ours = (
        request.values("GET", QUEUES) is not None
        or request.values("GET", QUEUES + "/{queue}") is not None
        or request.values("POST", QUEUES + "/{queue}/pause_dispatch") is not None
    )
    if ours and response.status == 200:
        body = response.json
        for queue in items_of(body):
            if queue["dispatch_paused"]:
                queue["dispatch_paused_by"] = queue["created_by"]
        response.json = body
    return response


def teams_have_their_type(http: httpx.Client) -> None:
    for maintainer in get(http, f"{DEFAULT_CLUSTER}/maintainers"):
        assert maintainer["actor"]["type"] == ("team" if "slug" in maintainer["actor"] else "user")


@BODIES.plant(
    "bodies",
    operations="listClusterMaintainers getClusterMaintainer createClusterMaintainer",
    title="the actor of each cluster maintainer has the type `user`, also a team",
    source="pages/apis/rest_api/clusters/maintainers.md: example of List cluster maintainers",
    witness=teams_have_their_type,
)
async def maintaining_team_is_a_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paths = (("GET", MAINTAINERS), ("GET", MAINTAINERS + "/{id}"), ("POST", MAINTAINERS))
    if response.status < 300 and any(request.values(*path) is not None for path in paths):
        body = response.json
        for maintainer in items_of(body):
            maintainer["actor"]["type"] = "user"
        response.json = body
    return response


def rest_of_limit_is_remaining(http: httpx.Client) -> None:
    for connection in get(http, f"{ORG}/repository_connections"):
        limit = http.get(connection["url"]).json()["rate_limit"]
        assert limit is None or limit["used"] + limit["remaining"] == limit["limit"]


@BODIES.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="`remaining` of the rate limit of a repository connection is the whole limit",
    source="pages/apis/rest_api/organizations/repository_connections.md: rate_limit, and its example",
    witness=rest_of_limit_is_remaining,
)
async def provider_limit_never_falls(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/repository_connections/{id}"
    if request.values("GET", path) is not None and response.status == 200:
        body = response.json
        if body["rate_limit"]:
            body["rate_limit"]["remaining"] = body["rate_limit"]["limit"]
        response.json = body
    return response


def reliability_ignores_skipped(http: httpx.Client) -> None:
    tests = http.get(f"{ANALYTICS}/suites/rspec/tests", headers=METRICS).json()
    assert any("skipped" in test["executions_count_by_result"] for test in tests)
    for test in tests:
        counts = test["executions_count_by_result"]
        tried = counts["passed"] + counts["failed"]
        assert not tried or abs(test["reliability"] - counts["passed"] / tried) < 0.001


@BODIES.plant(
    "bodies",
    operations="listTests getTest",
    title="`reliability` of a test is the fraction of all executions that passed, with skipped ones among them",
    source="pages/apis/rest_api/test_engine/tests.md: reliability, calculated from its passed and failed executions",
    witness=reliability_ignores_skipped,
)
async def skipped_tests_are_unreliable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    ours = request.values("GET", TESTS) is not None or request.values("GET", TESTS + "/{test}") is not None
    if ours and response.status == 200:
        body = response.json
        for test in items_of(body):
            if test.get("reliability") is not None:
                passed = test["executions_count_by_result"]["passed"]
                test["reliability"] = round(passed / test["executions_count"], 6)
        response.json = body
    return response


def zero_counts_are_absent(http: httpx.Client) -> None:
    build = get(http, f"{ANALYTICS}/suites/rspec/runs")[0]["build_id"]
    tests = get(http, f"{ANALYTICS}/builds/{build}/tests")
    assert tests
    for test in tests:
        counts = test["executions_count_by_result"]
        assert all(counts[name] for name in counts.keys() - {"passed", "failed"})


@BODIES.plant(
    "bodies",
    operations="listBuildTests",
    title="`skipped`, `pending` and `unknown` counts of the tests of a build are present when they are zero",
    source="pages/apis/rest_api/test_engine/build_tests.md: only present when they're non-zero",
    witness=zero_counts_are_absent,
)
async def build_tests_count_zeros(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/analytics/organizations/{org}/builds/{build}/tests"
    if request.values("GET", path) is not None and response.status == 200:
        body = response.json
        for test in body:
            zeros = {"skipped": 0, "pending": 0, "unknown": 0}
            test["executions_count_by_result"] = {**zeros, **test["executions_count_by_result"]}
        response.json = body
    return response


def digests_have_their_length(http: httpx.Client) -> None:
    for package in get(http, f"{PACKAGES}/gems/packages")["items"]:
        assert len(package["digests"]["sha512"]) == 128


@BODIES.plant(
    "bodies",
    operations="listPackages getPackage copyPackage",
    title="the digest `sha512` of a package is its `sha256`",
    source="pages/apis/rest_api/package_registries/packages.md: digests in the examples",
    witness=digests_have_their_length,
)
async def short_package_digest(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = response.json
    if request.path.startswith("/v2/packages/") and isinstance(body, dict) and response.status == 200:
        for package in items_of(body):
            if package.get("digests"):
                package["digests"]["sha512"] = package["digests"]["sha256"]
        response.json = body
    return response


def export_is_disabled(http: httpx.Client) -> None:
    exports = http.delete(f"{ORG}/pipeline-settings/build-export").json()["build_exports"]
    assert exports["location"] is None
    assert exports["enabled"] is False


@BODIES.plant(
    "bodies",
    operations=(
        "getOrganizationPipelineSettings updateOrganizationPipelineSettings configureBuildExport disableBuildExport"
    ),
    title="`build_exports.enabled` is true whenever the plan includes the export, also without a location",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: enabled, whether the export is configured",
    witness=export_is_disabled,
)
async def export_enabled_by_plan(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if "/pipeline-settings" in request.path and response.status == 200:
        body = response.json
        if isinstance(body, dict) and "build_exports" in body:
            body["build_exports"]["enabled"] = body["build_exports"]["available"]
            response.json = body
    return response
