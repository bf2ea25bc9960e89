"""Bugs in what requests change."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILD,
    BUILDS,
    CLUSTER,
    CLUSTERS,
    EFFECTS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REGISTRIES,
    SUITES,
    TEAM,
    TEAMS,
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

AGENT = f"{ORGANIZATION}/agents/*"
JOB = f"{ORGANIZATION}/jobs/*"
JOB_IN_BUILD = f"{BUILD}/jobs/*"
QUEUES, QUEUE = f"{CLUSTER}/queues", f"{CLUSTER}/queues/*"
SECRETS, SECRET = f"{CLUSTER}/secrets", f"{CLUSTER}/secrets/*"
SCHEDULE = f"{PIPELINE}/schedules/*"
TEMPLATES, TEMPLATE = f"{ORGANIZATION}/pipeline-templates", f"{ORGANIZATION}/pipeline-templates/*"
PORTALS, PORTAL = f"{ORGANIZATION}/portals", f"{ORGANIZATION}/portals/*"
SERVICES, SERVICE = f"{ORGANIZATION}/services", f"{ORGANIZATION}/services/*"
REGISTRY = f"{REGISTRIES}/*"
INVITATION = f"{ORGANIZATION}/invitations/*"
TEST = f"{SUITES}/*/tests/*"


def with_body(request: Request, value: object) -> Request:
    """Return a request with another JSON body."""
    headers = {name: text for name, text in request.headers.items() if name != b"content-length"}
    return evolve(request, body=json.dumps(value).encode(), headers={**headers, b"content-type": b"application/json"})


def sent(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def edits(method: str, path: str, edit: Callable[[dict[str, Any]], Any]) -> Bug:
    """Change the body that the server gets."""

    async def bug(request: Request, call: Call) -> Response:
        if request.matches(method, path) and isinstance(value := sent(request), dict):
            edited = edit(value)
            return await call(with_body(request, value if edited is None else edited))
        return await call(request)

    return bug  # type: ignore[return-value]


def without(name: str, *, only: tuple[object, ...] = ()) -> Callable[[dict[str, Any]], Any]:
    """Remove a property from a body, always or for some values."""

    def edit(value: dict[str, Any]) -> dict[str, Any]:
        ignored = name in value and (not only or value[name] in only)
        return {key: each for key, each in value.items() if key != name or not ignored}

    return edit


def merged(**more: Any) -> Callable[[dict[str, Any]], Any]:
    """Set further properties, unless they are sent."""
    return lambda value: {**more, **value}


def does_nothing(method: str, path: str, *, read: int = 0, changes: dict[str, Any] | None = None) -> Bug:
    """Respond with the object, perhaps as if it had changed, and change nothing."""

    async def bug(request: Request, call: Call) -> Response:
        if not request.matches(method, path):
            return await call(request)
        shown = await call(
            evolve(request, method="GET", body=b"", path=request.path.rsplit("/", read)[0] if read else request.path)
        )
        if shown.status == 200 and changes:
            shown.json = {**shown.json, **changes}
        return shown

    return bug  # type: ignore[return-value]


def redirected(method: str, path: str, position: int, source: str) -> Callable[[], Bug]:
    """Requests for the first object act on the second one."""

    def make() -> Bug:
        known: list[list[str]] = []

        async def bug(request: Request, call: Call) -> Response:
            segments = request.path.split("/")
            if request.matches(method, path) and len(known) > 1 and segments[position] in known[0]:
                segments[position] = known[1][known[0].index(segments[position])]
                return await call(evolve(request, path="/".join(segments)))
            response = await call(request)
            if request.matches("POST", source) and response.status in (200, 201):
                known.append([str(response.json.get(name)) for name in ("id", "uuid", "slug")])
            return response

        return bug  # type: ignore[return-value]

    return make


def any_parent(path: str, position: int) -> Callable[[], Bug]:
    """The parent in a path is ignored: an object is found below any."""

    def make() -> Bug:
        parents: dict[str, str] = {}

        async def bug(request: Request, call: Call) -> Response:
            response = await call(request)
            segments = request.path.split("/")
            if request.matches("POST", path.rpartition("/")[0]) and response.status in (200, 201):
                value = response.json
                parents[str(value.get("id") or value.get("uuid"))] = segments[position]
            if response.status == 404 and request.method == "GET" and request.matches("GET", path):
                parent = parents.get(segments[-1])
                if parent is not None and parent != segments[position]:
                    segments[position] = parent
                    return await call(evolve(request, path="/".join(segments)))
            return response

        return bug  # type: ignore[return-value]

    return make


def after(method: str, path: str, other: Callable[[Request, Response], tuple[str, str, Any]]) -> Bug:
    """Send another request after a successful one."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches(method, path) and 200 <= response.status < 300:
            other_method, other_path, value = other(request, response)
            await call(with_body(evolve(request, method=other_method, path=other_path), value))
        return response

    return bug  # type: ignore[return-value]


