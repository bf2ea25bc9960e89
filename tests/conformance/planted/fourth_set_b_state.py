"""Bugs in the effects of requests."""

import re

import httpx
from tests.conformance.planted.fourth_set_b_support import ANALYTICS, CLUSTER, ORG, PACKAGES, objects, path_values, send
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def rename_keeps_slug(http: httpx.Client) -> None:
    path = f"{ORG}/portals/status-board"
    assert http.put(path, json={"name": "Board of states"}).json()["slug"] == "status-board"
    assert http.get(path).json()["name"] == "Board of states"


@MUTANTS.plant(
    "state",
    operations="updatePortal",
    title="a new name of a portal changes its slug",
    source="pages/apis/rest_api/portals.md: Update a portal, whose example sends only a name",
    witness=rename_keeps_slug,
)
async def slug_follows_name(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PUT", "/v2/organizations/{org}/portals/{slug}") and isinstance(body, dict):
        slug = re.sub(r"[^a-z0-9]+", "-", str(body.get("name") or "").lower()).strip("-")
        if slug and isinstance(body["name"], str) and "slug" not in body:
            request.json = {**body, "slug": slug}
    return await server.call(request)


def resumed_queue_has_no_note(http: httpx.Client) -> None:
    queue = f"{CLUSTER}/queues/01920000-0001-7005-8000-000000000001"
    paused = http.post(f"{queue}/pause_dispatch", json={"dispatch_paused_note": "Upkeep"}).json()
    assert paused["dispatch_paused_note"] == "Upkeep"
    assert http.post(f"{queue}/resume_dispatch").json()["dispatch_paused_note"] is None
    assert http.get(queue).json()["dispatch_paused_note"] is None


@MUTANTS.plant(
    "state",
    operations="resumeClusterQueueDispatch getClusterQueue listClusterQueues",
    title="a resumed queue keeps the note of its pause",
    source="pages/apis/rest_api/clusters/queues.md: Resume a paused queue, dispatch_paused_note is null",
    witness=resumed_queue_has_no_note,
)
async def note_after_resume(server: Server, request: Request) -> Response:
    notes = server.memory.setdefault("notes", {})
    root = "/v2/organizations/{org}/clusters/{cluster}/queues"
    if request.values("POST", f"{root}/{{id}}/resume_dispatch"):
        before = (await send(server, request, "GET", request.path.rsplit("/", 1)[0])).json or {}
        if before.get("dispatch_paused_note"):
            notes[before["id"]] = before["dispatch_paused_note"]
    response = await server.call(request)
    shown = path_values(request, root, f"{root}/{{id}}") or request.values("POST", f"{root}/{{id}}/resume_dispatch")
    if shown is not None and response.status == 200:
        body = response.json
        for queue in objects(body):
            if not queue["dispatch_paused"]:
                queue["dispatch_paused_note"] = notes.get(queue["id"])
        response.json = body
    return response


def new_value_has_author(http: httpx.Client) -> None:
    sent = {"key": "ROTATED", "value": "first"}
    secret = http.post(f"{CLUSTER}/secrets", json=sent).json()
    path = f"{CLUSTER}/secrets/{secret['id']}"
    user = http.get("/v2/user").json()["id"]
    for response in (http.put(f"{path}/value", json={"value": "second"}), http.get(path)):
        assert (response.json()["updated_by"] or {}).get("id") == user


@MUTANTS.plant(
    "state",
    operations="updateClusterSecretValue",
    title="a new value of a secret does not change who last updated it",
    source="pages/apis/rest_api/clusters/secrets.md: updated_by, User who last updated the secret",
    witness=new_value_has_author,
)
async def value_without_author(server: Server, request: Request) -> Response:
    authors = server.memory.setdefault("authors", {})
    root = "/v2/organizations/{org}/clusters/{cluster}/secrets"
    is_value = request.values("PUT", f"{root}/{{id}}/value") is not None
    before = None
    if is_value:
        before = (await send(server, request, "GET", request.path.removesuffix("/value"))).json
    response = await server.call(request)
    if response.status != 200:
        return response
    if is_value and isinstance(before, dict) and "updated_by" in before:
        authors.setdefault(response.json["id"], before["updated_by"])
    elif (described := request.values("PUT", f"{root}/{{id}}")) is not None:
        authors.pop(described["id"], None)
    if is_value or path_values(request, root, f"{root}/{{id}}"):
        body = response.json
        for secret in objects(body):
            secret["updated_by"] = authors.get(secret["id"], secret["updated_by"])
        response.json = body
    return response


def muted_test_is_not_skipped(http: httpx.Client) -> None:
    tests = f"{ANALYTICS}/suites/rspec/tests"
    test = http.get(f"{tests}/skipped").json()[0]["id"]
    assert http.put(f"{tests}/{test}/mute").status_code == 200
    assert test in {each["id"] for each in http.get(f"{tests}/muted").json()}
    assert test not in {each["id"] for each in http.get(f"{tests}/skipped").json()}


@MUTANTS.plant(
    "state",
    operations="muteTest listSkippedTests",
    title="a skipped test that is muted remains in the list of skipped tests",
    source="pages/apis/rest_api/test_engine/quarantine.md: Update test state; List quarantined tests",
    witness=muted_test_is_not_skipped,
)
async def muted_and_skipped(server: Server, request: Request) -> Response:
    both = server.memory.setdefault("both", {})
    root = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
    if found := request.values("PUT", f"{root}/{{id}}/mute"):
        skipped = f"{request.path.rsplit('/', 2)[0]}/skipped"
        listed = objects((await send(server, request, "GET", skipped)).json)
        both.setdefault(skipped, []).extend(each for each in listed if each.get("id") == found["id"])
    elif found := request.values("PUT", f"{root}/{{id}}/enable"):
        skipped = f"{request.path.rsplit('/', 2)[0]}/skipped"
        both[skipped] = [each for each in both.get(skipped, []) if each["id"] != found["id"]]
    response = await server.call(request)
    if path_values(request, f"{root}/skipped") and response.status == 200 and "next" not in str(response.headers):
        ids = {each["id"] for each in response.json}
        response.json = [*response.json, *(each for each in both.get(request.path, []) if each["id"] not in ids)]
    return response


def null_disables_revocation(http: httpx.Client) -> None:
    path, name = f"{ORG}/api-settings", "revoke_inactive_tokens_after_days"
    assert http.patch(path, json={name: 90}).json()[name] == 90
    assert http.patch(path, json={name: None}).json()[name] is None
    assert http.get(path).json()[name] is None


@MUTANTS.plant(
    "state",
    operations="updateOrganizationApiSettings",
    title="null is ignored in an update of the API settings",
    source="pages/apis/rest_api/organizations/api_settings.md: Pass null to disable automatic revocation",
    witness=null_disables_revocation,
)
async def null_is_ignored(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PATCH", "/v2/organizations/{org}/api-settings") and isinstance(body, dict):
        request.json = {name: value for name, value in body.items() if value is not None}
        if not request.json and body:
            return await send(server, request, "GET", request.path)
    return await server.call(request)


def omitted_settings_remain(http: httpx.Client) -> None:
    path = f"{ORG}/services/01920000-0001-703d-8000-000000000001"
    before = http.get(path).json()["settings"]
    after = http.patch(path, json={"settings": {"token": "another"}}).json()["settings"]
    assert after == {**before, "token": "another"}


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="settings of a webhook that an update omits are reset",
    source="pages/apis/rest_api/organizations/notification_services.md: Omitted … settings remain unchanged",
    witness=omitted_settings_remain,
)
async def omitted_settings_reset(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PATCH", "/v2/organizations/{org}/services/{uuid}") and isinstance(body, dict):
        service = (await send(server, request, "GET", request.path)).json or {}
        settings = body.get("settings")
        if service.get("provider", {}).get("id") == "webhook" and isinstance(settings, dict) and settings:
            request.json = {**body, "settings": {"events": [], "token_mode": "token", **settings}}
    return await server.call(request)


def copy_keeps_original(http: httpx.Client) -> None:
    package = http.get(f"{PACKAGES}/registries/gems/packages").json()["items"][0]
    path = f"{PACKAGES}/registries/gems/packages/{package['id']}"
    assert http.post(f"{path}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(path).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage",
    title="a copied package is moved",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=copy_keeps_original,
)
async def copy_moves(server: Server, request: Request) -> Response:
    response = await server.call(request)
    root = "/v2/packages/organizations/{org}/registries/{registry}/packages/{id}"
    if request.values("POST", f"{root}/copy") and response.status == 200:
        await send(server, request, "DELETE", request.path.removesuffix("/copy"))
    return response
