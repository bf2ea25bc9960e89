"""Bugs in the effects of requests."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_a_support import (
    ACME,
    ACME_PACKAGES,
    ANALYTICS,
    ORG,
    PACKAGES,
    SUITE,
    items,
    matches,
    send,
)

MUTANTS: Final = Mutants()
QUEUES: Final = f"{ORG}/clusters/{{cluster}}/queues"


def value_of_secret(http: httpx.Client) -> None:
    secrets = f"{ACME}/clusters/{http.get(f'{ACME}/clusters').json()[0]['id']}/secrets"
    secret = http.post(secrets, json={"key": "PROBE", "value": "a", "description": "Probe"}).json()["id"]
    assert http.put(f"{secrets}/{secret}/value", json={"value": "b"}).status_code == 200
    assert http.get(f"{secrets}/{secret}").json()["description"] == "Probe"


@MUTANTS.plant(
    "state",
    operations="updateClusterSecretValue",
    title="a new value of a secret removes its description",
    source="clusters/secrets.md: Updates a secret's encrypted value only.",
    witness=value_of_secret,
)
async def value_clears_description_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "PUT", f"{ORG}/clusters/{{cluster}}/secrets/{{id}}/value") and response.status == 200:
        secret = request.path.removesuffix("/value")
        changed = await send(server, request, "PUT", secret, {"description": ""})
        return changed if changed.status == 200 else response
    return response


def note_of_resumed_queue(http: httpx.Client) -> None:
    queues = f"{ACME}/clusters/{http.get(f'{ACME}/clusters').json()[0]['id']}/queues"
    queue = f"{queues}/{http.post(queues, json={'key': 'probe'}).json()['id']}"
    assert http.post(f"{queue}/pause_dispatch", json={"dispatch_paused_note": "Probe"}).status_code == 200
    assert http.post(f"{queue}/resume_dispatch").status_code == 200
    assert http.get(queue).json()["dispatch_paused_note"] is None


@MUTANTS.plant(
    "state",
    operations="resumeClusterQueueDispatch getClusterQueue listClusterQueues",
    title="the note of a pause is still there when a resumed queue is read",
    source="clusters/queues.md: Resume a paused queue: dispatch_paused_note is null",
    witness=note_of_resumed_queue,
)
async def note_survives_resume_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and matches(request, "POST", f"{QUEUES}/{{id}}/pause_dispatch"):
        server.memory[response.json["id"]] = response.json["dispatch_paused_note"]
    if response.status == 200 and matches(request, "GET", QUEUES, f"{QUEUES}/{{id}}"):
        body = response.json
        for queue in items(body):
            if not queue["dispatch_paused"]:
                queue["dispatch_paused_note"] = server.memory.get(queue["id"])
        response.json = body
    return response


def image_of_new_queue(http: httpx.Client) -> None:
    queues = f"{ACME}/clusters/{http.get(f'{ACME}/clusters').json()[1]['id']}/queues"
    hosted = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "image:latest"}
    queue = http.post(queues, json={"key": "probe", "hostedAgents": hosted}).json()
    assert queue["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="createClusterQueue",
    title="a hosted queue is created with a custom image",
    source="clusters/queues.md: Buildkite ignores any agentImageRef you submit in this call",
    witness=image_of_new_queue,
)
async def image_on_create_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", QUEUES) and response.status == 201:
        hosted = request.json.get("hostedAgents") or {}
        if hosted.get("agentImageRef"):
            path = f"{request.path}/{response.json['id']}"
            changed = await send(server, request, "PUT", path, {"hostedAgents": hosted})
            if changed.status == 200:
                response.body = changed.body
    return response


def muted_after_skipped(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests/skipped").json()[0]["id"]
    assert http.put(f"{SUITE}/tests/{test}/mute").status_code == 200
    assert test not in {each["id"] for each in http.get(f"{SUITE}/tests/skipped").json()}


@MUTANTS.plant(
    "state",
    operations="muteTest listSkippedTests",
    title="a skipped test that is muted remains in the list of skipped tests",
    source="test_engine/quarantine.md: Mute test; Skipped tests",
    witness=muted_after_skipped,
)
async def still_skipped_a(server: Server, request: Request) -> Response:
    tests = f"{ANALYTICS}/suites/{{suite}}/tests"
    if matches(request, "PUT", *(f"{tests}/{{test}}/{action}" for action in ("mute", "skip", "enable"))):
        path, test, action = request.path.rsplit("/", 2)
        skipped = await send(server, request, "GET", f"{path}/skipped")
        found = [each for each in items(skipped.json) if each.get("id") == test] if skipped.status == 200 else []
        response = await server.call(request)
        kept: dict[str, Any] = server.memory.setdefault(path, {})
        if response.status == 200 and action == "mute" and found:
            kept[test] = found[0]
        elif response.status == 200 and action != "mute":
            kept.pop(test, None)
        return response
    response = await server.call(request)
    if matches(request, "GET", f"{tests}/skipped") and response.status == 200:
        response.json = [*response.json, *server.memory.get(request.path.removesuffix("/skipped"), {}).values()]
    return response


def replaced_policy(http: httpx.Client) -> None:
    path = f"{ACME_PACKAGES}/registries/gems"
    policy = [{"iss": "https://agent.buildkite.com", "claims": {"organization_slug": "acme"}}]
    assert http.patch(path, json={"oidc_policy": policy}).status_code == 200
    assert http.get(path).json()["oidc_policy"].count("iss") == 1


@MUTANTS.plant(
    "state",
    operations="updateRegistry",
    title="statements of a new OIDC policy are added to the old ones",
    source="package_registries/registries.md: the entire revised OIDC policy needs to be re-posted",
    witness=replaced_policy,
)
async def policy_appended_a(server: Server, request: Request) -> Response:
    path = f"{PACKAGES}/registries/{{registry}}"
    body = request.json
    if any(matches(request, method, path) for method in ("PATCH", "PUT", "POST")) and isinstance(body, dict):
        policy = body.get("oidc_policy")
        old = (await send(server, request, "GET", request.path)).json.get("oidc_policy")
        if isinstance(policy, list) and policy and isinstance(old, str) and old.startswith("- "):
            lines = [f"- {json.dumps(statement)}\n" for statement in policy]
            request.json = {**body, "oidc_policy": old.rstrip("\n") + "\n" + "".join(lines)}
            response = await server.call(request)
            if response.status == 200:
                return response
            request.json = body
    return await server.call(request)


def one_address(http: httpx.Client) -> None:
    body = {"emails": ["probe@example.com", "Probe@example.com"], "sso_mode": "required"}
    assert len(http.post(f"{ACME}/invitations", json=body).json()) == 1


@MUTANTS.plant(
    "state",
    operations="createOrganizationInvitations",
    title="addresses that differ in capitalization get an invitation each",
    source="organizations/invitations.md: duplicate email addresses as one address, regardless of capitalization",
    witness=one_address,
)
async def case_sensitive_address_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", f"{ORG}/invitations") and response.status == 201:
        body, created = request.json, response.json
        missing = sorted(set(body["emails"]) - {each["email"] for each in created})
        for address in missing:
            more = await send(server, request, "POST", request.path, {**body, "emails": [address]})
            created += more.json if more.status == 201 else []
        response.json = created
    return response


def _failure(http: httpx.Client) -> tuple[str, str]:
    for run in http.get(f"{SUITE}/runs").json():
        path = f"{SUITE}/runs/{run['id']}/failed_executions"
        if found := http.get(path).json():
            return path, found[0]["execution_id"]
    raise LookupError


def replaced_tags(http: httpx.Client) -> None:
    path, execution = _failure(http)
    for name in ("mut.first", "mut.second"):
        body = {"executions": [{"id": execution, "tags": {name: "1"}}]}
        assert http.put(f"{SUITE}/execution-tags", json=body).status_code == 200
    tags = next(each["tags"] for each in http.get(path).json() if each["execution_id"] == execution)
    assert "mut.second" in tags
    assert "mut.first" not in tags


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags",
    title="mutable tags are added to those that an execution has",
    source="test_engine/execution_tags.md: All mutable tags for a given execution are replaced",
    witness=replaced_tags,
)
async def tags_merged_a(server: Server, request: Request) -> Response:
    body = request.json
    if not matches(request, "PUT", f"{ANALYTICS}/suites/{{suite}}/execution-tags") or not isinstance(body, dict):
        return await server.call(request)
    original = request.body
    for each in items(body.get("executions")):
        if isinstance(each, dict) and isinstance(each.get("tags"), dict) and each["tags"]:
            merged = {**server.memory.get(str(each.get("id")), {}), **each["tags"]}
            each["tags"] = merged if len(merged) <= 10 else each["tags"]
    request.json = body
    response = await server.call(request)
    if response.status == 200:
        server.memory.update({each["id"]: each.get("tags") or {} for each in body["executions"]})
    else:
        request.body = original
        response = await server.call(request)
    return response