def accepted_again(method: str, path: str, status: int, content: bytes = b"") -> Bug:
    """A request that has no effect any more is accepted."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches(method, path) and response.status in (400, 422):
            shown = await call(evolve(request, method="GET", body=b"", path=request.path.rpartition("/")[0]))
            response.status, response.body = status, content or shown.body
        return response

    return bug  # type: ignore[return-value]


def replaces(path: str, name: str, default: Any) -> Bug:
    """An update resets a property that it does not name."""
    return edits("PUT", path, lambda value: {name: default, **value})


async def duplicate_accepted(request: Request, call: Call) -> Response:
    """A second queue with the same key gets another key."""
    response = await call(request)
    if request.matches("POST", QUEUES) and response.status == 422 and isinstance(value := sent(request), dict):
        again = await call(with_body(request, {**value, "key": f"{value.get('key')}-2"}))
        if again.status == 201:
            again.json = {**again.json, "key": value["key"]}
        return again
    return response


async def annotation_replaced(request: Request, call: Call) -> Response:
    value = sent(request)
    if request.matches("POST", f"{BUILD}/annotations") and isinstance(value, dict):
        return await call(with_body(request, without("append")(value)))
    return await call(request)


async def annotation_duplicated(request: Request, call: Call) -> Response:
    value = sent(request)
    if request.matches("POST", f"{BUILD}/annotations") and isinstance(value, dict) and value.get("style") == "warning":
        return await call(with_body(request, {**value, "context": f"{value.get('context')} again"}))
    return await call(request)


def children_stay(deleted: set[str], request: Request, response: Response) -> None:
    """The queues of a deleted cluster are still listed."""
    if request.matches("DELETE", CLUSTER) and response.status == 204:
        deleted.add(f"{request.path}/queues")
    elif request.path in deleted and request.method == "GET":
        response.status, response.body = 200, b"[]"


def restored_by_update(old: dict[str, Any], request: Request, response: Response) -> None:
    """An update changes the creation time."""
    if request.matches("PATCH", TEMPLATE) and response.status == 200:
        old[request.path] = response.json["updated_at"]
    if request.method in {"GET", "PATCH"} and response.status == 200 and request.path in old:
        response.json = {**response.json, "created_at": old[request.path]}


async def unarchive_forgets(request: Request, call: Call) -> Response:
    if request.matches("POST", f"{PIPELINE}/archive"):
        path = request.path.rpartition("/")[0]
        await call(with_body(evolve(request, method="PATCH", path=path), {"tags": ["archived"]}))
    return await call(request)


def _show_secret(values: dict[str, str], request: Request, response: Response) -> None:
    """The description of a secret is its value."""
    if request.matches("POST", SECRETS) and response.status == 201:
        values[f"{request.path}/{response.json['id']}"] = sent(request).get("value")
    elif request.method == "GET" and response.status == 200 and request.path in values:
        response.json = {**response.json, "value": values[request.path]}


def _deleted_again(path: str, status: int) -> Bug:
    """A deletion of what does not exist succeeds."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("DELETE", path) and response.status == 404:
            return Response(status, [each for each in response.headers if each[0] != b"content-type"], b"")
        return response

    return bug  # type: ignore[return-value]


