"""The plans of actions and deletions find what a server does not do, or does beside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve
from tests.conformance.runner_support import Request, Response, conform, mock_with

CLUSTER: Final = "/v2/organizations/*/clusters/*"
QUEUE: Final = f"{CLUSTER}/queues/*"
TOKEN: Final = f"{CLUSTER}/tokens/*"
TEAM_MEMBERS: Final = "/v2/organizations/*/teams/*/members"


def returned(method: str, path: str, change: Callable[[Any], object]) -> Any:
    """Return a bug that changes the JSON of successes."""

    def bug(request: Request, call: Any) -> Response:
        response: Response = call(request)
        if request.matches(method, path) and response.status < 300:
            body = response.json
            change(body)
            response.json = body
        return response

    return bug


def sent_before(method: str, path: str, other: str) -> Any:
    """Return a bug that sends another request for the same object before each one."""

    def bug(request: Request, call: Any) -> Response:
        if request.matches(method, path):
            call(evolve(request, path=request.path.rpartition("/")[0] + other, method="POST", body=b""))
        response: Response = call(request)
        return response

    return bug


def not_sent(method: str, path: str) -> Any:
    """Return a bug that reads an object in place of a request, with the status of a deletion."""

    def bug(request: Request, call: Any) -> Response:
        is_ignored = request.matches(method, path)
        response: Response = call(evolve(request, method="GET") if is_ignored else request)
        return Response(204, {}, b"") if is_ignored and response.status < 300 else response

    return bug


def kept(path: str, below: str) -> Any:
    """Return a bug that still returns what was read below an object before a deletion."""
    known: dict[str, Response] = {}
    deleted: list[str] = []

    def bug(request: Request, call: Any) -> Response:
        response: Response = call(request)
        if request.method == "DELETE":
            deleted.append(request.path)
        if request.matches("GET", path + below) and response.status == 200 and not deleted:
            known[request.path] = response
        return known.get(request.path, response) if deleted else response

    return bug


def still_listed(method: str, path: str) -> Any:
    """Return a bug that leaves the objects that were deleted in their list."""
    deleted: dict[str, list[Any]] = {}

    def bug(request: Request, call: Any) -> Response:
        folder = request.path.rpartition("/")[0]
        is_deletion = request.matches(method, path)
        read: Response = call(evolve(request, method="GET")) if is_deletion else Response(0, {}, b"")
        response: Response = call(request)
        if is_deletion and response.status < 300:
            deleted.setdefault(folder, []).append(read.json)
        if request.method == "GET" and request.path in deleted and response.status == 200:
            response.json = [*response.json, *deleted[request.path]]
        return response

    return bug


BUGS: Final[dict[str, tuple[Any, str, tuple[str, str]]]] = {
    "a note is not returned": (
        returned("POST", f"{QUEUE}/pause_dispatch", lambda body: body.update(dispatch_paused_note=None)),
        "cluster_queues",
        ("pauseClusterQueueDispatch", "effect_missing"),
    ),
    "a queue can be resumed twice": (
        sent_before("POST", f"{QUEUE}/resume_dispatch", "/pause_dispatch"),
        "cluster_queues",
        ("resumeClusterQueueDispatch", "repetition_has_effect"),
    ),
    "a deleted token can be read": (
        not_sent("DELETE", TOKEN),
        "cluster_agent_tokens",
        ("revokeClusterAgentToken", "deleted_object_found"),
    ),
    "a deleted token is in a list": (
        still_listed("DELETE", TOKEN),
        "cluster_agent_tokens",
        ("revokeClusterAgentToken", "list_outdated"),
    ),
    "a removed member stays in teams": (
        kept(TEAM_MEMBERS, "/*"),
        "organization_members",
        ("removeOrganizationMember", "deleted_object_found"),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(bug: str, tmp_path: Path) -> None:
    wrong, tag, failure = BUGS[bug]
    options = ("--write", "--write-existing", "all", "--phases", "effects", "--include-tag", tag, "--seed", "1")
    with mock_with(wrong) as url:
        found = conform(tmp_path, url, *options)
    assert failure in found.failures, found.everything
