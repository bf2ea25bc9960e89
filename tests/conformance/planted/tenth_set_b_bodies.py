"""Wrong values in responses."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_b_support import (
    ANALYTICS,
    CLUSTER,
    JOBS,
    ORG,
    PACKAGES,
    REGISTRIES,
    SUITE,
    V2,
    WEB,
    cluster,
    command_job,
    each,
    edited,
    found,
)

MUTANTS = Mutants()


def aliases_are_names(http: httpx.Client) -> None:
    aliases = [alias for emoji in http.get(f"{ORG}/emojis").json() for alias in emoji.get("aliases", [])]
    assert aliases
    assert not any(":" in alias for alias in aliases)


@MUTANTS.plant(
    "bodies",
    operations="listEmojis",
    title="the aliases of emojis have the colons of the syntax, unlike their names",
    source='pages/apis/rest_api/emojis.md: "aliases": ["squirrel"]',
    witness=aliases_are_names,
)
async def aliases_have_colons(server: Server, request: Request) -> Response:
    def colons(emoji: Any) -> Any:
        return emoji | {"aliases": [f":{alias}:" for alias in emoji["aliases"]]} if "aliases" in emoji else emoji

    return await edited(server, request, each(colons), f"GET {V2}/emojis")


def points_reset_in_the_future(http: httpx.Client) -> None:
    points = http.get(f"{ORG}/rate_limit").json()["scopes"]["graphql"]
    assert datetime.fromisoformat(points["reset_at"]) >= datetime.now(UTC) - timedelta(seconds=2)


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`reset_at` of GraphQL is the start of the current time window instead of its end",
    source="pages/apis/rest_api/organizations/rate_limits.md: when the current time window resets to zero",
    witness=points_reset_in_the_future,
)
async def points_reset_in_the_past(server: Server, request: Request) -> Response:
    def earlier(body: Any) -> Any:
        points = body["scopes"]["graphql"]
        start = datetime.fromisoformat(points["reset_at"]) - timedelta(minutes=5)
        points["reset_at"] = start.strftime("%Y-%m-%dT%H:%M:%SZ")
        return body

    return await edited(server, request, earlier, f"GET {V2}/rate_limit")


def dockerfile_has_no_base(http: httpx.Client) -> None:
    images = http.get(f"{cluster(http, 'Hosted')}/agent-images").json()
    assert images
    assert not any("FROM" in image["dockerfile"] for image in images)


@MUTANTS.plant(
    "bodies",
    operations="listClusterAgentImages getClusterAgentImage",
    title="`dockerfile` of an image that has been built begins with the base image",
    source="pages/apis/rest_api/clusters/agent_images.md: Dockerfile body (without the FROM instruction)",
    witness=dockerfile_has_no_base,
)
async def dockerfile_is_composed(server: Server, request: Request) -> Response:
    def composed(image: Any) -> Any:
        return image | {"dockerfile": image["composed_dockerfile"]} if image["status"] == "READY" else image

    routes = (f"GET {CLUSTER}/agent-images", f"GET {CLUSTER}/agent-images/{{image}}")
    return await edited(server, request, each(composed), *routes)


def maintainer_is_found_by_id(http: httpx.Client) -> None:
    url = cluster(http, "Default cluster")
    for maintainer in http.get(url).json()["maintainers"]["users"]:
        assert http.get(f"{url}/maintainers/{maintainer['id']}").status_code == 200


@MUTANTS.plant(
    "bodies",
    operations="getCluster listClusters",
    title="the users among the maintainers of a cluster have the ids of the users instead of the assignments",
    source="pages/apis/rest_api/clusters/maintainers.md: id: The ID of the cluster maintainer assignment",
    witness=maintainer_is_found_by_id,
)
async def maintainers_have_ids_of_users(server: Server, request: Request) -> Response:
    def users(body: Any) -> Any:
        for maintainer in body["maintainers"]["users"]:
            maintainer["id"] = maintainer["actor"]["id"]
        return body

    return await edited(server, request, each(users), f"GET {V2}/clusters", f"GET {CLUSTER}")


def text_has_all_variables(http: httpx.Client) -> None:
    job = command_job(http)
    names = [line.partition("=")[0] for line in http.get(f"{job}/env.txt").text.splitlines()]
    assert set(http.get(f"{job}/env").json()["env"]) <= set(names)


@MUTANTS.plant(
    "bodies",
    operations="getJobEnv getJobEnvInBuild",
    title="the text form of an environment has no variables with an empty value",
    source="pages/apis/rest_api/jobs.md: The job's environment in a KEY=VALUE format",
    witness=text_has_all_variables,
)
async def text_omits_empty_variables(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (
        request.method == "GET"
        and found(request, *(f"{job}/env{end}" for job in JOBS for end in ("", ".txt"))) is not None
        and response.headers.get("content-type", "").startswith("text/plain")
    ):
        lines = response.body.splitlines(keepends=True)
        response.body = b"".join(line for line in lines if not line.strip().endswith((b'=""', b"=")))
    return response


def next_build_is_in_the_future(http: httpx.Client) -> None:
    times = [one["next_build_at"] for one in http.get(f"{WEB}/schedules").json() if one["next_build_at"]]
    assert times
    assert all(datetime.fromisoformat(time) > datetime.now(UTC) - timedelta(minutes=1) for time in times)


@MUTANTS.plant(
    "bodies",
    operations="listPipelineSchedules getPipelineSchedule",
    title="`next_build_at` is calculated from the creation of a schedule instead of the current time",
    source="pages/apis/rest_api/pipeline_schedules.md: When the next build will be created",
    witness=next_build_is_in_the_future,
)
async def next_build_after_creation(server: Server, request: Request) -> Response:
    def first(schedule: Any) -> Any:
        time, created = schedule["next_build_at"], datetime.fromisoformat(schedule["created_at"])
        if time is None or datetime.now(UTC) - created < timedelta(days=7):
            return schedule
        return schedule | {"next_build_at": f"{created + timedelta(days=1):%Y-%m-%d}{time[10:]}"}

    schedules = V2 + "/pipelines/{pipeline}/schedules"
    return await edited(server, request, each(first), f"GET {schedules}", f"GET {schedules}/{{schedule}}")


def digest_is_that_of_the_file(http: httpx.Client) -> None:
    content = b"first line\nsecond line\n"
    files = {"file": ("notes-1.0.0.txt", content)}
    digests = http.post(f"{REGISTRIES}/downloads/packages", files=files).json()["digests"]
    assert digests["sha256"] == hashlib.sha256(content).hexdigest()


@MUTANTS.plant(
    "bodies",
    operations="publishPackage getPackage listPackages",
    title="`sha256` of a published package is that of the whole request body instead of the file",
    source="pages/apis/rest_api/package_registries/packages.md: digests",
    witness=digest_is_that_of_the_file,
)
async def digest_of_form(server: Server, request: Request) -> Response:
    packages = PACKAGES + "/registries/{registry}/packages"

    def digest(package: Any) -> Any:
        if request.method == "POST":
            server.memory[package["id"]] = hashlib.sha256(request.body).hexdigest()
        if package["id"] in server.memory:
            package["digests"]["sha256"] = server.memory[package["id"]]
        return package

    routes = (f"POST {packages}", f"GET {packages}", f"GET {packages}/{{package}}")
    return await edited(server, request, each(digest), *routes)


def no_duration_without_executions(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]["url"]
    window = {"min_timestamp": "2025-01-01T00:00:00Z", "max_timestamp": "2025-01-02T00:00:00Z"}
    found = http.get(test, params=window, headers={"Buildkite-Version": "2026-08-01"}).json()
    assert found["executions_count"] == 0
    assert found["duration_max"] is None


@MUTANTS.plant(
    "bodies",
    operations="getTest",
    title="the durations of a test without executions are 0 instead of null",
    source="pages/apis/rest_api/test_engine/tests.md: Its duration and reliability values are null",
    witness=no_duration_without_executions,
)
async def durations_without_executions(server: Server, request: Request) -> Response:
    def zeros(test: Any) -> Any:
        return {name: 0.0 if name.startswith("duration_") and value is None else value for name, value in test.items()}

    return await edited(server, request, zeros, f"GET {ANALYTICS}/suites/{{suite}}/tests/{{test}}")
