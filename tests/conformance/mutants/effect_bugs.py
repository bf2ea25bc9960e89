"""Bugs in what requests change."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILD,
    CLUSTER,
    ORGANIZATION,
    PIPELINE,
    REGISTRIES,
    SUITES,
    TEAM,
    body,
    on,
    put,
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
    """Return the JSON of a request. A body that is optional may be missing, which is the same as an empty object."""
    try:
        return json.loads(request.body or b"{}")
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


def show_secret(values: dict[str, str], request: Request, response: Response) -> None:
    """The description of a secret is its value."""
    if request.matches("POST", SECRETS) and response.status == 201:
        values[f"{request.path}/{response.json['id']}"] = sent(request).get("value")
    elif request.method == "GET" and response.status == 200 and request.path in values:
        response.json = {**response.json, "value": values[request.path]}


def deleted_again(path: str, status: int) -> Bug:
    """A deletion of what does not exist succeeds."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("DELETE", path) and response.status == 404:
            return Response(status, [each for each in response.headers if each[0] != b"content-type"], b"")
        return response

    return bug  # type: ignore[return-value]


def spreading(method: str, path: str, collection: str, name: str | None) -> Bug:
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


def all_teams(method: str, path: str) -> Bug:
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
