"""Seventh set A: requests with wrong or missing effects."""

import httpx
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.planted.seventh_set_a_support import (
    CLUSTER,
    FRONTEND,
    GRACE,
    MUTANTS,
    ORGANIZATION,
    SUITE,
    change_objects,
    internal,
    objects,
    values,
)

MEMBERS = "/v2/organizations/{org}/teams/{team}/members"
TEST = "/v2/analytics/organizations/{org}/suites/{suite}/tests/{test}"
SECRETS = "/v2/organizations/{org}/clusters/{cluster}/secrets"
SETTINGS = "/v2/organizations/{org}/pipeline-settings"


def second_maintainer(http: httpx.Client) -> None:
    before = {each["user_id"] for each in http.get(f"{FRONTEND}/members").json() if each["role"] == "maintainer"}
    assert http.patch(f"{FRONTEND}/members/{GRACE}", json={"role": "maintainer"}).status_code == 200
    after = {each["user_id"] for each in http.get(f"{FRONTEND}/members").json() if each["role"] == "maintainer"}
    assert after == before | {GRACE}


@MUTANTS.plant(
    "state",
    operations="updateTeamMember",
    title="a new maintainer replaces the other maintainers of the team",
    source="pages/apis/rest_api/teams/members.md: Updates an association between a team and a user",
    witness=second_maintainer,
)
async def one_maintainer_per_team_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = values(request, "PATCH", f"{MEMBERS}/{{user}}")
    if found is not None and response.status == 200 and response.json["role"] == "maintainer":
        path = f"/v2/organizations/{found['org']}/teams/{found['team']}/members"
        for member in objects(await internal(server, request, "GET", path)):
            if member["role"] == "maintainer" and member["user_id"] != found["user"]:
                await internal(server, request, "PATCH", f"{path}/{member['user_id']}", json={"role": "member"})
    return response


def removal_of_two_labels(http: httpx.Client) -> None:
    test = next(each for each in http.get(f"{SUITE}/tests").json() if len(each["labels"]) > 1)
    body = {"operator": "remove", "labels": test["labels"]}
    assert http.patch(f"{SUITE}/tests/{test['id']}/labels", json=body).json()["labels"] == []


@MUTANTS.plant(
    "state",
    operations="updateTestLabels",
    title="only the first of several labels is removed",
    source="pages/apis/rest_api/test_engine/tests.md: The labels that will be added or removed",
    witness=removal_of_two_labels,
)
async def only_first_label_removed_a(server: Server, request: Request) -> Response:
    body = request.json
    if values(request, "PATCH", f"{TEST}/labels") is not None and isinstance(body, dict):
        labels = body.get("labels")
        if body.get("operator") == "remove" and isinstance(labels, list) and all(isinstance(n, str) for n in labels):
            request.json = {**body, "labels": labels[:1]}
    return await server.call(request)


