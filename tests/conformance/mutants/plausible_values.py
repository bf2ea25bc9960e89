"""Bugs in values of the right type that contradict others, and in the bytes of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

from attrs import evolve
from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.contents import LOGS
from tests.conformance.mutants.derived_values import each_of
from tests.conformance.mutants.details import everywhere
from tests.conformance.mutants.effect_bugs import AGENT, JOB, Call
from tests.conformance.mutants.implied import ALL_BUILDS
from tests.conformance.mutants.kinds import (
    ACCESS,
    AGREEMENT,
    CLUSTER,
    ERRORS,
    EXAMPLES,
    FILTERS,
    HEADERS,
    LISTS,
    ORGANIZATION,
    SUITES,
    WRITING,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
    status,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response, change

from buildkite_rest.conformance.identities import is_uuid

CONNECTION = f"{ORGANIZATION}/repository_connections/*"
UNDESCRIBED = "undescribed_property"
RANGE, MEDIA_TYPE = "range_wrong", "media_type_wrong"
NOT_ENFORCED, LIMITS = "scope_not_enforced", "rate_limit_wrong"
WRITING_HEADERS = ("--write", "--write-existing", "all", *HEADERS)


def with_password(connection: dict[str, Any]) -> None:
    if connection["host"] and connection["host"]["url"]:
        connection["host"]["url"] = re.sub("//", "//user:password@", connection["host"]["url"])


def host_of_github(connection: dict[str, Any]) -> None:
    if connection["host"]:
        connection["host"]["type"] = "github"


def same_queue(agent: dict[str, Any]) -> None:
    agent["web_url"] = re.sub("/queues/[^/]+", f"/queues/{agent['id']}", agent["web_url"])


def never_unblockable(build: dict[str, Any]) -> None:
    for job in build.get("jobs", ()):
        if job["type"] == "manual":
            job["unblockable"] = False


def attached_again(volume: dict[str, Any]) -> None:
    volume["attached_at"] = volume["detached_at"].replace("2026", "2027")


def ranges(pattern: str, wrong: Any, accept: bytes = b"text/plain") -> Bug:
    """Spoil the responses to the ranges that match a pattern."""

    def spoil(request: Request, response: Response) -> None:
        headers = dict(request.headers)
        is_meant = any(request.matches("GET", path) for path in LOGS)
        if is_meant and re.fullmatch(pattern, headers.get(b"range", b"").decode()) and headers.get(b"accept") == accept:
            wrong(response)

    return change(spoil)


def whole_character(response: Response) -> None:
    while response.body and response.body[0] & 0xC0 == 0x80:
        response.body = response.body[1:]


def without_last_line(request: Request, response: Response) -> None:
    is_page = (response.header(b"content-type") or b"").startswith(b"text/html")
    if is_page and any(request.matches("GET", path) for path in LOGS):
        response.body = response.body.rstrip().rpartition(b"\n")[0]


def hidden_with(path: str, token: bytes | None, edit: Any) -> Bug:
    """Edit the responses to requests with a token, or without any."""

    def spoil(request: Request, response: Response) -> None:
        credential = dict(request.headers).get(b"authorization")
        is_meant = credential is None if token is None else token in (credential or b"")
        if request.matches("GET", path) and is_meant and response.status == 200:
            body(edit)(response)

    return change(spoil)


def uncounted() -> Bug:
    """Add the number of requests with other methods than GET to what remains of the limits."""
    free = 0

    def spoil(request: Request, response: Response) -> None:
        nonlocal free
        free += request.method == "DELETE"
        remaining = response.header(b"ratelimit-remaining")
        if remaining is not None:
            response.set_header(b"ratelimit-remaining", str(int(remaining) + free).encode())

    return change(spoil)


async def build_by_id(request: Request, call: Call) -> Response:
    """Accept the id of a build in place of its number."""
    path, _, identifier = request.path.rpartition("/")
    if request.method == "GET" and path.endswith("/builds") and is_uuid(identifier):
        found = await call(evolve(request, path=path, query=b"per_page=100"))
        number = next((each["number"] for each in found.json if each["id"] == identifier), identifier)
        return await call(evolve(request, path=f"{path}/{number}"))
    return await call(request)


def constant_reset(dates: Iterator[datetime], request: Request, response: Response) -> None:
    """Send the length of the window, by a clock that runs fast: a run may take less than four seconds."""
    response.set_header(b"date", format_datetime(next(dates), usegmt=True).encode())
    if response.header(b"ratelimit-reset") is not None:
        response.set_header(b"ratelimit-reset", b"60")


def fast_clock() -> Iterator[datetime]:
    """Return the times of the responses, a second apart."""
    start = datetime.now(UTC)
    return (start + timedelta(seconds=number) for number in count())


PLAUSIBLE_VALUES: dict[str, Mutant] = {
    "plausible: a URL with a password": server(
        "getRepositoryConnection", CONSISTENCY, EXAMPLES, on("GET", CONNECTION, body(with_password))
    ),
    "plausible: GitLab is GitHub": server(
        "getRepositoryConnection", CONSISTENCY, AGREEMENT, on("GET", CONNECTION, body(host_of_github))
    ),
    "plausible: an account without a name": server(
        "getRepositoryConnection",
        UNDESCRIBED,
        EXAMPLES,
        on("GET", CONNECTION, body(put("service_account", to={"login": None}))),
    ),
    "plausible: a limit of zero": server(
        "getRepositoryConnection",
        UNDESCRIBED,
        EXAMPLES,
        on("GET", CONNECTION, body(put("rate_limit", to={"limit": 0, "used": 0, "remaining": 0, "reset_at": None}))),
    ),
    "plausible: a network with an address": server(
        "getMeta", CONSISTENCY, EXAMPLES, on("GET", "/v2/meta", body(put("webhook_ips", to=["203.0.113.129/25"])))
    ),
    "plausible: a page of another queue": server("getAgent", CONSISTENCY, EXAMPLES, on("GET", AGENT, body(same_queue))),
    "plausible: suites share a token": server(
        "listTestSuites",
        CONSISTENCY,
        FILTERS,
        everywhere(
            each_of(lambda suite: suite.update({"api_token": "shared"} if "api_token" in suite else {})), SUITES
        ),
    ),
    "plausible: nothing can be unblocked": server(
        "listOrganizationBuilds", CONSISTENCY, LISTS, everywhere(each_of(never_unblockable), *ALL_BUILDS)
    ),
    "plausible: an attached volume": server(
        "listClusterCacheVolumes",
        CONSISTENCY,
        EXAMPLES,
        on("GET", f"{CLUSTER}/cache_volumes", body(each_of(attached_again))),
    ),
    "plausible: a session has expired": server(
        "createSshSession",
        CONSISTENCY,
        WRITING,
        on("POST", f"{JOB}/ssh-session", body(put("expires_at", to="2026-01-01T00:00:00Z"))),
    ),
    "plausible: a session of years": server(
        "createVncSession",
        CONSISTENCY,
        WRITING,
        on("POST", f"{JOB}/vnc-session", body(put("expires_at", to="2099-01-01T00:00:00Z"))),
    ),
    "plausible: a long tail is the whole text": server(
        "getJobLog", RANGE, HEADERS, ranges(r"bytes=-\d{8}", status(200))
    ),
    "plausible: tails of whole characters": server("getJobLog", RANGE, HEADERS, ranges(r"bytes=-\d+", whole_character)),
    "plausible: a tail of HTML": server(
        "getJobLogInBuild", RANGE, HEADERS, ranges("bytes=-5", status(200), b"text/html")
    ),
    "plausible: a tail of anything": server("getJobLog", RANGE, HEADERS, ranges("bytes=-5", status(200), b"*/*")),
    "plausible: an open range": server("getJobLog", RANGE, HEADERS, ranges("bytes=10-", status(200))),
    "plausible: HTML without the last line": server("getJobLog", MEDIA_TYPE, HEADERS, change(without_last_line)),
    "plausible: fewer addresses without a token": server(
        "getMeta", NOT_ENFORCED, ACCESS, hidden_with("/v2/meta", None, put("webhook_ips", to=["198.51.100.23"]))
    ),
    "plausible: emojis need a scope": server(
        "listEmojis",
        NOT_ENFORCED,
        ACCESS,
        hidden_with(f"{ORGANIZATION}/emojis", b"no_scopes", lambda _: []),
    ),
    "plausible: deletions do not count": remembering(
        "deleteTeam", LIMITS, WRITING_HEADERS, uncounted, include=("getTeam",)
    ),
    "plausible: a build by its id": server("getBuild", "unknown_object_found", ERRORS, build_by_id),
    "plausible: a limit resets in a minute": remembering(
        "listOrganizationBuilds", "rate_limit_conformance", FILTERS, with_state(fast_clock, constant_reset)
    ),
}