def _spreading(method: str, path: str, collection: str, name: str | None) -> Bug:
    """A request for an object is repeated for the one that was created after it."""
    known: list[str] = []

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("POST", collection) and response.status == 201:
            known.append(f"{request.path}/{response.json.get('id') or response.json.get('uuid')}")
        if request.matches(method, path) and response.status == 200 and (name is None or name in (sent(request) or {})):
            depth = len(collection.split("/")) + 1
            own = "/".join(request.path.split("/")[:depth])
            rest = request.path[len(own) :]
            for other in known:
                if other != own and other.rpartition("/")[0] == own.rpartition("/")[0]:
                    await call(evolve(request, path=f"{other}{rest}"))
        return response

    return bug  # type: ignore[return-value]


async def refused_update_applied(request: Request, call: Call) -> Response:
    """The valid part of an invalid update is stored."""
    response = await call(request)
    value = sent(request)
    if request.matches("PATCH", TEAM) and response.status in (400, 422) and isinstance(value, dict):
        await call(with_body(request, {name: each for name, each in value.items() if isinstance(each, str)}))
    return response


async def removed_everywhere(request: Request, call: Call) -> Response:
    """A user that is removed from a team is removed from all teams."""
    if request.matches("DELETE", f"{TEAM}/members/*"):
        segments = request.path.split("/")
        teams = await call(evolve(request, method="GET", path="/".join(segments[:5]), query=b"per_page=100"))
        for team in teams.json:
            if team["id"] != segments[5]:
                await call(evolve(request, path="/".join([*segments[:5], team["id"], *segments[6:]])))
    return await call(request)


def lists_every_schedule(known: list[Any], request: Request, response: Response) -> None:
    """The list of a pipeline has the schedules of all pipelines."""
    if is_created(request, response, f"{PIPELINE}/schedules"):
        known.append(response.json)
    elif request.matches("GET", f"{PIPELINE}/schedules") and response.status == 200:
        ids = {each["id"] for each in response.json}
        response.json = [*response.json, *(each for each in known if each["id"] not in ids)]


def is_created(request: Request, response: Response, path: str) -> bool:
    return request.matches("POST", path) and response.status == 201


async def any_organization(request: Request, call: Call) -> Response:
    """Templates are found below every organization."""
    response = await call(request)
    if request.method == "GET" and request.matches("GET", TEMPLATE) and response.status == 404:
        segments = request.path.split("/")
        for organization in ("acme", "globex"):
            segments[3] = organization
            other = await call(evolve(request, path="/".join(segments)))
            if other.status == 200:
                return other
    return response


def jobs_survive(builds: dict[str, Response], request: Request, response: Response) -> None:
    """The jobs of a deleted pipeline are still readable by their short path."""
    if request.matches("GET", JOB) and response.status == 200:
        builds[request.path] = Response(200, list(response.headers), response.body)
    elif request.matches("GET", JOB) and response.status == 404 and request.path in builds:
        shown = builds[request.path]
        response.status, response.headers, response.body = 200, list(shown.headers), shown.body


def _all_teams(method: str, path: str) -> Bug:
    """A request for one team acts on all teams."""

    async def bug(request: Request, call: Call) -> Response:
        if request.matches(method, path):
            segments = request.path.split("/")
            listing = evolve(request, method="GET", path="/".join(segments[:5]), query=b"per_page=100", body=b"")
            for team in (await call(listing)).json:
                await call(evolve(request, path="/".join([*segments[:5], team["id"], *segments[6:]])))
        return await call(request)

    return bug  # type: ignore[return-value]


def same_number(response: Response) -> None:
    value = response.json
    response.json = {**value, "number": value["rebuilt_from"]["number"]}


def rebuilt_without(name: str, to: Any) -> Bug:
    return on("PUT", f"{BUILD}/rebuild", body(put(name, to=to)))


