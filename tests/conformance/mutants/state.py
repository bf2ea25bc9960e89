"""Bugs that show up only over several requests."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTER,
    CLUSTERS,
    LIVES,
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
)
from tests.conformance.runner_support import Answer, Request

Call = Callable[[Request], Awaitable[Answer]]

TOKENS = f"{CLUSTER}/tokens"
RULES = f"{ORGANIZATION}/rules"
SCHEDULES = f"{PIPELINE}/schedules"


def cached(path: str, key: str) -> Any:
    """What was removed is shown from a cache."""

    def make() -> Any:
        cache: dict[str, Answer] = {}

        async def bug(request: Request, call: Call) -> Answer:
            answer = await call(request)
            if request.asks("GET", f"{path}/*"):
                if answer.status == 404 and request.path in cache:
                    return cache[request.path]
            elif request.asks("POST", path) and answer.status in {200, 201}:
                shown = Answer(200, list(answer.headers), answer.body)
                cache[f"{request.path}/{answer.json[key]}"] = shown
            return answer

        return bug

    return make


def lost(path: str, key: str) -> Any:
    """What was created cannot be found."""

    def make() -> Any:
        new: set[str] = set()

        async def bug(request: Request, call: Call) -> Answer:
            answer = await call(request)
            if request.asks("POST", path) and answer.status in {200, 201}:
                new.add(f"{request.path}/{answer.json[key]}")
            elif request.path in new and request.method == "GET":
                answer.status, answer.body = 404, b'{"message": "Not Found"}'
            return answer

        return bug

    return make


def not_listed(path: str, key: str) -> Any:
    """What was created is missing in the list."""

    def make() -> Any:
        new: set[str] = set()

        async def bug(request: Request, call: Call) -> Answer:
            answer = await call(request)
            if request.asks("POST", path) and answer.status in {200, 201}:
                new.add(answer.json[key])
            elif request.asks("GET", path) and answer.status == 200:
                answer.json = [item for item in answer.json if item[key] not in new]
            return answer

        return bug

    return make


def still_listed(path: str, key: str) -> Any:
    """What was removed stays in the list."""

    def make() -> Any:
        made: list[Any] = []

        async def bug(request: Request, call: Call) -> Answer:
            answer = await call(request)
            if request.asks("POST", path) and answer.status in {200, 201}:
                made.append(answer.json)
            elif request.asks("GET", path) and answer.status == 200:
                known = {item[key] for item in answer.json}
                answer.json = answer.json + [item for item in made if item[key] not in known]
            return answer

        return bug

    return make


def forgets_update(path: str) -> Any:
    """The answer to an update is right, but everybody else sees the old object."""

    def make() -> Any:
        old: dict[str, Answer] = {}

        async def bug(request: Request, call: Call) -> Answer:
            if request.asks("PUT", path) and request.path not in old:
                old[request.path] = await call(evolve(request, method="GET", body=b""))
            if request.asks("GET", path) and request.path in old:
                kept = old[request.path]
                return Answer(kept.status, list(kept.headers), kept.body)
            return await call(request)

        return bug

    return make


async def update_ignored(request: Request, call: Call) -> Answer:
    if request.asks("PUT", CLUSTER):
        return await call(evolve(request, method="GET", body=b""))
    return await call(request)


async def update_takes_half(request: Request, call: Call) -> Answer:
    """One field of the body never arrives."""
    if request.asks("PATCH", TEAM) and request.body.startswith(b"{"):
        sent = {name: value for name, value in json.loads(request.body).items() if name != "privacy"}
        headers = {name: value for name, value in request.headers.items() if name != b"content-length"}
        return await call(evolve(request, body=json.dumps(sent).encode(), headers=headers))
    return await call(request)


def secret_kept(path: str) -> Any:
    """A secret is shown again to whoever reads the object."""

    def make() -> Any:
        secrets: dict[str, str] = {}

        async def bug(request: Request, call: Call) -> Answer:
            answer = await call(request)
            if request.asks("POST", path) and answer.status in {200, 201}:
                secrets[f"{request.path}/{answer.json['id']}"] = answer.json["token"]
            elif request.asks("GET", f"{path}/*") and answer.status == 200 and request.path in secrets:
                answer.json = {**answer.json, "token": secrets[request.path]}
            return answer

        return bug

    return make


def another_object() -> Any:
    """Whoever asks for a schedule gets the first that was asked for."""
    first: list[bytes] = []

    async def bug(request: Request, call: Call) -> Answer:
        answer = await call(request)
        if request.asks("GET", f"{PIPELINE}/schedules/*") and answer.status == 200:
            first.append(json.dumps({**answer.json, "label": "Nightly", "branch": "another"}).encode())
            answer.body = first[0]
        return answer

    return bug


async def removal_does_nothing(request: Request, call: Call) -> Answer:
    if request.asks("DELETE", f"{RULES}/*"):
        answer = await call(evolve(request, method="GET"))
        if answer.status == 200:
            answer.status, answer.body = 204, b""
            answer.set_header(b"content-type", None)
        return answer
    return await call(request)


async def any_body_will_do(request: Request, call: Call) -> Answer:
    answer = await call(request)
    if request.asks("POST", BUILDS) and answer.status in (400, 422):
        headers = {**request.headers, b"content-type": b"application/json"}
        return await call(evolve(request, query=b"", headers=headers, body=b'{"commit": "HEAD", "branch": "main"}'))
    return answer


async def any_team_will_do(request: Request, call: Call) -> Answer:
    answer = await call(request)
    if request.asks("POST", TEAMS) and answer.status == 422 and b"missing" in answer.body:
        body = {"name": "x", "privacy": "visible", "is_default_team": False, "default_member_role": "member"}
        headers = {**request.headers, b"content-type": b"application/json"}
        return await call(evolve(request, headers=headers, body=json.dumps(body).encode()))
    return answer


TEAM_LIFE = ("createTeam", "getTeam", "listTeams", "updateTeam", "deleteTeam")
CLUSTER_LIFE = ("createCluster", "getCluster", "listClusters", "updateCluster", "deleteCluster")
RULE_LIFE = ("createRule", "getRule", "listRules", "deleteRule")
TOKEN_LIFE = ("createClusterAgentToken", "getClusterAgentToken", "listClusterAgentTokens")
PIPELINE_LIFE = ("createPipeline", "getPipeline", "updatePipeline", "deletePipeline")
SCHEDULE_LIFE = ("createPipelineSchedule", "getPipelineSchedule")
REGISTRY_LIFE = ("createRegistry", "getRegistry", "listRegistries")

STATE: dict[str, Mutant] = {
    "there after its removal (sequence)": remembering(
        "getPipeline", "use_after_free", STATEFUL, cached(PIPELINES, "slug"), include=PIPELINE_LIFE
    ),
    "not there after its creation (sequence)": remembering(
        "getPipeline", "ensure_resource_availability", STATEFUL, lost(PIPELINES, "slug"), include=PIPELINE_LIFE
    ),
    "there after its removal": remembering("getTeam", "removed_is_gone", LIVES, cached(TEAMS, "id"), include=TEAM_LIFE),
    "removal does nothing": server("getRule", "removed_is_gone", LIVES, removal_does_nothing, include=RULE_LIFE),
    "not there after its creation": remembering(
        "getCluster", "created_is_found", LIVES, lost(CLUSTERS, "id"), include=CLUSTER_LIFE
    ),
    "not in the list": remembering(
        "listRegistries", "list_has_what_is_there", LIVES, not_listed(REGISTRIES, "slug"), include=REGISTRY_LIFE
    ),
    "still in the list": remembering(
        "listRules", "list_has_what_is_there", LIVES, still_listed(RULES, "uuid"), include=RULE_LIFE
    ),
    "update forgotten": remembering(
        "getCluster", "value_is_kept", LIVES, forgets_update(CLUSTER), include=CLUSTER_LIFE
    ),
    "update ignored": server("updateCluster", "value_is_kept", LIVES, update_ignored, include=CLUSTER_LIFE),
    "half of an update ignored": server("updateTeam", "value_is_kept", LIVES, update_takes_half, include=TEAM_LIFE),
    "value changed on its way": server(
        "createTeam",
        "value_is_kept",
        LIVES,
        on("POST", TEAMS, body(put("privacy", to="secret")), 201),
        include=TEAM_LIFE,
    ),
    "another object": remembering("getPipelineSchedule", "value_is_kept", LIVES, another_object, include=SCHEDULE_LIFE),
    "secret shown twice": remembering(
        "getClusterAgentToken", "secret_is_shown_once", LIVES, secret_kept(TOKENS), include=TOKEN_LIFE
    ),
    "any body will do": server("createBuild", "negative_data_rejection", WRITING, any_body_will_do),
    "any team will do": server("createTeam", "negative_data_rejection", WRITING, any_team_will_do),
}
