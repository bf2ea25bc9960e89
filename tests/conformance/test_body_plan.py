"""The plan of accepted bodies finds what a server does with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve
from tests.conformance.runner_support import Request, Response, conform, mock_with

QUEUES: Final = "/v2/organizations/*/clusters/*/queues"
QUEUE: Final = f"{QUEUES}/*"


def sent(method: str, path: str, rewrite: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return a bug that rewrites the bodies of requests."""

    def bug(request: Request, call: Any) -> Response:
        if request.matches(method, path) and isinstance(body := json.loads(request.body or b"null"), dict):
            request = evolve(request, body=json.dumps(rewrite(body)).encode())
        response: Response = call(request)
        return response

    return bug


def returned(method: str, path: str, change: Callable[[dict[str, Any]], object]) -> Any:
    """Return a bug that changes the objects in responses."""

    def bug(request: Request, call: Any) -> Response:
        response: Response = call(request)
        if request.matches(method, path) and response.status < 300:
            body = response.json
            change(body)
            response.json = body
        return response

    return bug


def with_new_key(known: set[str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a function that changes a key that is known already."""

    def rewrite(body: dict[str, Any]) -> dict[str, Any]:
        key = str(body.get("key"))
        is_new = key not in known
        known.add(key)
        return body if is_new else {**body, "key": f"{key}-2"}

    return rewrite


BUGS: Final = {
    "an update replaces the object": (
        sent("PUT", QUEUE, lambda body: {"description": None, **body}),
        ("updateClusterQueue", "other_effect"),
    ),
    "null is no value": (
        sent("PUT", QUEUE, lambda body: {name: value for name, value in body.items() if value is not None}),
        ("updateClusterQueue", "value_not_persisted"),
    ),
    "texts lose accents": (
        sent("POST", QUEUES, lambda body: json.loads(json.dumps(body).replace("\\u00fc", "u"))),
        ("createClusterQueue", "value_not_persisted"),
    ),
    "only the read object is wrong": (
        returned("GET", QUEUE, lambda body: body.update(description="Wrong")),
        ("getClusterQueue", "value_not_persisted"),
    ),
    "null is refused": (
        sent("PUT", QUEUE, lambda body: {name: 1 if value is None else value for name, value in body.items()}),
        ("updateClusterQueue", "valid_value_refused"),
    ),
    "a known key gets a suffix": (
        sent("POST", QUEUES, with_new_key(set())),
        ("createClusterQueue", "conflict_accepted"),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(bug: str, tmp_path: Path) -> None:
    wrong, failure = BUGS[bug]
    options = ("--write", "--phases", "effects", "--include-tag", "cluster_queues", "--seed", "1")
    with mock_with(wrong) as url:
        found = conform(tmp_path, url, *options)
    assert failure in found.failures, found.everything