QUEUE_LIFE = ("createClusterQueue", "getClusterQueue", "listClusterQueues", "deleteClusterQueue")
SECRET_LIFE = ("createClusterSecret", "getClusterSecret", "listClusterSecrets")
TEAM_LIFE = ("createTeam", "getTeam", "updateTeam", "deleteTeam", "listTeams")
CLUSTER_LIFE = ("createCluster", "getCluster", "updateCluster", "listClusters", "deleteCluster")
PIPELINE_LIFE = ("createPipeline", "getPipeline", "updatePipeline")
SCHEDULE_LIFE = ("createPipelineSchedule", "getPipelineSchedule", "updatePipelineSchedule")
TEMPLATE_LIFE = ("createPipelineTemplate", "getPipelineTemplate", "updatePipelineTemplate")
BUILD_LIFE = ("createBuild", "getBuild", "listBuilds")

EFFECTS_MUTANTS: dict[str, Mutant] = {
    # New objects
    "false is stored as true": server(
        "createPipelineTemplate",
        "value_not_persisted",
        EFFECTS,
        edits("POST", TEMPLATES, lambda value: {**value, "available": not value.get("available", False)}),
    ),
    "default is wrong": server(
        "createPipelineSchedule",
        "default_not_applied",
        EFFECTS,
        edits("POST", f"{PIPELINE}/schedules", merged(enabled=False)),
    ),
    "default of a filter is wrong": server(
        "createPipeline",
        "default_not_applied",
        EFFECTS,
        edits("POST", PIPELINES, merged(branch_configuration="main")),
    ),
    "nested value lost": server(
        "createNotificationService",
        "value_not_persisted",
        EFFECTS,
        edits(
            "POST",
            SERVICES,
            lambda value: {**value, "build_states": {"build_failed": False}} if "build_states" in value else value,
        ),
    ),
    "items of an array lost": server(
        "createPipeline",
        "value_not_persisted",
        EFFECTS,
        edits("POST", PIPELINES, lambda value: {**value, "tags": value["tags"][:1]} if value.get("tags") else value),
    ),
    "meta-data lost": server(
        "createBuild", "value_not_persisted", EFFECTS, edits("POST", BUILDS, without("meta_data")), include=BUILD_LIFE
    ),
    "text trimmed to lower case": server(
        "createPortal",
        "value_not_persisted",
        EFFECTS,
        edits("POST", PORTALS, lambda value: {**value, "description": str(value.get("description", "")).lower()}),
    ),
    "value missing in the list": server(
        "listClusters",
        "value_not_persisted",
        EFFECTS,
        on("GET", CLUSTERS, body(put("*", "color", to=None))),
        include=("createCluster",),
    ),
    "created long ago": server(
        "createTeam",
        "creation_not_recorded",
        EFFECTS,
        on("POST", TEAMS, body(put("created_at", to="2020-01-01T00:00:00.000Z")), 201),
    ),
    "created by somebody else": server(
        "createCluster",
        "creation_not_recorded",
        EFFECTS,
        on("POST", CLUSTERS, body(put("created_by", "id", to="00000000-0000-4000-8000-000000000000")), 201),
    ),
    "key taken twice": server("createClusterQueue", "conflict_accepted", EFFECTS, duplicate_accepted),
    "secret value returned": remembering(
        "getClusterSecret",
        "secret_returned_again",
        EFFECTS,
        with_state(dict, _show_secret),
        include=("createClusterSecret",),
    ),
    # Updates
    "one of many properties is not updated": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, without("allow_rebuilds")),
        include=PIPELINE_LIFE,
    ),
    "false is ignored in an update": server(
        "updateTeam",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", TEAM, without("members_can_create_suites", only=(False,))),
        include=TEAM_LIFE,
    ),
    "null is ignored in an update": server(
        "updateCluster",
        "value_not_persisted",
        EFFECTS,
        edits("PUT", CLUSTER, without("emoji", only=(None,))),
        include=CLUSTER_LIFE,
    ),
    "empty list is ignored in an update": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, without("tags", only=([],))),
        include=PIPELINE_LIFE,
    ),
    "update resets another property": server(
        "updatePipelineSchedule",
        "other_property_changed",
        EFFECTS,
        replaces(SCHEDULE, "message", None),
        include=SCHEDULE_LIFE,
    ),
    "update of a cluster resets its color": server(
        "updateCluster", "other_property_changed", EFFECTS, replaces(CLUSTER, "color", None), include=CLUSTER_LIFE
    ),
    "empty update resets a property": server(
        "updatePipelineTemplate",
        "other_property_changed",
        EFFECTS,
        edits("PATCH", TEMPLATE, lambda value: value or {"description": "Nothing"}),
        include=TEMPLATE_LIFE,
    ),
    "update changes the creation time": remembering(
        "getPipelineTemplate",
        "other_property_changed",
        EFFECTS,
        with_state(dict, restored_by_update),
        include=TEMPLATE_LIFE,
    ),
    "update of one changes another": remembering(
        "getTeam",
        "other_object_changed",
        EFFECTS,
        lambda: _spreading("PATCH", TEAM, TEAMS, "description"),
        include=TEAM_LIFE,
    ),
    "default queue not set": server(
        "updateCluster",
        "value_not_persisted",
        EFFECTS,
        edits("PUT", CLUSTER, without("default_queue_id")),
        include=CLUSTER_LIFE,
    ),
    "provider settings replaced by nothing": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, without("provider_settings")),
        include=PIPELINE_LIFE,
    ),
    "access of a team not updated": server(
        "updateTeamPipeline",
        "value_not_persisted",
        EFFECTS,
        does_nothing("PATCH", f"{TEAM}/pipelines/*"),
    ),
    "access of a team to a suite not updated": server(
        "updateTeamSuite",
        "value_not_persisted",
        EFFECTS,
        does_nothing("PATCH", f"{TEAM}/suites/*"),
    ),
    # Deletions
    "deletion removes the next object": remembering(
        "getTeam", "other_object_changed", EFFECTS, redirected("DELETE", TEAM, -1, TEAMS), include=TEAM_LIFE
    ),
    "deletion by slug removes another suite": remembering(
        "deleteTestSuite",
        "other_object_changed",
        EFFECTS,
        redirected("DELETE", f"{SUITES}/*", -1, SUITES),
        include=("createTestSuite", "getTestSuite"),
    ),
    "children survive": remembering(
        "listClusterQueues", "deleted_object_found", EFFECTS, with_state(set, children_stay), include=CLUSTER_LIFE
    ),
    "deleted twice": server(
        "deleteRegistryToken",
        "deleted_object_found",
        EFFECTS,
        _deleted_again(f"{REGISTRY}/tokens/*", 200),
        include=("createRegistryToken", "getRegistryToken"),
    ),
    # Parents
    "queue found below another cluster": remembering(
        "getClusterQueue", "wrong_parent_accepted", EFFECTS, any_parent(QUEUE, 5), include=("createClusterQueue",)
    ),
    "schedule found below another pipeline": remembering(
        "getPipelineSchedule",
        "wrong_parent_accepted",
        EFFECTS,
        any_parent(SCHEDULE, 5),
        include=("createPipelineSchedule",),
    ),
    # Actions
    "pause without an effect": server(
        "pauseClusterQueueDispatch",
        "effect_missing",
        EFFECTS,
        does_nothing(
            "POST",
            f"{QUEUE}/pause_dispatch",
            read=1,
            changes={"dispatch_paused": True, "dispatch_paused_note": "The registry is down"},
        ),
        include=QUEUE_LIFE,
    ),
    "note of a pause lost": server(
        "pauseClusterQueueDispatch",
        "effect_missing",
        EFFECTS,
        edits("POST", f"{QUEUE}/pause_dispatch", without("dispatch_paused_note")),
        include=QUEUE_LIFE,
    ),
    "resumed queue keeps the time of its pause": remembering(
        "resumeClusterQueueDispatch",
        "effect_missing",
        EFFECTS,
        lambda: on("POST", f"{QUEUE}/resume_dispatch", body(put("dispatch_paused_at", to="2026-01-01T00:00:00Z"))),
        include=("pauseClusterQueueDispatch",),
    ),
    "paused twice": server(
        "pauseClusterQueueDispatch",
        "repetition_has_effect",
        EFFECTS,
        accepted_again("POST", f"{QUEUE}/pause_dispatch", 200),
        include=QUEUE_LIFE,
    ),
    "pause affects another queue": remembering(
        "getClusterQueue",
        "other_object_changed",
        EFFECTS,
        lambda: _spreading("POST", f"{QUEUE}/pause_dispatch", QUEUES, None),
        include=(*QUEUE_LIFE, "pauseClusterQueueDispatch"),
    ),
    "cancel without an effect": server(
        "cancelBuild", "effect_missing", EFFECTS, does_nothing("PUT", f"{BUILD}/cancel", read=1), include=BUILD_LIFE
    ),
    "rebuild has another commit": server(
        "rebuildBuild",
        "effect_missing",
        EFFECTS,
        rebuilt_without("commit", "0" * 40),
        include=("cancelBuild", "createBuild"),
    ),
    "rebuild loses the message": server(
        "rebuildBuild",
        "effect_missing",
        EFFECTS,
        rebuilt_without("message", None),
        include=("cancelBuild", "createBuild"),
    ),
    "rebuild has the same number": server(
        "rebuildBuild",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{BUILD}/rebuild", same_number),
        include=("cancelBuild", "createBuild"),
    ),
    "unblocked by nobody": server(
        "unblockJob",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{JOB}/unblock", body(put("unblocked_by", to=None))),
    ),
    "unblock without an effect": server(
        "unblockJob",
        "effect_missing",
        EFFECTS,
        does_nothing("PUT", f"{JOB}/unblock", read=1, changes={"state": "unblocked"}),
    ),
    "retry returns the same job": server(
        "retryJob",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{JOB}/retry", body(lambda value: {**value, "id": value["retry_source"]["job_id"]})),
    ),
    "retried job does not name its retry": server(
        "getJob",
        "effect_missing",
        EFFECTS,
        on("GET", JOB, body(put("retried_in_job_id", to=None))),
        include=("retryJob",),
    ),
    "priority not changed": server(
        "reprioritizeJob",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{JOB}/reprioritize", lambda value: {"priority": 0}),
    ),
    "paused agent without a note": server(
        "getAgent",
        "effect_missing",
        EFFECTS,
        on("GET", AGENT, body(put("paused_note", to=None))),
        include=("pauseAgent",),
    ),
    "time of a pause ignored": server(
        "pauseAgent",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{AGENT}/pause", without("timeout_in_minutes")),
    ),
    "agent not stopped": server(
        "stopAgent",
        "effect_missing",
        EFFECTS,
        on("GET", AGENT, body(put("connection_state", to="connected"))),
    ),
    "archived pipeline without a time": server(
        "archivePipeline",
        "effect_missing",
        EFFECTS,
        on("POST", f"{PIPELINE}/archive", body(put("archived_at", to=None))),
    ),
    "archiving changes tags": server(
        "getPipeline", "other_property_changed", EFFECTS, unarchive_forgets, include=("archivePipeline",)
    ),
    "disabled service still enabled": server(
        "disableNotificationService",
        "effect_missing",
        EFFECTS,
        does_nothing("PUT", f"{SERVICE}/disable", read=1),
    ),
    "muted test not listed": server(
        "listMutedTests",
        "effect_missing",
        EFFECTS,
        on("GET", f"{SUITES}/*/tests/muted", body(lambda value: [])),
        include=("muteTest",),
    ),
    "labels replaced": server(
        "updateTestLabels",
        "effect_missing",
        EFFECTS,
        edits("PATCH", f"{TEST}/labels", lambda value: {**value, "operator": "add"}),
    ),
    "revoked invitation still pending": server(
        "getOrganizationInvitation",
        "effect_missing",
        EFFECTS,
        on("GET", INVITATION, body(put("state", to="pending"))),
        include=("revokeOrganizationInvitation", "createOrganizationInvitations"),
    ),
    "appended annotation replaced": server(
        "createBuildAnnotation", "effect_missing", EFFECTS, annotation_replaced, include=("listBuildAnnotations",)
    ),
    "annotation of the same context duplicated": server(
        "createBuildAnnotation", "effect_missing", EFFECTS, annotation_duplicated, include=("listBuildAnnotations",)
    ),
    "value of a secret not changed": server(
        "updateClusterSecretValue",
        "effect_missing",
        EFFECTS,
        does_nothing("PUT", f"{SECRET}/value", read=1, changes={"updated_at": "2020-01-01T00:00:00.000Z"}),
        include=SECRET_LIFE,
    ),
    "copy moved": server(
        "copyPackage",
        "effect_missing",
        EFFECTS,
        on("POST", f"{REGISTRY}/packages/*/copy", body(put("name", to="another"))),
        include=("publishPackage",),
    ),
    # Further bystanders
    "user removed from all teams": server(
        "getTeamMember",
        "other_object_changed",
        EFFECTS,
        removed_everywhere,
        include=("createTeamMember", "deleteTeamMember", "listTeamMembers"),
    ),
    "schedules of all pipelines listed": remembering(
        "listPipelineSchedules",
        "wrong_parent_accepted",
        EFFECTS,
        with_state(list, lists_every_schedule),
        include=("createPipelineSchedule",),
    ),
    "found below another organization": server(
        "getPipelineTemplate", "wrong_parent_accepted", EFFECTS, any_organization, include=("createPipelineTemplate",)
    ),
    "refused update applied": server(
        "getTeam", "other_property_changed", EFFECTS, refused_update_applied, include=("updateTeam", "createTeam")
    ),
    "jobs of a deleted pipeline found": remembering(
        "getJob",
        "deleted_object_found",
        EFFECTS,
        with_state(dict, jobs_survive),
        include=("createPipeline", "deletePipeline", "createBuild", "getJobInBuild", "reprioritizeJob"),
    ),
    "property that no example has is lost": server(
        "createTeam",
        "value_not_persisted",
        EFFECTS,
        edits("POST", TEAMS, without("members_can_destroy_packages")),
    ),
    "null stored as text": server(
        "createPipelineTemplate",
        "value_not_persisted",
        EFFECTS,
        edits("POST", TEMPLATES, lambda value: {**value, "description": str(value.get("description"))}),
    ),
    "empty list replaced by a default": server(
        "createPipeline",
        "value_not_persisted",
        EFFECTS,
        edits(
            "POST", PIPELINES, lambda value: {**value, "tags": value["tags"] or ["new"]} if "tags" in value else value
        ),
    ),
    "priority 0 ignored": server(
        "reprioritizeJob",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{JOB}/reprioritize", lambda value: {"priority": value["priority"] or 10}),
    ),
    "fields of a block step lost": server(
        "getBuild",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{JOB}/unblock", without("fields")),
        include=("unblockJob",),
    ),
    "default length of a pause": server(
        "pauseAgent",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{AGENT}/pause", merged(timeout_in_minutes=60)),
    ),
    "updated by somebody else": server(
        "updatePipelineTemplate",
        "other_property_changed",
        EFFECTS,
        on("PATCH", TEMPLATE, body(put("updated_by", "id", to="00000000-0000-4000-8000-000000000000"))),
    ),
    "retries not counted": server(
        "retryJob", "effect_missing", EFFECTS, on("PUT", f"{JOB}/retry", body(put("retries_count", to=0)))
    ),
    "suite found by the team of another": remembering(
        "getTeamSuite",
        "other_object_changed",
        EFFECTS,
        lambda: _all_teams("PATCH", f"{TEAM}/suites/*"),
        include=("createTeamSuite", "updateTeamSuite"),
    ),
}
