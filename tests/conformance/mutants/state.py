"""Bugs that only several requests show."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTER,
    CLUSTERS,
    LIFECYCLE,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REGISTRIES,
    STATEFUL,
    TEAM,
    TEAMS,
    WRITING,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

TOKENS = f"{CLUSTER}/tokens"
RULES = f"{ORGANIZATION}/rules"
SCHEDULES = f"{PIPELINE}/schedules"


def is_created(request: Request, response: Response, path: str) -> bool:
    return request.matches("POST", path) and response.status in {200, 201}


def cached(path: str, key: str) -> Callable[[], Bug]:
    """A deleted object is returned from a cache."""

    def wrong(cache: dict[str, Response], request: Request, response: Response) -> None:
        if is_created(request, response, path):
            cache[f"{request.path}/{response.json[key]}"] = Response(200, list(response.headers), response.body)
        elif request.matches("GET", f"{path}/*") and response.status == 404 and request.path in cache:
            shown = cache[request.path]
            response.status, response.headers, response.body = shown.status, list(shown.headers), shown.body

    return with_state(dict, wrong)


def lost(path: str, key: str) -> Callable[[], Bug]:
    """A created object cannot be found."""

    def wrong(new: set[str], request: Request, response: Response) -> None:
        if is_created(request, response, path):
            new.add(f"{request.path}/{response.json[key]}")
        elif request.path in new and request.method == "GET":
            response.status, response.body = 404, b'{"message": "Not Found"}'

    return with_state(set, wrong)


def not_listed(path: str, key: str) -> Callable[[], Bug]:
    """A created object is missing in the list."""

    def wrong(new: set[str], request: Request, response: Response) -> None:
        if is_created(request, response, path):
            new.add(response.json[key])
        elif request.matches("GET", path) and response.status == 200:
            response.json = [item for item in response.json if item[key] not in new]

    return with_state(set, wrong)


def still_listed(path: str, key: str) -> Callable[[], Bug]:
    """A deleted object stays in the list."""

    def wrong(created: list[Any], request: Request, response: Response) -> None:
        if is_created(request, response, path):
            created.append(response.json)
        elif request.matches("GET", path) and response.status == 200:
            known = {item[key] for item in response.json}
            response.json = response.json + [item for item in created if item[key] not in known]

    return with_state(list, wrong)


def forgets_update(path: str) -> Any:
    """The response to an update is right, but later requests return the old object."""

    def make() -> Any:
        old: dict[str, Response] = {}

        async def bug(request: Request, call: Call) -> Response:
            if request.matches("PUT", path) and request.path not in old:
                old[request.path] = await call(evolve(request, method="GET", body=b""))
            if request.matches("GET", path) and request.path in old:
                old_response = old[request.path]
                return Response(old_response.status, list(old_response.headers), old_response.body)
            return await call(request)

        return bug

    return make


async def update_ignored(request: Request, call: Call) -> Response:
    if request.matches("PUT", CLUSTER):
        return await call(evolve(request, method="GET", body=b""))
    return await call(request)


async def update_ignores_a_field(request: Request, call: Call) -> Response:
    """One field of the body is ignored."""
    if request.matches("PATCH", TEAM) and request.body.startswith(b"{"):
        sent = {name: value for name, value in json.loads(request.body).items() if name != "privacy"}
        headers = {name: value for name, value in request.headers.items() if name != b"content-length"}
        return await call(evolve(request, body=json.dumps(sent).encode(), headers=headers))
    return await call(request)


def secret_returned_again(path: str) -> Callable[[], Bug]:
    """A secret is returned again when the object is read."""

    def wrong(secrets: dict[str, str], request: Request, response: Response) -> None:
        if is_created(request, response, path):
            secrets[f"{request.path}/{response.json['id']}"] = response.json["token"]
        elif request.matches("GET", f"{path}/*") and response.status == 200 and request.path in secrets:
            response.json = {**response.json, "token": secrets[request.path]}

    return with_state(dict, wrong)


def another_object(first: list[bytes], request: Request, response: Response) -> None:
    """Each request for a schedule returns the first one."""
    if request.matches("GET", f"{PIPELINE}/schedules/*") and response.status == 200:
        first.append(json.dumps({**response.json, "label": "Nightly", "branch": "another"}).encode())
        response.body = first[0]


async def deletion_has_no_effect(request: Request, call: Call) -> Response:
    if request.matches("DELETE", f"{RULES}/*"):
        response = await call(evolve(request, method="GET"))
        if response.status == 200:
            response.status, response.body = 204, b""
            response.set_header(b"content-type", None)
        return response
    return await call(request)


async def accepts_any_body(request: Request, call: Call) -> Response:
    response = await call(request)
    if request.matches("POST", BUILDS) and response.status in (400, 422):
        headers = {**request.headers, b"content-type": b"application/json"}
        return await call(evolve(request, query=b"", headers=headers, body=b'{"commit": "HEAD", "branch": "main"}'))
    return response


async def accepts_any_team(request: Request, call: Call) -> Response:
    response = await call(request)
    if request.matches("POST", TEAMS) and response.status == 422 and b"missing" in response.body:
        body = {"name": "x", "privacy": "visible", "is_default_team": False, "default_member_role": "member"}
        headers = {**request.headers, b"content-type": b"application/json"}
        return await call(evolve(request, headers=headers, body=json.dumps(body).encode()))
    return response


TEAM_LIFECYCLE = ("createTeam", "getTeam", "listTeams", "updateTeam", "deleteTeam")
CLUSTER_LIFECYCLE = ("createCluster", "getCluster", "listClusters", "updateCluster", "deleteCluster")
RULE_LIFECYCLE = ("createRule", "getRule", "listRules", "deleteRule")
TOKEN_LIFECYCLE = ("createClusterAgentToken", "getClusterAgentToken", "listClusterAgentTokens")
PIPELINE_LIFECYCLE = ("createPipeline", "getPipeline", "updatePipeline", "deletePipeline")
SCHEDULE_LIFECYCLE = ("createPipelineSchedule", "getPipelineSchedule")
REGISTRY_LIFECYCLE = ("createRegistry", "getRegistry", "listRegistries")

STATE: dict[str, Mutant] = {
    "readable after its deletion (sequence)": remembering(
        "getPipeline", "use_after_free", STATEFUL, cached(PIPELINES, "slug"), include=PIPELINE_LIFECYCLE
    ),
    "not found after its creation (sequence)": remembering(
        "getPipeline", "ensure_resource_availability", STATEFUL, lost(PIPELINES, "slug"), include=PIPELINE_LIFECYCLE
    ),
    "readable after its deletion": remembering(
        "getTeam", "deleted_object_found", LIFECYCLE, cached(TEAMS, "id"), include=TEAM_LIFECYCLE
    ),
    "deletion has no effect": server(
        "getRule", "deleted_object_found", LIFECYCLE, deletion_has_no_effect, include=RULE_LIFECYCLE
    ),
    "not found after its creation": remembering(
        "getCluster", "created_object_not_found", LIFECYCLE, lost(CLUSTERS, "id"), include=CLUSTER_LIFECYCLE
    ),
    "not in the list": remembering(
        "listRegistries", "list_outdated", LIFECYCLE, not_listed(REGISTRIES, "slug"), include=REGISTRY_LIFECYCLE
    ),
    "still in the list": remembering(
        "listRules", "list_outdated", LIFECYCLE, still_listed(RULES, "uuid"), include=RULE_LIFECYCLE
    ),
    "update lost": remembering(
        "getCluster", "value_not_persisted", LIFECYCLE, forgets_update(CLUSTER), include=CLUSTER_LIFECYCLE
    ),
    "update ignored": server(
        "updateCluster", "value_not_persisted", LIFECYCLE, update_ignored, include=CLUSTER_LIFECYCLE
    ),
    "one field of an update ignored": server(
        "updateTeam", "value_not_persisted", LIFECYCLE, update_ignores_a_field, include=TEAM_LIFECYCLE
    ),
    "value changed": server(
        "createTeam",
        "value_not_persisted",
        LIFECYCLE,
        on("POST", TEAMS, body(put("privacy", to="secret")), 201),
        include=TEAM_LIFECYCLE,
    ),
    "another object": remembering(
        "getPipelineSchedule",
        "value_not_persisted",
        LIFECYCLE,
        with_state(list, another_object),
        include=SCHEDULE_LIFECYCLE,
    ),
    "secret returned twice": remembering(
        "getClusterAgentToken",
        "secret_returned_again",
        LIFECYCLE,
        secret_returned_again(TOKENS),
        include=TOKEN_LIFECYCLE,
    ),
    "any body accepted": server("createBuild", "negative_data_rejection", WRITING, accepts_any_body),
    "any team accepted": server("createTeam", "negative_data_rejection", WRITING, accepts_any_team),
}
