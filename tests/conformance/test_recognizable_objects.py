"""All objects that a run creates can be found by a cleanup, and refer to own objects only."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.conformance.package_spec import SPEC
from tests.conformance.runner_support import Request, conform, mock_with
from tests.conformance.snapshots import differences, snapshot

from buildkite_rest._base.json_values import as_object, loads_or_none
from buildkite_rest.conformance.objects import created_templates
from buildkite_rest.conformance.slug_references import slugs_in
from buildkite_rest.mock import MockServer, seeded_backend

_TAGS = ("pipelines", "builds", "step_uploads", "clusters", "cluster_secrets", "jobs", "teams", "registries")
_OPTIONS = ("--seed", "1", "--max-examples", "2", "--write")
_UNIQUE = re.compile(r"conformance[-_]?[0-9a-f]{8}[-_]?[0-9a-f]{8}")
#: Parts of bodies that the examples of effects have, but not those that create the first objects.
_UNUSUAL = (b'"maintainers"', b'"clone_mirror_url"', b'"trigger_project_slug"')


def _tags(*tags: str) -> list[str]:
    return [word for tag in tags for word in ("--include-tag", tag)]


@pytest.mark.exhaustive
def test_objects_of_requests_with_unknown_results_are_deleted(tmp_path: Path) -> None:
    backend, hidden = seeded_backend(1, builds=30), list[str]()

    async def bug(request: Request, call: Any) -> Any:
        response = await call(request)
        if request.method == "POST" and any(part in request.body for part in _UNUSUAL) and response.status == 201:
            hidden.append(request.path.rpartition("/")[2])
            response.status, response.body = 500, b'{"message": "Internal server error"}'
        return response

    with mock_with(bug, backend) as url:
        before = snapshot(backend)
        run = conform(tmp_path, url, *_OPTIONS, "--phases", "effects", *_tags("clusters", "pipelines", "teams"))

        assert differences(before, snapshot(backend)) == [], run.out
    assert {*hidden} == {"clusters", "pipelines"}
    assert not list(tmp_path.glob("*.jsonl")), run.out


def with_id(value: object) -> Any:
    """Give the same wrong id to all new objects of an organization."""

    def lie(response: Any) -> None:
        body = as_object(loads_or_none(response.body))
        response.body = json.dumps({**body, **{name: value for name in ("id", "slug") if name in body}}).encode()

    return lie


def redirected(response: Any) -> None:
    response.status, response.headers = 303, [(b"location", b"/v2/user")]


def first_again() -> Any:
    """Return the first new object of each kind again."""
    first: dict[str, bytes] = {}

    def lie(response: Any) -> None:
        kind = str(sorted(as_object(loads_or_none(response.body))))
        response.body = first.setdefault(kind, response.body)

    return lie


@pytest.mark.parametrize(
    "lie",
    [with_id(7), with_id(" x"), with_id("\ud800"), first_again(), redirected],
    ids=["number", "space", "surrogate", "first", "redirect"],
)
def test_new_objects_are_deleted_whatever_the_responses_to_their_creation(lie: Any, tmp_path: Path) -> None:
    backend = seeded_backend(1, builds=30)

    async def bug(request: Request, call: Any) -> Any:
        response = await call(request)
        if request.method == "POST" and response.status == 201 and request.path.endswith(("/teams", "/clusters")):
            lie(response)
        return response

    with mock_with(bug, backend) as url:
        before = snapshot(backend)
        run = conform(tmp_path, url, *_OPTIONS, "--phases", "effects", *_tags("clusters", "teams"))

        assert differences(before, snapshot(backend)) == [], run.out
    assert run.failures
    assert "Traceback" not in run.everything


@pytest.mark.exhaustive
def test_bodies_name_only_objects_of_the_run(tmp_path: Path) -> None:
    templates = created_templates(SPEC)
    phases = "effects,statuses,fuzzing,refusals"
    with MockServer(seed=1, builds=30) as server:
        run = conform(tmp_path, server.url, *_OPTIONS, "--phases", phases, *_tags(*_TAGS))
        sent = [(each, loads_or_none(each.content)) for each in server.requests if each.method not in {"GET", "HEAD"}]

    assert run.failures == set(), run.out
    found = {slug for _, body in sent for slug in slugs_in(body)}
    assert found
    assert all(re.match("conformance|no-such|01920000-", slug) for slug in found), found
    created = ((SPEC.find(each.method, urlsplit(each.path).path), body) for each, body in sent)
    new = [
        body for each, body in created if each is not None and each.path in templates and each.parameters == ("org",)
    ]
    named = [body for body in map(as_object, new) if isinstance(body.get("name"), str)]
    assert len(named) > 50
    others = [body for body in named if not _UNIQUE.search(f"{body['name']} {body.get('description')}")]
    assert others == []
