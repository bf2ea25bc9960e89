"""Bugs that contradict single sentences and examples of the documentation, mostly in all objects alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.effect_bugs import PORTALS, TEST, edits, sent, with_body
from tests.conformance.mutants.filters import TESTS
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILDS,
    EFFECTS,
    FILTERS,
    ORGANIZATION,
    REFUSALS,
    REGISTRIES,
    STATUSES,
    SUITES,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
)
from tests.conformance.mutants.versions import FAILED, VERSION, edited
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

RUNS = f"{SUITES}/*/runs"
TAGS = f"{SUITES}/*/execution-tags"
SUITE = f"{SUITES}/*"


def other(name: str, change: Callable[[Any], Any]) -> Any:
    return lambda item: item | {name: change(item[name])}


def with_underscores(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace(".", "_"): value for key, value in tags.items()}


def exchanged_states(path: str, name: str = "state") -> Bug:
    """A filter by `muted` has the results of `skipped`."""

    async def bug(request: Request, call: Call) -> Response:
        pairs = dict(parse_qsl(request.query.decode(), keep_blank_values=True))
        if request.matches("GET", path) and pairs.get(name) in {"muted", "skipped"}:
            pairs[name] = {"muted": "skipped", "skipped": "muted"}[pairs[name]]
            return await call(evolve(request, query=urlencode(pairs).encode()))
        return await call(request)

    return bug  # type: ignore[return-value]


def exchanged_lists() -> Bug:
    """The list of muted tests has the skipped ones."""

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("GET", f"{TESTS}/muted"):
            return await call(evolve(request, path=request.path.replace("/muted", "/skipped")))
        return await call(request)

    return bug  # type: ignore[return-value]


def lower_labels(value: dict[str, Any]) -> None:
    if isinstance(labels := value.get("labels"), list):
        value["labels"] = [label.lower() if isinstance(label, str) else label for label in labels]


def any_case() -> Bug:
    """A test is also found by its name in the other case."""

    async def bug(request: Request, call: Call) -> Response:
        response, found = await call(request), sent(request)
        name = found.get("name") if isinstance(found, dict) else None
        if request.matches("POST", f"{TESTS}/find") and response.status == 404 and isinstance(name, str):
            return await call(with_body(request, found | {"name": name.swapcase()}))
        return response

    return bug  # type: ignore[return-value]


def appended_policy() -> Bug:
    """A new policy is added to the former one."""
    known: dict[str, list[Any]] = {}

    async def bug(request: Request, call: Call) -> Response:
        found = sent(request)
        policy = found.get("oidc_policy") if isinstance(found, dict) and request.matches("PATCH", SUITE) else None
        if isinstance(policy, list):
            known[request.path] = known.get(request.path, []) + policy
            return await call(with_body(request, found | {"oidc_policy": known[request.path]}))
        return await call(request)

    return bug  # type: ignore[return-value]


def valid_part() -> Bug:
    """The valid executions of a refused request get their tags."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        found = sent(request)
        if request.matches("PUT", TAGS) and response.status == 400 and isinstance(found, dict):
            for each in found.get("executions") or ():
                await call(with_body(request, {"executions": [each]}))
        return response

    return bug  # type: ignore[return-value]


def blank_version() -> Bug:
    """A blank version is invalid."""

    async def bug(request: Request, call: Call) -> Response:
        if request.headers.get(VERSION) == b"":
            return await call(evolve(request, headers={**request.headers, VERSION: b"?"}))
        return await call(request)

    return bug  # type: ignore[return-value]


def explicit_type() -> Bug:
    """A body needs a media type."""

    async def bug(request: Request, call: Call) -> Response:
        if request.body and b"content-type" not in request.headers:
            return await call(evolve(request, headers={**request.headers, b"content-type": b"text/plain"}))
        return await call(request)

    return bug  # type: ignore[return-value]


def last_values(path: str) -> Bug:
    """Links to other pages have only the last of several values of a parameter."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        link = dict(response.headers).get(b"link", b"").decode()
        if not request.matches("GET", path) or not link:
            return response
        for part in link.split(", "):
            url, _, relation = part.partition(">")
            start, _, query = url.partition("?")
            link = link.replace(part, f"{start}?{urlencode(dict(parse_qsl(query)))}>{relation}")
        headers = [pair for pair in response.headers if pair[0] != b"link"]
        return Response(response.status, [*headers, (b"link", link.encode())], response.body)

    return bug  # type: ignore[return-value]


def copied_anyway() -> Bug:
    """A package that cannot be copied is returned."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("POST", f"{REGISTRIES}/*/packages/*/copy") and response.status == 400:
            return await call(evolve(request, method="GET", path=request.path.removesuffix("/copy")))
        return response

    return bug  # type: ignore[return-value]


SENTENCES: dict[str, Mutant] = {
    "always null": server(
        "listTestRuns", "responses_disagree", AGREEMENT, edited(RUNS, other("build_id", lambda _: None))
    ),
    "always in one state": server(
        "listTestRuns", "responses_disagree", AGREEMENT, edited(RUNS, other("state", lambda _: "running"))
    ),
    "times without milliseconds": server(
        "listTestRuns", "responses_disagree", AGREEMENT, edited(RUNS, other("created_at", lambda time: f"{time[:19]}Z"))
    ),
    "keys of one word": server(
        "listFailedExecutions", "responses_disagree", AGREEMENT, edited(FAILED, other("tags", with_underscores))
    ),
    "duration in milliseconds": server(
        "listFailedExecutions",
        "responses_disagree",
        AGREEMENT,
        edited(FAILED, other("duration", lambda seconds: seconds * 1000)),
    ),
    "states are exchanged in a filter": server("listTests", "filter_mismatch", FILTERS, exchanged_states(TESTS)),
    "the last of several values in links": server("listBuilds", "link_conformance", FILTERS, last_values(BUILDS)),
    "states are exchanged in lists": server("listMutedTests", "responses_disagree", AGREEMENT, exchanged_lists()),
    "labels in lower case": server(
        "updateTestLabels", "effect_missing", EFFECTS, edits("PATCH", f"{TEST}/labels", lower_labels)
    ),
    "a name in another case": server("findTest", "documented_refusal", STATUSES, any_case()),
    "a policy is added": remembering("updateTestSuite", "valid_value_refused", EFFECTS, appended_policy),
    "a part of a refused batch": server(
        "updateExecutionTags",
        "other_property_changed",
        EFFECTS,
        valid_part(),
        include=("listFailedExecutions",),
    ),
    "a blank version is refused": server("getTest", "filter_mismatch", FILTERS, blank_version()),
    "a media type is required": server("updatePortal", "malformed_request_accepted", REFUSALS, explicit_type()),
    "a message without a reason": server(
        "createTeam",
        "documented_refusal",
        STATUSES,
        on("POST", f"{ORGANIZATION}/teams", body(put("message", to="Validation failed: ")), 422),
    ),
    "an empty token": server(
        "updateTestSuite",
        "requested_property",
        EFFECTS,
        on("PATCH", SUITE, body(lambda item: item | {"api_token": None})),
    ),
    "an empty text as default": server(
        "createPortal",
        "default_not_applied",
        EFFECTS,
        on("POST", PORTALS, body(lambda item: item | {"description": item["description"] or ""}), 201),
        include=("getPortal",),
    ),
    "a copy of another kind": server("copyPackage", "documented_refusal", STATUSES, copied_anyway()),
    "a scope of the token is missing": server(
        "getAccessToken",
        "responses_disagree",
        AGREEMENT,
        on("GET", "/v2/access-token", body(lambda item: item | {"scopes": item["scopes"][:2]})),
    ),
}