def muted_instead_of_skipped(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests/skipped").json()[0]
    assert http.put(f"{SUITE}/tests/{test['id']}/mute").status_code == 200
    assert test["id"] in {each["id"] for each in http.get(f"{SUITE}/tests/muted").json()}
    assert test["id"] not in {each["id"] for each in http.get(f"{SUITE}/tests/skipped").json()}


@MUTANTS.plant(
    "state",
    operations="muteTest listSkippedTests",
    title="a skipped test that is muted is still in the list of skipped tests",
    source="pages/apis/rest_api/test_engine/quarantine.md: A list of skipped tests or muted tests can be retrieved",
    witness=muted_instead_of_skipped,
)
async def muted_test_stays_skipped_a(server: Server, request: Request) -> Response:
    skipped = server.memory.setdefault("skipped", {})
    for action in ("mute", "enable", "skip"):
        found = values(request, "PUT", f"{TEST}/{action}")
        if found is None:
            continue
        path = request.path.rstrip("/").removesuffix(f"/{found['test']}/{action}")
        before = list(objects(await internal(server, request, "GET", f"{path}/skipped", per_page="100")))
        response = await server.call(request)
        if response.status == 200 and action != "mute":
            skipped.pop((path, found["test"]), None)
        elif response.status == 200:
            skipped.update({(path, each["id"]): each for each in before if each["id"] == found["test"]})
        return response
    response = await server.call(request)
    template = "/v2/analytics/organizations/{org}/suites/{suite}/tests/skipped"
    if values(request, "GET", template) is not None and response.status == 200 and "page" not in request.params:
        path = request.path.rstrip("/").removesuffix("/skipped")
        response.json = [*response.json, *(test for (suite, _), test in skipped.items() if suite == path)]
    return response


def pause_without_note(http: httpx.Client) -> None:
    queue = f"{CLUSTER}/queues/{http.get(f'{CLUSTER}/queues').json()[0]['id']}"
    paused = http.post(f"{queue}/pause_dispatch", json={"dispatch_paused_note": "Security issue"}).json()
    assert paused["dispatch_paused_note"] == "Security issue"
    assert http.post(f"{queue}/resume_dispatch").json()["dispatch_paused_note"] is None
    assert http.post(f"{queue}/pause_dispatch").json()["dispatch_paused_note"] is None


@MUTANTS.plant(
    "state",
    operations="pauseClusterQueueDispatch",
    title="a queue that is paused without a note gets the note of the pause before",
    source="pages/apis/rest_api/clusters/queues.md: The note left when the queue was paused",
    witness=pause_without_note,
)
async def note_of_last_pause_a(server: Server, request: Request) -> Response:
    template = "/v2/organizations/{org}/clusters/{cluster}/queues/{queue}/pause_dispatch"
    found = values(request, "POST", template)
    if found is None:
        return await server.call(request)
    body = request.json if request.body else {}
    if isinstance(body, dict) and "dispatch_paused_note" not in body and found["queue"] in server.memory:
        request.json = {**body, "dispatch_paused_note": server.memory[found["queue"]]}
        request.headers |= {"content-type": "application/json", "content-length": str(len(request.body))}
    response = await server.call(request)
    if response.status == 200 and response.json["dispatch_paused_note"]:
        server.memory[found["queue"]] = response.json["dispatch_paused_note"]
    return response


def updater_of_value(http: httpx.Client) -> None:
    secret = next(each for each in http.get(f"{CLUSTER}/secrets").json() if each["updated_by"] is None)
    changed = http.put(f"{CLUSTER}/secrets/{secret['id']}/value", json={"value": "new-secret-value"}).json()
    assert changed["updated_at"] > secret["updated_at"]
    assert changed["updated_by"] is not None


@MUTANTS.plant(
    "state",
    operations="updateClusterSecretValue",
    title="a new value of a secret does not change `updated_by`",
    source="pages/apis/rest_api/clusters/secrets.md: User who last updated the secret",
    witness=updater_of_value,
)
async def value_has_no_updater_a(server: Server, request: Request) -> Response:
    updaters = server.memory
    found = values(request, "PUT", f"{SECRETS}/{{secret}}/value")
    before = None
    if found is not None:
        before = await internal(server, request, "GET", request.path.rstrip("/").removesuffix("/value"))
    response = await server.call(request)
    if found is not None and before is not None and response.status == 200:
        updaters.setdefault(found["secret"], before.json["updated_by"])
    changed = values(request, "PUT", f"{SECRETS}/{{secret}}")
    if changed is not None and response.status == 200:
        updaters.pop(changed["secret"], None)
    if f"/clusters/{request.path.partition('/clusters/')[2].partition('/')[0]}/secrets" in request.path:
        body = response.json
        for secret in body if isinstance(body, list) else [body]:
            if isinstance(secret, dict) and secret.get("id") in updaters:
                secret["updated_by"] = updaters[secret["id"]]
                response.json = body
    return response


def other_settings_of_webhook(http: httpx.Client) -> None:
    services = http.get(f"{ORGANIZATION}/services").json()["items"]
    service = next(each for each in services if each["settings"].get("tls_verify") is False)
    changed = http.patch(service["url"], json={"settings": {"events": ["build.finished"]}}).json()
    assert changed["settings"] == {**service["settings"], "events": ["build.finished"]}


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="an update of other settings of a webhook enables `tls_verify` again",
    source="pages/apis/rest_api/organizations/notification_services.md: Omitted … settings remain unchanged",
    witness=other_settings_of_webhook,
)
async def tls_verified_again_a(server: Server, request: Request) -> Response:
    body = request.json
    is_update = values(request, "PATCH", "/v2/organizations/{org}/services/{service}") is not None
    if is_update and isinstance(body, dict) and isinstance(body.get("settings"), dict):
        found = next(objects(await internal(server, request, "GET", request.path)), {})
        if found.get("provider", {}).get("id") == "webhook" and "tls_verify" not in body["settings"]:
            request.json = {**body, "settings": {**body["settings"], "tls_verify": True}}
    return await server.call(request)


def time_of_new_access(http: httpx.Client) -> None:
    path = f"{ORGANIZATION}/pipeline-settings"
    first = http.get(path).json()["hosted_agents_terminal_access"]
    assert first["enabled"]
    assert not http.delete(f"{path}/hosted-agents-ssh").json()["hosted_agents_terminal_access"]["enabled"]
    second = http.put(f"{path}/hosted-agents-ssh").json()["hosted_agents_terminal_access"]
    assert second["enabled_at"] > first["enabled_at"]


@MUTANTS.plant(
    "state",
    operations="enableHostedAgentsRemoteAccess",
    title="`enabled_at` of remote access that is enabled again is the time of the first time",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: Records who enabled remote access and when",
    witness=time_of_new_access,
)
async def first_time_of_access_a(server: Server, request: Request) -> Response:
    found = values(request, "DELETE", f"{SETTINGS}/hosted-agents-ssh")
    if found is not None and found["org"] not in server.memory:
        before = await internal(server, request, "GET", f"/v2/organizations/{found['org']}/pipeline-settings")
        for settings in objects(before):
            if settings["hosted_agents_terminal_access"]["enabled"]:
                server.memory[found["org"]] = settings["hosted_agents_terminal_access"]["enabled_at"]
    response = await server.call(request)
    organization = request.path.removeprefix("/v2/organizations/").partition("/")[0]
    if "/pipeline-settings" in request.path and organization in server.memory:
        time = server.memory[organization]
        change_objects(
            response,
            "hosted_agents_terminal_access",
            lambda each: (
                {**each["hosted_agents_terminal_access"], "enabled_at": time}
                if each["hosted_agents_terminal_access"]["enabled"]
                else None
            ),
        )
    return response
